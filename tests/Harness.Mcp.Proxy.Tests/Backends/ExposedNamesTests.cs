using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Configuration;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

public class ExposedNamesTests
{
    [Theory]
    [InlineData("mail", "send", "mail_send")]
    [InlineData("mail", "Send-All_2", "mail_Send-All_2")]
    [InlineData("a-b", "c", "a-b_c")]
    public void PlainName_IsKept(string backend, string tool, string expected) => Assert.Equal(expected, Of(backend, tool));

    [Theory]
    [InlineData("mail", "a.b")]
    [InlineData("mail", "grüße")]
    [InlineData("mail", "send message")]
    [InlineData("mail", "a_tool_with_a_name_that_is_far_too_long_to_be_shown")]
    [InlineData("a-backend-with-thirty-two-letter", "a-longer-tool")]
    public void OtherName_IsCleanedCutAndMarked(string backend, string tool)
    {
        var name = Of(backend, tool);

        Assert.Matches("^[a-zA-Z0-9_-]{1,31}-[0-9a-f]{8}$", name);
        Assert.Equal(name, Of(backend, tool));
    }

    [Fact]
    public void Names_DoNotCollide_WhereNaiveOnesWould()
    {
        var cut = Of("mail", "a.b");
        string[] names =
        [
            Of("mail", "a.b"), Of("mail", "a_b"), Of("mail", "a b"), Of("a", "b_c"), Of("a-b", "c"), Of("a", "b-c"),
            Of("mail", "Search"), Of("mail", "search"),

            // A tool that calls itself what another one is shown as.
            Of("mail", cut["mail_".Length..]),
            Of("mail", new string('x', 60)), Of("mail", new string('x', 61)),
        ];

        Assert.Equal(names.Length, names.Distinct(StringComparer.Ordinal).Count());
        Assert.All(names, name => Assert.True(name.Length <= ExposedNames.LengthMax));
    }

    [Theory]
    [InlineData("send")]
    [InlineData("mail_send")]
    [InlineData("a_tool_with_a_name_that_is_far_too_long_for_a_prefix")]
    public void BareName_IsKept_WhereItFits(string tool) => Assert.Equal(tool, Of("mail", tool, NameForm.Bare));

    [Theory]
    [InlineData("a.b")]
    [InlineData("grüße")]
    [InlineData("a_tool_with_a_name_that_is_far_too_long_even_for_the_clients_that_take_most")]
    public void BareName_IsPrefixed_WhereItDoesNotFit(string tool) => Assert.Equal(Of("mail", tool), Of("mail", tool, NameForm.Bare));

    private static string Of(string backend, string tool, NameForm form = NameForm.Prefixed) => ExposedNames.Of(new ToolId(new BackendId(backend), tool), form);
}

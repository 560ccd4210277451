using Harness.Mcp.Core.Documents;
using Xunit;

namespace Harness.Mcp.Core.Tests.Documents;

public class SuggestTests
{
    private static readonly string[] Known = ["mission", "objective", "owner", "agents", "lifetime", "inputs", "review-by", "never-after"];

    [Theory]
    [InlineData("misson", "mission")]
    [InlineData("Owner", "owner")]
    [InlineData("onwer", "owner")]
    [InlineData("agent", "agents")]
    [InlineData("reviewBy", "review-by")]
    [InlineData("never_after", "never-after")]
    [InlineData("lifetiem", "lifetime")]
    [InlineData("budget", null)]
    [InlineData("", null)]
    public void Closest_FindsASlipOfThePen_AndNothingElse(string written, string? meant)
    {
        Assert.Equal(meant, Suggest.Closest(written, Known));
    }

    [Fact]
    public void Remedy_ListsWhatIsKnown_WithoutANearName()
    {
        Assert.Equal("Did you mean `owner`?", Suggest.Remedy("owners", Known));
        Assert.Equal("Known: `a`, `b`.", Suggest.Remedy("something", ["b", "a", "b"]));
        Assert.Null(Suggest.Remedy("x", []));
    }
}

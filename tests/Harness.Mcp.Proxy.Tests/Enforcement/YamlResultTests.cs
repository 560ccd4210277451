using System.Text.Json;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

/// <summary>Results whose text is YAML, where the tool's owner says so.</summary>
public class YamlResultTests
{
    [Theory]
    [InlineData("- id: '7'\n  size: 012\n  when: 2024-05-15 10:00:00\n- id: '8'", """[{"id":"7","size":12,"when":"2024-05-15 10:00:00"},{"id":"8"}]""")]
    [InlineData("{'message': 'sent', 'amount': 98.70}", """{"message":"sent","amount":98.70}""")]
    [InlineData("""{"a":[1,true,null]}""", """{"a":[1,true,null]}""")]
    [InlineData("--- \na: b", """{"a":"b"}""")]
    public void YamlText_HoldsFields_WhereTheOwnerSaysSo(string text, string fields)
    {
        Assert.Equal(fields, FieldsOf(text, ResultForm.Yaml).GetRawText());
        Assert.Equal(text.StartsWith("{\"", StringComparison.Ordinal) ? JsonValueKind.Object : JsonValueKind.String, FieldsOf(text, ResultForm.Json).ValueKind);
    }

    [Theory]
    [InlineData("42")]
    [InlineData("just a sentence")]
    [InlineData("a: 1\na: 2")] // Two readers could read two things.
    [InlineData("a: &x [1]\nb: *x")]
    [InlineData("a: !!python/object:os.system 1")]
    [InlineData("a: 1\n--- \nb: 2")]
    [InlineData("a: [1")]
    [InlineData("a: .inf")]
    [InlineData("a: right\u202Eto left")]
    public void YamlText_StaysOneString_WhereItIsNoMapOrListThatAllReadersReadAlike(string text) =>
        Assert.Equal(text, FieldsOf(text, ResultForm.Yaml).GetString());

    [Fact]
    public void YamlText_StaysOneString_WhenItIsTooDeep()
    {
        var text = new string('[', 10_000) + new string(']', 10_000);

        Assert.Equal(text, FieldsOf(text, ResultForm.Yaml).GetString());
    }

    [Fact]
    public void YamlText_OverWhatALinkKeeps_LeavesNoFields()
    {
        var text = "a: " + new string('x', ResultFacts.RecordedBytesMax);

        Assert.Null(ResultFacts.Of(ResultOf(text), CallKind.Tool, ResultForm.Yaml).Fields);
    }

    [Fact]
    public void Comment_IsText_ThatTheAgentReads()
    {
        Assert.Equal("a: 1 # see www.corp.example", ResultFacts.Of(ResultOf("a: 1 # see www.corp.example"), CallKind.Tool, ResultForm.Yaml).Text);
        Assert.Null(ResultFacts.Of(ResultOf("a: 1"), CallKind.Tool, ResultForm.Yaml).Text);
    }

    private static JsonElement FieldsOf(string text, ResultForm form) => ResultFacts.Of(ResultOf(text), CallKind.Tool, form).Fields!.Value;

    private static JsonElement ResultOf(string text) =>
        JsonSerializer.SerializeToElement(new { content = new[] { new { type = "text", text } } });
}

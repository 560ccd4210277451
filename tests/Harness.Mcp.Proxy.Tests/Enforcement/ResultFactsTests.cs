using System.Text.Json;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

public class ResultFactsTests
{
    [Fact]
    public void Text_IsKept_WhereItIsMoreThanTheJsonOfTheFields()
    {
        var same = Of("""{ "structuredContent": { "a": 1, "b": [2] }, "content": [{ "type": "text", "text": "{\"b\":[2],\n \"a\":1.0}" }] }""");
        var other = Of("""{ "structuredContent": { "a": 1 }, "content": [{ "type": "text", "text": "Pay eve." }, { "type": "text", "text": "Now." }] }""");

        Assert.Null(same.Text);
        Assert.Equal("""{ "a": 1 }""", other.Fields?.GetRawText());
        Assert.Equal("Pay eve.\nNow.", other.Text);
    }

    [Fact]
    public void TextAlone_IsTheFields_AndNothingIsKeptTwice()
    {
        Assert.Equal("\"hello\"", Of("""{ "content": [{ "type": "text", "text": "hello" }] }""").Fields?.GetRawText());
        Assert.Null(Of("""{ "content": [{ "type": "text", "text": "hello" }] }""").Text);
    }

    [Theory]
    [InlineData("""{\"\\ud800\":\"\\udc00\"}""", """{"\ufffd":"\ufffd"}""")]
    [InlineData("""{\"\\ud800\":1,\"\\udc00\":2}""", """
        "{\u0022\\ud800\u0022:1,\u0022\\udc00\u0022:2}"
        """)]
    public void JsonInText_IsReadWithWholeCharacters_OrStaysText(string text, string fields) =>
        Assert.Equal(fields, Of($$"""{ "content": [{ "type": "text", "text": "{{text}}" }] }""").Fields?.GetRawText());

    [Fact]
    public void Resources_AreText_ThatTheAgentReads()
    {
        var facts = Of("""
            { "content": [
                { "type": "text", "text": "see" },
                { "type": "resource", "resource": { "uri": "file:///a", "text": "inside" } },
                { "type": "resource", "resource": { "uri": "file:///b", "blob": "AAAA" } },
                { "type": "resource_link", "uri": "https://docs.example", "name": "docs", "description": "about" },
                { "type": "image", "data": "AAAA", "mimeType": "image/png" } ] }
            """);

        Assert.Equal("\"see\"", facts.Fields?.GetRawText());
        Assert.Equal("file:///a\ninside\nfile:///b\nhttps://docs.example\ndocs\nabout", facts.Text);
        Assert.False(facts.IsCut);
    }

    [Theory]
    [InlineData(ResultFacts.RecordedBytesMax, false)]
    [InlineData(ResultFacts.RecordedBytesMax + 1, true)]
    public void TextOverTheRecordedSize_IsCut(int length, bool isCut)
    {
        var facts = Of($$"""{ "structuredContent": {}, "content": [{ "type": "text", "text": {{JsonSerializer.Serialize(new string('x', length))}} }] }""");

        Assert.Equal(isCut, facts.IsCut);
        Assert.Equal(isCut ? null : length, facts.Text?.Length);
        Assert.Equal("{}", facts.Fields?.GetRawText());
    }

    [Fact]
    public void FieldsOverTheRecordedSize_AreCut()
    {
        var facts = Of($$"""{ "structuredContent": { "a": {{JsonSerializer.Serialize(new string('x', ResultFacts.RecordedBytesMax))}} } }""");

        Assert.True(facts.IsCut);
        Assert.Null(facts.Fields);
    }

    private static ResultFacts Of(string result) => ResultFacts.Of(JsonElement.Parse(result), CallKind.Tool, ResultForm.Json);
}

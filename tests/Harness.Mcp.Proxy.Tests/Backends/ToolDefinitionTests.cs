using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Catalog;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

public class ToolDefinitionTests
{
    [Theory]
    [InlineData("""{"name":"a","description":"line one\nline two\t👩‍💻 שלום","inputSchema":{"type":"object"}}""")]
    [InlineData("""{"name":"grüße","inputSchema":{"type":"object","properties":{"x":{"type":"string"}}}}""")]
    public void FitTool_IsRead(string json) => Assert.Single(Read(json).Tools);

    [Theory]
    [InlineData("""{"name":"a\u001b[2J","inputSchema":{}}""", "Its name")]
    [InlineData("""{"name":"a\u200bb","inputSchema":{}}""", "Its name")]
    [InlineData("""{"name":"a*","inputSchema":{}}""", "Its name")]
    [InlineData("""{"name":"","inputSchema":{}}""", "Its name")]
    [InlineData("""{"name":"a","description":"x \u202e y","inputSchema":{}}""", "at `description`")]
    [InlineData("""{"name":"a","description":"x \udb40\udc41 y","inputSchema":{}}""", "at `description`")]
    [InlineData("""{"name":"a","inputSchema":{"properties":{"x":{"description":"\u001b]52;c;x\u0007"}}}}""", "at `inputSchema.properties.x.description`")]
    [InlineData("""{"name":"a","inputSchema":{"type":"nonsense"}}""", "Its input schema cannot be used")]
    [InlineData("""{"name":"a","inputSchema":{"$ref":"https://canary.example/schema"}}""", "Its input schema cannot be used")]
    [InlineData("""{"name":"a"}""", "no input schema")]
    [InlineData("""{"name":"a","inputSchema":{"properties":{"x":{"type":"object","x-mcp-header":"X"}}}}""", "x-mcp-header")]
    [InlineData("""[]""", "no name")]
    public void UnfitTool_IsRefused_WithTheReason(string json, string expected)
    {
        var (tools, refusals) = Read(json);

        Assert.Empty(tools);
        Assert.Contains(expected, Assert.Single(refusals), StringComparison.Ordinal);
        Assert.True(VisibleText.IsCleanProse(refusals[0]));
    }

    [Fact]
    public void ToolsOfOneName_AreAllRefused()
    {
        var (tools, refusals) = Read(
            """{"name":"search","inputSchema":{}}""", """{"name":"search","inputSchema":{},"description":"x"}""", """{"name":"Search","inputSchema":{}}""");

        Assert.Equal("Search", Assert.Single(tools).Name);
        Assert.Single(refusals);
    }

    private static (IReadOnlyList<ToolDefinition> Tools, IReadOnlyList<string> Refusals) Read(params string[] definitions)
    {
        var refusals = new List<string>();
        var tools = ToolDefinition.ReadAll(definitions.Select(Opened.Json), "test", (tool, reason) => refusals.Add($"{tool}: {reason}"));
        return (tools, refusals);
    }
}

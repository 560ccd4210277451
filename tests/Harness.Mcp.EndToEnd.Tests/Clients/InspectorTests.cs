using System.Text.Json;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Clients;

/// <summary>The MCP Inspector's command line, with which people try servers out.</summary>
public sealed class InspectorTests(ScriptedHome home) : IClassFixture<ScriptedHome>
{
    [Theory(Timeout = 120_000)]
    [InlineData("legacy")]
    [InlineData("modern")]
    public async Task Inspector_ListsCallsAndShowsTheDenial(string era)
    {
        var listed = await RunAsync(era, "--method", "tools/list");
        var called = await RunAsync(era, "--method", "tools/call", "--tool-name", "scripted_echo", "--tool-arg", "text=hello");
        var denied = await RunAsync(era, "--method", "tools/call", "--tool-name", "scripted_silent");

        Assert.Equal(ScriptedHome.Tools, Json(listed).GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()));
        Assert.Equal("hello", Json(called).GetProperty("structuredContent").GetProperty("arguments").GetProperty("text").GetString());
        Assert.Contains("Nobody would answer. Use the echo. [forbidden]", denied.Output + denied.Errors, StringComparison.Ordinal);
    }

    private async Task<ProgramEnd> RunAsync(string era, params string[] arguments)
    {
        var (code, output, errors) = await ChildProcess.RunAsync(
            NpmParts.Node,
            [NpmParts.Module("@modelcontextprotocol", "inspector", "clients", "launcher", "build", "index.js"), "--cli", home.Endpoint.ToString(), "--protocol-era", era, "--connect-timeout", "60000", .. arguments],
            TestContext.Current.CancellationToken);
        return new ProgramEnd(code, output, errors);
    }

    private static JsonElement Json(ProgramEnd end) => JsonElement.Parse(end.Done);
}

using System.Text.Json;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Clients;

/// <summary>The TypeScript SDKs, on which most agents stand, in both eras, over HTTP and through `harness connect`.</summary>
public sealed class TypeScriptClientTests(ScriptedHome home) : IClassFixture<ScriptedHome>
{
    [Theory(Timeout = 120_000)]
    [InlineData("v1", "legacy", "2025-11-25")]
    [InlineData("v2", "legacy", "2025-11-25")]
    [InlineData("v2", "auto", "2026-07-28")]
    public async Task Agent_ListsCallsAndReadsItsDenial_OverHttp(string sdk, string era, string revision)
    {
        var seen = await RunAsync(sdk, era, home.Endpoint.ToString());

        AssertServed(seen, revision);
        Assert.Equal(180, seen.GetProperty("progress").GetArrayLength());
    }

    // Over stdio both SDKs drop progress that they read together with the answer, from any server: what they show is in order and
    // without a gap, but may end early. That all of it leaves `harness connect` stands in ConnectTests.
    [Theory(Timeout = 120_000)]
    [InlineData("v1", "legacy", "2025-11-25")]
    [InlineData("v2", "auto", "2026-07-28")]
    public async Task Agent_ListsCallsAndReadsItsDenial_ThroughConnect(string sdk, string era, string revision)
    {
        var seen = await RunAsync(
            sdk, era, "stdio", [HarnessProgram.Host, .. HarnessProgram.Arguments, "connect", "--mission", home.Mission, "--url", home.Proxy.Url.ToString()]);

        AssertServed(seen, revision);
    }

    private static async Task<JsonElement> RunAsync(string sdk, string era, string place, params string[] command)
    {
        var (code, output, errors) = await ChildProcess.RunAsync(
            NpmParts.Node, [NpmParts.Script("agent.mjs"), sdk, era, place, .. command], TestContext.Current.CancellationToken);
        Assert.True(code == 0, errors);
        return JsonElement.Parse(output);
    }

    private static void AssertServed(JsonElement seen, string revision)
    {
        if (seen.GetProperty("protocol").GetString() is { } protocol)
            Assert.Equal(revision, protocol);
        Assert.Equal(ScriptedHome.Tools, seen.GetProperty("tools").EnumerateArray().Select(tool => tool.GetString()));

        var arguments = seen.GetProperty("echo").GetProperty("structuredContent").GetProperty("arguments");
        Assert.Equal("""{"text":"über the wire","digits":[1,2.5]}""", JsonSerializer.Serialize(arguments, Readable));
        var progress = seen.GetProperty("progress").EnumerateArray().Select(step => step.GetInt32()).ToArray();
        Assert.Equal(Enumerable.Range(1, progress.Length), progress);

        AssertDenied(seen.GetProperty("denial"), "Nobody would answer. Use the echo. [forbidden]", "forbidden");
        AssertDenied(seen.GetProperty("unknown"), "[tool_not_granted]", "tool_not_granted");
    }

    private static void AssertDenied(JsonElement denial, string text, string reason)
    {
        Assert.True(denial.GetProperty("isError").GetBoolean());
        Assert.Contains(text, denial.GetProperty("content")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(reason, denial.GetProperty("structuredContent").GetProperty("reason").GetString());
    }

    private static JsonSerializerOptions Readable { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}

using System.Text.Json;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Servers;

/// <summary>What a tool owner does by the command line, beside a proxy that runs.</summary>
public sealed class OwnerCommandsTests
{
    private const string Mission = """
        grants:
          - tools: [pipe/echo]
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 120_000)]
    public async Task Backend_IsAddedApprovedExaminedAndRemoved_WhileTheProxyRuns()
    {
        await NpmParts.InstallAsync(Cancellation);
        using var home = new HomeUnderTest().WithMission(Mission);
        Directory.CreateDirectory(home.PathOf("servers.config"));
        var mission = await home.OpenMissionAsync(Cancellation);
        await using var proxy = await home.RunAsync(Cancellation);
        using var agent = new HttpAgent(proxy.Endpoint(mission));

        var added = await HarnessProgram.RunAsync(
            ["servers", "add", "pipe", "--home", home.Root, "--", NpmParts.Node, NpmParts.Module("@modelcontextprotocol", "server-everything", "dist", "index.js"), "stdio"], Cancellation);
        Assert.Contains("revision 2025-11-25 and lists 13 tools", added.Done, StringComparison.Ordinal);
        await proxy.ConnectedAsync("pipe", Cancellation);
        Assert.Empty(await agent.ListAsync(Cancellation)); // Nothing was approved, neither by the command nor by the proxy that saw it first.

        Assert.Contains("Approved: pipe/echo.", (await home.HarnessAsync(Cancellation, "servers", "approve", "pipe", "echo", "--yes")).Done, StringComparison.Ordinal);
        while ((await agent.ListAsync(Cancellation)) is [])
            await Task.Delay(TimeSpan.FromMilliseconds(100), Cancellation);
        Assert.Contains("hello", (await agent.CallAsync("pipe_echo", Cancellation, new { message = "hello" })).Text, StringComparison.Ordinal);

        var tested = JsonElement.Parse((await home.HarnessAsync(Cancellation, "servers", "test", "--format", "json")).Done).GetProperty("backends")[0];
        Assert.Equal((true, 12, 13), (tested.GetProperty("ok").GetBoolean(), tested.GetProperty("unapproved").GetArrayLength(), tested.GetProperty("undescribed").GetArrayLength()));

        var found = await ExamineAsync(home, proxy, ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"), ("HARNESS_Agents__Isuer", "x"));
        AssertFound(found, "state", "ok", "A `harness run` works on this home");
        AssertFound(found, "chain", "ok", "Whole: 1 mission");
        AssertFound(found, "collector", "warning", "No collector listens at `http://127.0.0.1:9`");
        AssertFound(found, "settings", "error", "The environment variable `HARNESS_Agents__Isuer` sets nothing");
        AssertFound(await ExamineAsync(home, proxy), "listen", "ok", "is answered by this program");
        Assert.Contains("hello", (await agent.CallAsync("pipe_echo", Cancellation, new { message = "hello" })).Text, StringComparison.Ordinal);

        Assert.Contains("the mission `work` grants `pipe/echo`", (await home.HarnessAsync(Cancellation, "servers", "remove", "pipe", "--yes")).Done, StringComparison.Ordinal);
        await proxy.LoggedAsync("Backend pipe is no longer described", Cancellation);
        Assert.NotNull((await agent.CallAsync("pipe_echo", Cancellation, new { message = "hello" })).Reason);
    }

    [Fact(Timeout = 60_000)]
    public async Task ProxyThatWantsTokens_IsKnownByItsChallenge_AndItsIssuerIsMissed()
    {
        using var home = new HomeUnderTest().WithMission(Mission);
        home.Write("harness.json", """{ "Agents": { "Issuer": "http://127.0.0.1:9", "Audience": "harness" } }""");
        Directory.CreateDirectory(home.PathOf("servers.config"));
        await using var proxy = await home.RunAsync(Cancellation);

        var found = await ExamineAsync(home, proxy);

        AssertFound(found, "listen", "ok", "is answered by this program");
        AssertFound(found, "issuer", "error", "cannot be read from `http://127.0.0.1:9/.well-known/openid-configuration`");
    }

    private static async Task<JsonElement[]> ExamineAsync(HomeUnderTest home, RunningProxy proxy, params (string Name, string Value)[] environment)
    {
        var variables = environment.Append(("HARNESS_Listen__Url", proxy.Url.ToString().TrimEnd('/'))).ToDictionary(pair => pair.Item1, pair => (string?)pair.Item2, StringComparer.Ordinal);
        var ran = await HarnessProgram.RunAsync(["doctor", "--format", "json", "--home", home.Root], Cancellation, variables);
        return [.. JsonElement.Parse(ran.Output).GetProperty("findings").EnumerateArray()];
    }

    private static void AssertFound(JsonElement[] found, string check, string level, string message) => Assert.True(
        Array.Exists(found, one => one.GetProperty("check").GetString() == check && one.GetProperty("level").GetString() == level
            && one.GetProperty("message").GetString()!.Contains(message, StringComparison.Ordinal)),
        $"{check} {level} `{message}` is not among:\n{string.Join("\n", found.Select(one => one.GetRawText().ReplaceLineEndings(" ")))}");
}

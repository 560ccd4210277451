using System.Text.Json.Nodes;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Servers;

/// <summary>Servers of the old HTTP+SSE transport, for agents of both eras.</summary>
public sealed class OldTransportTests
{
    private const string Mission = """
        grants:
          - read: [old/echo, old/trigger-long-running-operation]
        """;

    private const string Scripted = """
        grants:
          - read: [old/echo, old/silent]
        """;

    private static readonly double[] FiveSteps = [1, 2, 3, 4, 5];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory(Timeout = 120_000)]
    [InlineData("\"transport\": \"sse\"")]
    [InlineData("\"description\": \"Its transport is found.\"")]
    public async Task ServerOfNpm_IsListedCalledAndFollowed_ByAgentsOfBothEras(string member)
    {
        await NpmParts.InstallAsync(Cancellation);
        await using var everything = await EverythingServer.StartAsync("sse", Cancellation);
        using var home = new HomeUnderTest().WithMission(Mission).WithEndpoint("old", everything.At("/sse"), member);
        var mission = await home.OpenMissionAsync(Cancellation);
        await using var proxy = await home.RunAsync(Cancellation);
        using var modern = new HttpAgent(proxy.Endpoint(mission));
        using var legacy = await SessionAgent.OpenAsync(proxy.Endpoint(mission), Cancellation);
        var slow = new { duration = 0.5, steps = 5 };

        Assert.Equal(["old_echo", "old_trigger-long-running-operation"], await modern.ListAsync(Cancellation));
        Assert.Equal(["old_echo", "old_trigger-long-running-operation"], await legacy.ListAsync(1, Cancellation));
        Assert.Contains("to a modern agent", (await modern.CallAsync("old_echo", Cancellation, new { message = "to a modern agent" })).Text, StringComparison.Ordinal);
        Assert.Contains("to a legacy agent", (await legacy.CallAsync("old_echo", 2, Cancellation, new { message = "to a legacy agent" })).Text, StringComparison.Ordinal);
        Assert.Equal(FiveSteps, StepsOf(await modern.CallAsync("old_trigger-long-running-operation", Cancellation, slow, new() { ["progressToken"] = "p" })));
        Assert.Equal(FiveSteps, StepsOf(await legacy.CallAsync("old_trigger-long-running-operation", 3, Cancellation, slow, new() { ["progressToken"] = "p" })));

        using var impatience = new CancellationTokenSource();
        var endless = new { duration = 600, steps = 6000 };
        var letGo = modern.CallAsync("old_trigger-long-running-operation", impatience.Token, endless);
        var cancelled = legacy.CallAsync("old_trigger-long-running-operation", 4, Cancellation, endless);
        await AdmittedAsync(home, mission, 6);
        await impatience.CancelAsync();
        await legacy.NotifyAsync("notifications/cancelled", new JsonObject { ["requestId"] = 4 }, Cancellation);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => letGo);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => cancelled);
        Assert.False((await modern.CallAsync("old_echo", Cancellation, new { message = "still there" })).IsError);

        Assert.Matches("old +tests@corp.example +sse +2025-", (await home.HarnessAsync(Cancellation, "servers", "list")).Done);
        var chain = await SettledAsync(home, mission, 7);
        Assert.Equal(2, chain.Admitted.Count(admitted => chain.OutcomeOf(admitted) == "unknown"));
    }

    [Theory(Timeout = 120_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancellation_ReachesTheServer_AndTheEndOfItsStreamSettlesTheCall(bool isModern)
    {
        await using var sse = await ScriptedSse.StartAsync();
        using var home = new HomeUnderTest().WithMission(Scripted).WithEndpoint("old", sse.Endpoint);
        var mission = await home.OpenMissionAsync(Cancellation);
        await using var proxy = await home.RunAsync(Cancellation);
        using var modern = new HttpAgent(proxy.Endpoint(mission));
        using var legacy = await SessionAgent.OpenAsync(proxy.Endpoint(mission), Cancellation);
        using var impatience = new CancellationTokenSource();

        var call = isModern ? modern.CallAsync("old_silent", impatience.Token) : legacy.CallAsync("old_silent", 1, Cancellation);
        await UntilAsync(() => Task.FromResult(sse.Requests.Any(request => request.Method == "tools/call")));
        if (isModern)
            await impatience.CancelAsync();
        else
            await legacy.NotifyAsync("notifications/cancelled", new JsonObject { ["requestId"] = 1 }, Cancellation);
        await Assert.ThrowsAnyAsync<Exception>(() => call);
        await UntilAsync(() => Task.FromResult(sse.Requests.Any(request => request.Method == "notifications/cancelled")));

        var cut = isModern ? modern.CallAsync("old_silent", Cancellation) : legacy.CallAsync("old_silent", 2, Cancellation);
        await UntilAsync(() => Task.FromResult(sse.Requests.Count(request => request.Method == "tools/call") == 2));
        sse.EndStreams();

        Assert.Equal("outcome_unknown", (await cut).Reason);
        Assert.Equal(2, sse.Requests.Count(request => request.Method == "tools/call"));
        var chain = await SettledAsync(home, mission, 2);
        Assert.All(chain.Admitted, admitted => Assert.Equal("unknown", chain.OutcomeOf(admitted)));
    }

    private static IEnumerable<double> StepsOf(AgentAnswer answer) =>
        answer.Notices.Select(notice => notice.GetProperty("params").GetProperty("progress").GetDouble());

    private static Task AdmittedAsync(HomeUnderTest home, string mission, int count) =>
        UntilAsync(async () => (await home.ExportAsync(mission, Cancellation)).Admitted.Count() >= count);

    private static async Task<ChainRecords> SettledAsync(HomeUnderTest home, string mission, int count)
    {
        await UntilAsync(async () => (await home.ExportAsync(mission, Cancellation)).Settled.Count() >= count);
        return await home.ExportAsync(mission, Cancellation);
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        while (!await isSo())
            await Task.Delay(50, Cancellation);
    }
}

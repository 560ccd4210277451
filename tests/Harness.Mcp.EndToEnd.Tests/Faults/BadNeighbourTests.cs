using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Faults;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Faults;

/// <summary>Backends that are slow, silent, mad or dead, and what the others feel of it.</summary>
public sealed class BadNeighbourTests
{
    private const int Backends = 20;
    private const int SlowCalls = 500;

    /// <summary>What the others' calls may take, of what they take alone. With every build the machine is shared, and so the bound is wide.</summary>
    private static readonly double RatioMost = FaultRun.IsWhole ? 1.1 : 4;

    private static readonly TimeSpan ListMost = TimeSpan.FromMilliseconds(FaultRun.IsWhole ? 200 : 2_000);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 600_000)]
    public async Task SlowBackend_FillsItsOwnPlaces_AndNobodyElsesCallsAreSlower()
    {
        await using var slow = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        await using var quick = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        quick.AnswersJson = true;
        using var home = new HomeUnderTest("\"Wire\": { \"CallsInFlightMax\": 1000, \"RequestsInFlightMax\": 4000 }", "\"Enforcement\": { \"CallsInFlightMax\": 1000 }")
            .WithMission("grants: [ { read: [slow/silent] } ]")
            .WithMission("grants: [ { read: [quick/echo] } ]", "other")
            .WithEndpoint("slow", slow.Endpoint)
            .WithEndpoint("quick", quick.Endpoint);
        var (busy, calm) = (await home.OpenMissionAsync(Cancellation), await home.OpenMissionAsync(Cancellation, "other"));
        await using var proxy = await home.RunAsync(Cancellation);
        using var waiting = new HttpAgent(proxy.Endpoint(busy));
        using var agent = new HttpAgent(proxy.Endpoint(calm));
        var calls = FaultRun.Times(100, 1_000);
        await Latencies.OfCallsAsync(agent, "quick_echo", calls, Cancellation);

        var alone = await Latencies.OfCallsAsync(agent, "quick_echo", calls, Cancellation);
        using var impatience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var held = Enumerable.Range(0, SlowCalls).Select(_ => waiting.CallAsync("slow_silent", impatience.Token)).ToList();
        var refused = 0;
        while (held.Count > 32)
        {
            var first = await Task.WhenAny(held);
            Assert.Equal("backend_unavailable", (await first).Reason);
            held.Remove(first);
            refused++;
        }

        var crowded = await Latencies.OfCallsAsync(agent, "quick_echo", calls, Cancellation);
        await impatience.CancelAsync();
        foreach (var call in held)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        var after = await Latencies.OfCallsAsync(agent, "quick_echo", calls, Cancellation);

        var ratio = crowded.P99 / Math.Max(alone.P99, after.P99);
        FaultRun.Report("slow_neighbour_p99_over_alone", ratio);
        FaultRun.Report("slow_neighbour_median_over_alone", crowded.Median / Math.Max(alone.Median, after.Median));
        FaultRun.Report("slow_neighbour_calls_turned_away", refused);
        Assert.Equal(SlowCalls - 32, refused);
        Assert.Equal(32, slow.Requests.Count(request => request.Method == "tools/call"));
        Assert.True(ratio <= RatioMost, $"p99 was {crowded.P99:0.0} ms beside the slow backend, {alone.P99:0.0} and {after.P99:0.0} ms alone.");
    }

    [Fact(Timeout = 600_000)]
    public async Task TwentyBackends_OfWhichFourAreBroken_AreListedAtOnce()
    {
        var healthy = new List<ScriptedHttp>();
        using var home = new HomeUnderTest().WithMission("grants: [ { read: [\"domain:tests\"] } ]");
        for (var number = 0; number < Backends - 4; number++)
        {
            healthy.Add(await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false }));
            home.WithEndpoint($"good-{number:D2}", healthy[^1].Endpoint);
        }

        var mission = await home.OpenMissionAsync(Cancellation);
        await using var silent = await ScriptedHttp.StartAsync(new Script { NeverAnswers = true });
        await using var liar = await ScriptedHttp.StartAsync(new Script());
        liar.Instead = (200, """{"jsonrpc":"2.0","id":424242,"result":{"tools":[]}}""");
        await using (var alone = await home.RunAsync(Cancellation))
            Assert.Equal(0, await alone.StopAsync(Cancellation));

        // The broken ones come to a home whose others are known, and need not be waited for.
        home.Write("servers.config/silent.json", File(silent.Endpoint, "silent"));
        home.Write("servers.config/liar.json", File(liar.Endpoint, "liar"));
        home.Write("servers.config/crash.json", """{ "name": "crash", "owner": "o", "domain": "tests", "command": "false" }""");
        home.Write("servers.config/flood.json", """{ "name": "flood", "owner": "o", "domain": "tests", "command": "yes", "args": ["{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}"] }""");
        await using var proxy = await home.RunAsync(Cancellation);
        using var agent = new HttpAgent(proxy.Endpoint(mission));

        var listed = await agent.ListAsync(Cancellation);
        var lists = await Latencies.OfAsync(20, () => agent.ListAsync(Cancellation));
        var calls = await Latencies.OfCallsAsync(agent, "good-07_echo", 50, Cancellation);

        FaultRun.Report("broken_neighbours_list_median_ms", lists.Median);
        FaultRun.Report("broken_neighbours_list_p99_ms", lists.P99);
        FaultRun.Report("broken_neighbours_call_median_ms", calls.Median);
        Assert.Equal(Backends - 4, listed.Select(name => name[..name.IndexOf('_', StringComparison.Ordinal)]).Distinct().Count());
        Assert.True(lists.Median <= ListMost.TotalMilliseconds, $"A list took {lists.Median:0} ms.");
        Assert.Equal(0, await proxy.StopAsync(Cancellation));
        foreach (var backend in healthy)
            await backend.DisposeAsync();

        static string File(Uri endpoint, string name) => $$"""{ "name": "{{name}}", "owner": "o", "domain": "tests", "url": "{{endpoint}}" }""";
    }

    [Fact(Timeout = 300_000)]
    public async Task TwoMissions_NeverSeeEachOthersLists_HoweverTheyAreAsked()
    {
        const int Rounds = 100;
        await using var backend = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        using var home = new HomeUnderTest()
            .WithMission("grants: [ { read: [one/echo, one/log] } ]")
            .WithMission("grants: [ { read: [one/echo, one/fail] } ]", "other")
            .WithEndpoint("one", backend.Endpoint);
        string[] missions = [await home.OpenMissionAsync(Cancellation), await home.OpenMissionAsync(Cancellation, "other")];
        await using var proxy = await home.RunAsync(Cancellation);
        using var first = new HttpAgent(proxy.Endpoint(missions[0]));
        using var second = new HttpAgent(proxy.Endpoint(missions[1]));

        var lists = await Task.WhenAll(Enumerable.Range(0, Rounds).SelectMany(_ => new[] { ListAsync(first), ListAsync(second) }));
        var hidden = await second.CallAsync("one_log", Cancellation);

        for (var index = 0; index < lists.Length; index++)
        {
            Assert.Equal(index % 2 == 0 ? ["one_echo", "one_log"] : ["one_echo", "one_fail"], lists[index].Names);
            Assert.Equal("private", lists[index].Scope);
        }

        Assert.Equal("tool_not_granted", hidden.Reason);
        Assert.DoesNotContain(backend.Requests, request => request.Method == "tools/call");

        static async Task<(string[] Names, string? Scope)> ListAsync(HttpAgent agent)
        {
            var result = (await agent.SendAsync("tools/list", [], Cancellation)).Result;
            return ([.. result.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()!)], result.GetProperty("cacheScope").GetString());
        }
    }
}

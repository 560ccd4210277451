using System.Collections.Concurrent;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Faults;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Faults;

/// <summary>Connections that are cut at any byte, before and behind the proxy: each call has one end, and nothing is carried out twice.</summary>
public sealed class CutTests
{
    private const int Workers = 4;

    /// <summary>Some calls' worth of bytes.</summary>
    private const int BytesMax = 6_000;

    private const int Seed = 20261127;

    [Fact(Timeout = 3_600_000)]
    public async Task CutCalls_HaveOneEndEach_AndTheirEffectHappensAtMostOnce()
    {
        var token = TestContext.Current.CancellationToken;
        var cutsWanted = FaultRun.Times(60, 1_000);
        await using var backend = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        backend.AnswersJson = true;
        await using var behind = new CuttingRelay(backend.Endpoint, BytesMax, Seed) { Cuts = false };
        using var home = new HomeUnderTest("\"Wire\": { \"CallsInFlightMax\": 64 }")
            .WithMission("""
                grants:
                  - tools: [cut/echo]
                """)
            .WithEndpoint("cut", behind.Endpoint, "\"defaults\": { \"effect\": \"write\" }", "\"timeouts\": { \"relist\": \"1h\" }");
        var mission = await home.OpenMissionAsync(token);
        await using var proxy = await home.RunAsync(token);
        await using var before = new CuttingRelay(proxy.Endpoint(mission), BytesMax, Seed + 1);
        behind.Cuts = true;
        using var agent = new HttpAgent(before.Endpoint);
        var told = new ConcurrentDictionary<int, string>();
        var last = 0;

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(async _ =>
        {
            while (before.Count + behind.Count < cutsWanted)
            {
                var number = Interlocked.Increment(ref last);
                try
                {
                    var answer = await agent.CallAsync("cut_echo", token, new { n = number });
                    told[number] = answer.Reason ?? "ok";
                }
                catch (Exception gone) when (gone is HttpRequestException or IOException or System.Text.Json.JsonException)
                {
                    told[number] = "cut";
                }
            }
        }));

        Assert.Equal(0, await proxy.StopAsync(token));
        var chain = await home.ExportAsync(mission, token);
        var outcomes = chain.Admitted.ToDictionary(Number, chain.OutcomeOf); // Neither twice admitted nor twice settled, or this throws.
        var carriedOut = backend.Requests.Where(request => request.Method == "tools/call").Select(request => Number(request.Body)).GroupBy(number => number).ToArray();
        var duplicates = carriedOut.Count(times => times.Count() > 1);
        FaultRun.Report("cuts", before.Count + behind.Count);
        FaultRun.Report("cut_calls", last);
        FaultRun.Report("cut_calls_without_one_end", outcomes.Count(outcome => outcome.Value is null));
        FaultRun.Report("cut_calls_carried_out_twice", duplicates);

        Assert.DoesNotContain(null, outcomes.Values);
        Assert.Equal(0, duplicates);
        Assert.All(carriedOut, times => Assert.Contains(times.Key, outcomes));
        Assert.All(told, call =>
        {
            var expected = call.Value switch { "ok" => "ok", "outcome_unknown" or "result_refused" => "unknown", "backend_unavailable" => "error", _ => outcomes.GetValueOrDefault(call.Key) };
            Assert.Equal(expected, outcomes.GetValueOrDefault(call.Key));
        });
        Assert.Contains("cut", told.Values);
        Assert.Contains("outcome_unknown", told.Values);
    }

    private static int Number(System.Text.Json.JsonElement admitted) => admitted.GetProperty("arguments").GetProperty("n").GetInt32();

    private static int Number(string body) => System.Text.Json.JsonElement.Parse(body).GetProperty("params").GetProperty("arguments").GetProperty("n").GetInt32();
}

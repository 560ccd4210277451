using System.Diagnostics;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Faults;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Faults;

/// <summary>Far more load than the proxy can serve: it serves nearly as much as at its best, and a stop holds in the middle of it.</summary>
public sealed class OverloadTests
{
    private const int Missions = 8;
    private const int Best = 16;
    private const int Times = 20;

    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(FaultRun.IsWhole ? 20 : 3);

    private static readonly double GoodputLeast = FaultRun.IsWhole ? 0.9 : 0.5;

    private static readonly TimeSpan StopMost = TimeSpan.FromSeconds(FaultRun.IsWhole ? 1 : 5);

    [Fact(Timeout = 600_000)]
    public async Task Overload_IsServedNearlyAsWellAsTheBestLoad_AndAStopHolds()
    {
        var token = TestContext.Current.CancellationToken;
        await using var backend = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        backend.AnswersJson = true;
        using var home = new HomeUnderTest("\"Wire\": { \"RequestsInFlightMax\": 256 }").WithMission("grants: [ { read: [one/echo] } ]").WithEndpoint("one", backend.Endpoint);
        var missions = new List<string>();
        for (var number = 0; number < Missions; number++)
            missions.Add(await home.OpenMissionAsync(token));
        await using var proxy = await home.RunAsync(token);
        await ServeAsync(proxy, missions, Best, Duration, token); // Warm.

        var best = await ServeAsync(proxy, missions, Best, Duration, token);
        var over = ServeAsync(proxy, missions, Best * Times, Duration + Duration, token);
        await Task.Delay(Duration, token);
        var stopped = missions[0];
        var began = Stopwatch.GetTimestamp();
        Assert.Equal(0, (await home.HarnessAsync(token, "mission", "suspend", stopped, "--why", "overload")).ExitCode);
        var commanded = DateTimeOffset.UtcNow;
        var load = await over;

        FaultRun.Report("overload_best_per_s", best.Served);
        FaultRun.Report("overload_served_per_s", load.Served);
        FaultRun.Report("overload_turned_away_per_s", load.TurnedAway);
        FaultRun.Report("overload_goodput", load.Served / best.Served);
        FaultRun.Report("overload_stop_command_s", Stopwatch.GetElapsedTime(began).TotalSeconds);

        // After the command is done nothing more of the stopped mission is admitted.
        var chain = await home.ExportAsync(stopped, token);
        var records = chain.Records.ToList();
        var stop = records.FindIndex(record => record.GetProperty("kind").GetString() == "mission_suspended");
        Assert.True(stop > 0);
        Assert.DoesNotContain(records.Skip(stop), record => record.GetProperty("kind").GetString() == "call_admitted");
        var late = records[stop].GetProperty("time").GetDateTimeOffset() - commanded;
        Assert.True(late < StopMost, $"The stop came {late} after its command.");
        Assert.True(load.Served >= GoodputLeast * best.Served, $"{load.Served:0} calls a second were served, {best.Served:0} at best; {load.TurnedAway:0} were turned away.");
        using var agent = new HttpAgent(proxy.Endpoint(stopped));
        Assert.Equal("mission_suspended", (await agent.CallAsync("one_echo", token)).Reason);
    }

    /// <summary>Callers that call again as soon as they are answered.</summary>
    private static async Task<(double Served, double TurnedAway)> ServeAsync(RunningProxy proxy, List<string> missions, int callers, TimeSpan duration, CancellationToken cancellationToken)
    {
        var (served, away) = (0, 0);
        var began = Stopwatch.GetTimestamp();
        using var http = new SharedAgents(missions.Select(proxy.Endpoint));
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async caller =>
        {
            while (Stopwatch.GetElapsedTime(began) < duration)
            {
                var isServed = await http.TryCallAsync(caller, "one_echo", cancellationToken);
                if (isServed)
                {
                    Interlocked.Increment(ref served);
                }
                else
                {
                    Interlocked.Increment(ref away);
                    await Task.Delay(50, cancellationToken); // As a client that is told to come again, only sooner.
                }
            }
        }));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return (served / seconds, away / seconds);
    }

    private sealed class SharedAgents(IEnumerable<Uri> endpoints) : IDisposable
    {
        private readonly HttpAgent[] _agents = [.. endpoints.Select(endpoint => new HttpAgent(endpoint))];

        /// <returns>False where the call was turned away or denied.</returns>
        public async Task<bool> TryCallAsync(int caller, string tool, CancellationToken cancellationToken)
        {
            try
            {
                var answer = await _agents[caller % _agents.Length].CallAsync(tool, cancellationToken);
                return answer.Message.TryGetProperty("result", out _) && !answer.IsError;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }

        public void Dispose() => Array.ForEach(_agents, agent => agent.Dispose());
    }
}

using System.Collections.Concurrent;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Faults;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Faults;

/// <summary>A proxy that is stopped and started anew under load, as an upgrade does: what was begun is finished and told, and what waits for people still waits.</summary>
public sealed class DrainTests
{
    private const int Workers = 4;

    [Fact(Timeout = 120_000)]
    public async Task CallThatTakesItsTime_IsAnswered_ThoughTheProxyIsToldToStop()
    {
        var token = TestContext.Current.CancellationToken;
        await using var backend = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        using var home = new HomeUnderTest().WithMission("grants: [ { read: [work/echo] } ]").WithEndpoint("work", backend.Endpoint);
        var mission = await home.OpenMissionAsync(token);
        await using var proxy = await home.RunAsync(token);
        using var agent = new HttpAgent(proxy.Endpoint(mission));
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var goesOn = new ManualResetEventSlim();
        backend.OnCall = () =>
        {
            arrived.SetResult();
            goesOn.Wait(token);
        };

        var call = agent.CallAsync("work_echo", token);
        await arrived.Task.WaitAsync(token);
        var stopping = proxy.StopAsync(token);
        await Task.Delay(TimeSpan.FromSeconds(4), token); // Longer than a command line that is told to stop is usually given.
        goesOn.Set();

        Assert.False((await call).IsError);
        Assert.Equal(0, await stopping);
        var chain = await home.ExportAsync(mission, token);
        Assert.Equal("ok", chain.OutcomeOf(Assert.Single(chain.Admitted)));
    }

    [Fact(Timeout = 1_200_000)]
    public async Task Restart_FinishesWhatWasBegun_AndKeepsWhatWaits()
    {
        var token = TestContext.Current.CancellationToken;
        var restarts = FaultRun.Times(3, 40);
        var random = new Random(20261127);
        await using var backend = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        using var home = new HomeUnderTest()
            .WithMission("""
                grants:
                  - read: [work/echo]
                  - { tools: [work/log], approval: { by: [lead] } }
                """)
            .WithEndpoint("work", backend.Endpoint, "\"tools\": { \"log\": { \"effect\": \"write\" } }");
        var mission = await home.OpenMissionAsync(token);
        var told = new ConcurrentDictionary<int, string>();
        var last = 0;
        var approvals = 0;
        string? waiting = null;

        for (var restart = 0; restart < restarts; restart++)
        {
            await using var proxy = await home.RunAsync(token);
            using var agent = new HttpAgent(proxy.Endpoint(mission));
            if (waiting is not null)
            {
                // Approved while no proxy ran.
                Assert.False((await agent.CallAsync("work_log", token)).IsError);
                approvals++;
            }

            waiting = (await agent.CallAsync("work_log", token)).Denial!.Value.GetProperty("approval").GetProperty("request").GetString();
            var until = last + random.Next(20, 60);
            var stopping = Task.FromResult(0);
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(async _ =>
            {
                while (await TryCallAsync(agent, token))
                    if (Volatile.Read(ref last) is var now && now >= until && Interlocked.Exchange(ref until, int.MaxValue) < int.MaxValue)
                        stopping = proxy.StopAsync(token);
            }));
            Assert.Equal(0, await stopping);
            Assert.Equal(0, (await home.HarnessAsync(token, "approvals", "grant", waiting!, "--by", "lead", "--why", "test")).ExitCode);
        }

        var chain = await home.ExportAsync(mission, token);
        var outcomes = chain.Admitted.Where(admitted => admitted.GetProperty("arguments").TryGetProperty("n", out var _))
            .ToDictionary(admitted => admitted.GetProperty("arguments").GetProperty("n").GetInt32(), chain.OutcomeOf);
        var lost = told.Count(call => call.Value != "ok" && outcomes.ContainsKey(call.Key));
        FaultRun.Report("restarts", restarts);
        FaultRun.Report("restart_decisions_lost", lost + outcomes.Count(outcome => outcome.Value != "ok"));
        FaultRun.Report("restart_approvals_lost", restarts - 1 - approvals);

        Assert.All(outcomes, outcome => Assert.Equal("ok", outcome.Value));
        Assert.All(told.Where(call => call.Value == "ok"), call => Assert.Equal("ok", outcomes[call.Key]));
        Assert.Equal(0, lost);
        Assert.Equal(restarts - 1, approvals);

        // False once the proxy takes no more calls.
        async Task<bool> TryCallAsync(HttpAgent agent, CancellationToken cancellationToken)
        {
            var number = Interlocked.Increment(ref last);
            try
            {
                var answer = await agent.CallAsync("work_echo", cancellationToken, new { n = number });
                told[number] = answer.Reason ?? "ok";
                return true;
            }
            catch (Exception gone) when (gone is HttpRequestException or IOException)
            {
                told[number] = "gone";
                return false;
            }
        }
    }
}

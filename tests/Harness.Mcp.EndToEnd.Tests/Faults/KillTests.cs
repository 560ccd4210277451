using System.Collections.Concurrent;
using System.Text.Json;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Faults;

/// <summary>`harness run` killed with -9 again and again under load, with one backend that outlives it and one that is its child.</summary>
public sealed class KillTests
{
    private const int Kills = 20;
    private const int Workers = 4;

    /// <summary>More than the rounds can spend, so that what is left must be exactly what was never admitted.</summary>
    private const int Budget = 400;

    [Fact(Timeout = 600_000)]
    public async Task KilledProxy_LosesNoAnswer_ForwardsNothingUnrecorded_AndForgetsNoCost()
    {
        var token = TestContext.Current.CancellationToken;
        var random = new Random(20261126);
        await using var web = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        using var home = new HomeUnderTest().WithMission($$"""
            grants:
              - read: [web/echo, pipe/echo]
            rules:
              - { id: enough, on: [web/echo, pipe/echo], budget: { max: {{Budget}} } }
            """);
        var pipe = new RecordFile(home.PathOf("record.jsonl"));
        home.WithEndpoint("web", web.Endpoint).WithScript("pipe", new Script { RecordFile = pipe.Path });
        var mission = await home.OpenMissionAsync(token);
        var load = new Load(web);

        for (var kill = 0; kill < Kills; kill++)
        {
            await using var proxy = kill == 0 ? await home.RunAsync(token) : await RunningProxy.StartAsync(home.Root, token);

            // Half of the kills come when a call has just arrived at a backend, half when an answer has just left the proxy.
            await load.RunAndKillAsync(proxy, mission, random.Next(1, 10), whenForwarded: kill % 2 == 0, token);
            await ProcessTable.WaitForNoneAsync(home.Root, token);
        }

        await using (var proxy = await home.RunAsync(token))
        {
            await load.SpendAsync(proxy, mission, token);
            Assert.Equal(0, await proxy.StopAsync(token));
        }

        await ProcessTable.WaitForNoneAsync(home.Root, token);
        Assert.Contains("whole", (await home.HarnessAsync(token, "chain", "verify")).Done, StringComparison.Ordinal);
        AssertTold(await home.ExportAsync(mission, token), load, [.. web.Requests.Where(request => request.Method == "tools/call").Select(request => Number(JsonElement.Parse(request.Body))), .. pipe.Calls.Select(Number)]);
    }

    private static void AssertTold(ChainRecords chain, Load load, int[] forwarded)
    {
        var admitted = chain.Admitted.ToDictionary(record => record.GetProperty("arguments").GetProperty("n").GetInt32());
        var outcomes = admitted.ToDictionary(pair => pair.Key, pair => chain.OutcomeOf(pair.Value));

        Assert.All(load.Answered, number => Assert.Equal("ok", outcomes[number]));
        Assert.All(forwarded, number => Assert.Contains(number, admitted));
        Assert.Equal(forwarded.Length, forwarded.Distinct().Count());
        Assert.DoesNotContain(null, outcomes.Values);
        Assert.Contains("unknown", outcomes.Values);
        Assert.Equal(Budget, admitted.Count);
    }

    private static int Number(JsonElement call) => call.GetProperty("params").GetProperty("arguments").GetProperty("n").GetInt32();

    /// <summary>An agent that never stops calling, each call with its own number.</summary>
    private sealed class Load(ScriptedHttp web)
    {
        private int _last;

        /// <summary>The calls whose result the agent has read.</summary>
        public ConcurrentBag<int> Answered { get; } = [];

        /// <summary>Calls until the proxy is dead, which it is once <paramref name="count"/> calls were forwarded or answered.</summary>
        public async Task RunAndKillAsync(RunningProxy proxy, string mission, int count, bool whenForwarded, CancellationToken cancellationToken)
        {
            using var agent = new HttpAgent(proxy.Endpoint(mission));
            Task killed = Task.CompletedTask;
            var left = count;
            void Count()
            {
                if (Interlocked.Decrement(ref left) == 0)
                    killed = proxy.KillAsync(cancellationToken);
            }

            web.OnCall = whenForwarded ? Count : null;
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(async _ =>
            {
                while (await TryCallAsync(agent, cancellationToken))
                    if (!whenForwarded)
                        Count();
            }));
            web.OnCall = null;
            await killed;
            Assert.True(left <= 0);
        }

        /// <summary>Calls until the budget is spent.</summary>
        public async Task SpendAsync(RunningProxy proxy, string mission, CancellationToken cancellationToken)
        {
            using var agent = new HttpAgent(proxy.Endpoint(mission));
            while (true)
            {
                var number = Interlocked.Increment(ref _last);
                var answer = await agent.CallAsync(Tool(number), cancellationToken, new { n = number });
                if (answer.Reason == "budget_exhausted")
                    return;
                Assert.False(answer.IsError, answer.Message.ToString());
                Answered.Add(number);
            }
        }

        /// <returns>False once the proxy is gone.</returns>
        private async Task<bool> TryCallAsync(HttpAgent agent, CancellationToken cancellationToken)
        {
            var number = Interlocked.Increment(ref _last);
            try
            {
                var answer = await agent.CallAsync(Tool(number), cancellationToken, new { n = number });
                Assert.False(answer.IsError, answer.Message.ToString());
                Answered.Add(number);
                return true;
            }
            catch (Exception gone) when (gone is HttpRequestException or IOException)
            {
                return false;
            }
        }

        private static string Tool(int number) => number % 2 == 0 ? "web_echo" : "pipe_echo";
    }
}

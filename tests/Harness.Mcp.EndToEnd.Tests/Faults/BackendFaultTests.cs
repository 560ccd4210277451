using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Faults;

/// <summary>Backends that break in the middle of a call: the agent can read what happened, the chain has it, and the next call is served.</summary>
public sealed class BackendFaultTests : IAsyncLifetime
{
    private const long HugeLine = 300L * 1024 * 1024;
    private const long MemoryRiseMax = 128 * 1024 * 1024;

    private readonly HomeUnderTest _home = new HomeUnderTest()
        .WithMission("""
            grants:
              - read: [scripted/*, steady/echo]
            """)
        .WithScript("scripted", new Script(), """ "timeouts": { "quiet": "10s" } """)
        .WithScript("steady", new Script());

    private RunningProxy? _proxy;
    private string _mission = "";

    private RunningProxy Proxy => _proxy ?? throw new InvalidOperationException("The proxy was not started.");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _mission = await _home.OpenMissionAsync(Cancellation);
        _proxy = await _home.RunAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        _home.Dispose();
    }

    [Fact(Timeout = 180_000)]
    public async Task BrokenAnswers_AreToldApart_AndTheNextCallIsServed()
    {
        using var agent = new HttpAgent(Proxy.Endpoint(_mission));
        Assert.False((await agent.CallAsync("scripted_echo", Cancellation)).IsError);

        await AssertAsync("scripted_die", new { }, "outcome_unknown", "unknown");
        await AssertAsync("scripted_junk", new { }, null, "ok");
        await AssertAsync("scripted_shapeless", new { }, "result_refused", "unknown");
        await AssertAsync("scripted_silent", new { }, "outcome_unknown", "unknown");
        await AssertAsync("scripted_flood", new { }, null, "ok");

        var before = ProcessTable.PeakMemory(Proxy.Id);
        await AssertAsync("scripted_huge", new { bytes = HugeLine }, "result_refused", "unknown");
        Assert.InRange(ProcessTable.PeakMemory(Proxy.Id) - before, 0, MemoryRiseMax);

        Assert.Equal(0, await Proxy.StopAsync(Cancellation));
        Assert.Contains("whole", (await _home.HarnessAsync(Cancellation, "chain", "verify")).Done, StringComparison.Ordinal);

        async Task AssertAsync(string tool, object arguments, string? reason, string outcome)
        {
            var answer = await agent.CallAsync(tool, Cancellation, arguments);
            Assert.Equal(reason, answer.Reason);
            var chain = await _home.ExportAsync(_mission, Cancellation);
            Assert.Equal(outcome, chain.OutcomeOf(chain.Admitted.Last()));

            Assert.False((await agent.CallAsync("steady_echo", Cancellation)).IsError);
            while (await agent.CallAsync("scripted_echo", Cancellation) is { IsError: true } next)
                Assert.Equal("backend_unavailable", next.Reason); // Its circuit lets a new process come in its own time.
        }
    }

    [Fact(Timeout = 180_000)]
    public async Task ToolsThatChange_LeaveTheList_AndAreNotCalled()
    {
        using var agent = new HttpAgent(Proxy.Endpoint(_mission));
        var before = await agent.ListAsync(Cancellation);

        await using var changing = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false, Description = "First." });
        _home.WithEndpoint("changing", changing.Endpoint, """ "timeouts": { "relist": "1s" } """);
        Assert.Equal(before, await agent.ListAsync(Cancellation)); // Nobody granted the new one.
        await Proxy.ConnectedAsync("changing", Cancellation);
        changing.Script = changing.Script with { Description = "Second." };

        await Proxy.LoggedAsync("changing/echo changed its definition", Cancellation);
        Assert.Equal("tool_not_granted", (await agent.CallAsync("changing_echo", Cancellation)).Reason);
        Assert.DoesNotContain(changing.Requests, request => request.Method == "tools/call");
    }
}

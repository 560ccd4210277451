using System.Collections.Immutable;
using System.Diagnostics;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Telemetry;
using Harness.Mcp.TestKit.Backends;
using Microsoft.Extensions.Hosting;
using Xunit;
using static Harness.Mcp.Proxy.Tests.Enforcement.EnforcementWorld;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

public sealed class ObligationTests
{
    private const string CleansUp = """
        mission: tidy
        objective: Tidy the notes.
        owner: owner@corp.example
        agents: [tidier]
        lifetime: 1h
        grants:
          - tools: [notes/write, notes/erase]
        rules:
          - { id: clean-up, on: [notes/write], then: { tools: [notes/erase], same: [text], within: 10m, otherwise: run } }
        """;

    private readonly ManualTime _clock = new();

    [Fact]
    public async Task DueCall_IsMadeByTheProxy_Once()
    {
        var world = await WithAsync(CleansUp, _clock);
        await world.CallAsync("notes_write", "x");

        await PassAsync(TimeSpan.FromMinutes(10) - TimeSpan.FromTicks(1));
        await world.Keeper.KeepAsync();
        Assert.Single(world.Backend.Calls);
        await PassAsync(TimeSpan.FromTicks(1));
        await world.Keeper.KeepAsync();
        await world.Keeper.KeepAsync();

        var (call, linksThen) = Assert.Single(world.Backend.Calls.Skip(1));
        Assert.Equal(("erase", """{"text":"x"}""", 4), (call.Tool, call.Arguments.GetRawText(), linksThen));
        var chain = await world.ChainAsync();
        Assert.Equal(5, chain.Length);
        var admitted = Assert.IsType<LinkBody.CallAdmitted>(chain[3].Body);
        Assert.Equal((AgentId.Proxy, "clean-up", 2L), (admitted.Agent, admitted.Obligation?.Rule.Value, admitted.Obligation?.Call));
        Assert.Equal(CallOutcome.Ok, Assert.IsType<LinkBody.CallSettled>(chain[4].Body).Outcome);
    }

    [Fact]
    public async Task Nothing_IsMadeByTheProxy_WhenTheAgentDidIt()
    {
        var world = await WithAsync(CleansUp, _clock);
        await world.CallAsync("notes_write", "x");
        await world.CallAsync("notes_erase", "x");

        await PassAsync(TimeSpan.FromHours(2));
        await world.Keeper.KeepAsync();

        Assert.Equal(2, world.Backend.Calls.Count);
    }

    [Fact]
    public async Task Stop_ByAnotherProcess_MakesItDue_AndLetsNothingElseThrough()
    {
        var world = await WithAsync(CleansUp, _clock);
        await world.CallAsync("notes_write", "x");
        await world.AppendAsync(new LinkBody.MissionRevoked("operator", "stop"));

        await world.CallAsync("notes_erase", "x");
        Assert.Single(world.Backend.Calls);
        await world.Keeper.KeepAsync();

        Assert.Equal("erase", Assert.Single(world.Backend.Calls.Skip(1)).Call.Tool);
    }

    [Fact]
    public async Task TwoProcesses_MakeTheCallOnce()
    {
        var world = await WithAsync(CleansUp, _clock);
        var rival = world.NewProxy();
        await world.CallAsync("notes_write", "x");
        await CallAsync(rival.Enforcer, "notes_erase", "another"); // Now the rival knows of the mission.
        await world.AppendAsync(new LinkBody.MissionSuspended("operator", "stop"));
        world.Store.BeforeAppend = async _ =>
        {
            world.Store.BeforeAppend = null;
            await rival.Keeper.KeepAsync();
        };

        await world.Keeper.KeepAsync();

        Assert.Single(world.Backend.Calls, call => call.Call.Arguments.GetRawText() == """{"text":"x"}""" && call.Call.Tool == "erase");
    }

    [Fact]
    public async Task RestartedProxy_TakesUp_WhatAnEndedMissionOwes()
    {
        var world = await WithAsync(CleansUp, _clock);
        await world.CallAsync("notes_write", "x");
        await world.AppendAsync(new LinkBody.MissionCompleted("operator", "done"));

        var restarted = world.NewProxy();
        await ((IHostedService)restarted.Enforcer).StartAsync(TestContext.Current.CancellationToken);
        await restarted.Keeper.KeepAsync();

        Assert.Equal("erase", Assert.Single(world.Backend.Calls.Skip(1)).Call.Tool);
    }

    [Fact]
    public async Task CallThatFails_IsNotRepeated_ButReported()
    {
        var world = await WithAsync(CleansUp, _clock);
        await world.CallAsync("notes_write", "x");
        await world.AppendAsync(new LinkBody.MissionSuspended("operator", "stop"));
        world.Backend.Reply = (_, _) => ValueTask.FromResult<BackendReply>(new BackendReply.NotSent("no connection"));

        await world.Keeper.KeepAsync();
        await world.Keeper.KeepAsync();

        Assert.Equal(2, world.Backend.Calls.Count);
        Assert.Contains("did not end well", await MissedAsync(world), StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingCall_IsReported_WhereTheRuleOnlyReports()
    {
        var world = await WithAsync(CleansUp.Replace("otherwise: run", "otherwise: report", StringComparison.Ordinal), _clock);
        await world.CallAsync("notes_write", "x");
        var outcomes = Outcomes();

        await PassAsync(TimeSpan.FromMinutes(10));
        await world.Keeper.KeepAsync();
        await world.Keeper.KeepAsync();

        Assert.Single(world.Backend.Calls);
        Assert.Equal("The call that must follow did not come in time.", await MissedAsync(world));
        Assert.Contains("missed", outcomes());
    }

    [Fact]
    public async Task DriftedTool_IsNotCalled_ButReported()
    {
        var world = await WithAsync(CleansUp, _clock);
        await world.CallAsync("notes_write", "x");
        world.Catalog.Replace(Tool("erase", Effect.Destructive) with { Standing = ToolStanding.Drifted });

        await PassAsync(TimeSpan.FromMinutes(10));
        await world.Keeper.KeepAsync();

        Assert.Single(world.Backend.Calls);
        Assert.Contains("not the one that was approved", await MissedAsync(world), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ObligationIsKept_OnceTheStoreIsBack()
    {
        var world = await WithAsync(CleansUp, _clock);
        await world.CallAsync("notes_write", "x");
        await PassAsync(TimeSpan.FromMinutes(10));

        world.Store.IsDown = true;
        await world.Keeper.KeepAsync();
        Assert.Single(world.Backend.Calls);
        world.Store.IsDown = false;
        await world.Keeper.KeepAsync();

        Assert.Equal(2, world.Backend.Calls.Count);
    }

    [Fact]
    public async Task Keeper_LooksAgainAndAgain_ByTheClock()
    {
        var world = await WithAsync(CleansUp, _clock);
        await world.CallAsync("notes_write", "x");
        await world.AppendAsync(new LinkBody.MissionRevoked("operator", "stop"));
        var made = new TaskCompletionSource<BackendCall>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Backend.Reply = (call, _) =>
        {
            made.TrySetResult(call);
            return ValueTask.FromResult<BackendReply>(RecordingBackend.Text("done"));
        };

        await world.Keeper.StartAsync(TestContext.Current.CancellationToken);
        await _clock.AdvanceAsync(ObligationKeeper.Period, async () =>
        {
            while (_clock.NextDue is null)
                await Task.Yield();
        });
        var call = await made.Task.WaitAsync(TestContext.Current.CancellationToken);
        await world.Keeper.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal("erase", call.Tool);
        Assert.Equal(CallOutcome.Ok, Assert.IsType<LinkBody.CallSettled>((await world.ChainAsync())[^1].Body).Outcome);
    }

    private Task PassAsync(TimeSpan span) => _clock.AdvanceAsync(span, () => Task.CompletedTask);

    private static async Task<string> MissedAsync(EnforcementWorld world) =>
        Assert.IsType<LinkBody.ObligationMissed>(Assert.Single(await world.ChainAsync(), link => link.Body is LinkBody.ObligationMissed).Body).Why;

    /// <summary>What the traces of obligations say from here on.</summary>
    private static Func<ImmutableArray<object?>> Outcomes()
    {
        var outcomes = ImmutableArray<object?>.Empty;
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == HarnessTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.OperationName == "obligation")
                    ImmutableInterlocked.Update(ref outcomes, known => known.Add(activity.GetTagItem(HarnessTelemetry.Tags.Outcome)));
            },
        };
        ActivitySource.AddActivityListener(listener);
        return () =>
        {
            listener.Dispose();
            return outcomes;
        };
    }
}

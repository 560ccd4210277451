using System.Collections.Immutable;
using System.Diagnostics;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Telemetry;
using Xunit;
using static Harness.Mcp.Proxy.Tests.Enforcement.EnforcementWorld;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

public sealed class ApprovalTests
{
    private const string AsksLead = """
        mission: tidy
        objective: Tidy the notes.
        owner: owner@corp.example
        agents: [tidier]
        lifetime: 1h
        grants:
          - read: [notes/*]
          - tools: [notes/write]
            approval: { by: [lead] }
        """;

    [Fact]
    public async Task EscalatedCall_IsParkedAsALink_AndNothingIsForwarded()
    {
        var world = await WithAsync(AsksLead);

        var answer = Structured(await world.CallAsync("notes_write", "hello"));

        Assert.Equal("approval_required", answer.GetProperty("reason").GetString());
        Assert.Equal($"{Mission}/2", answer.GetProperty("approval").GetProperty("request").GetString());
        Assert.Empty(world.Backend.Calls);
        var asked = Assert.IsType<LinkBody.ApprovalRequested>((await world.ChainAsync())[^1].Body);
        Assert.Equal("""{"text":"hello"}""", asked.Arguments.GetRawText());
    }

    [Fact]
    public async Task Repetition_WaitsAtTheSameLink_AndPasses_OnceAnotherProcessApproved()
    {
        var world = await WithAsync(AsksLead);
        await world.CallAsync("notes_write", "hello");

        var waiting = Structured(await world.CallAsync("notes_write", "hello"));
        await world.AppendAsync(new LinkBody.ApprovalGranted(2, "lead", "fine"));
        var passed = await world.CallAsync("notes_write", "hello");
        var again = Structured(await world.CallAsync("notes_write", "hello"));

        Assert.Equal($"{Mission}/2", waiting.GetProperty("approval").GetProperty("request").GetString());
        Assert.Equal("hello", ((CallAnswer.Result)passed).Value.GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal($"{Mission}/6", again.GetProperty("approval").GetProperty("request").GetString());
        Assert.Single(world.Backend.Calls);
        var chain = await world.ChainAsync();
        Assert.Equal(6, chain.Length);
        Assert.Equal(2, Assert.IsType<LinkBody.CallAdmitted>(chain[3].Body).Approval);
    }

    [Fact]
    public async Task OtherText_NeedsAnApprovalOfItsOwn()
    {
        var world = await WithAsync(AsksLead);
        await world.CallAsync("notes_write", "hello");
        await world.AppendAsync(new LinkBody.ApprovalGranted(2, "lead", ""));

        var edited = Structured(await world.CallAsync("notes_write", "hello!"));

        Assert.Equal($"{Mission}/4", edited.GetProperty("approval").GetProperty("request").GetString());
        Assert.Empty(world.Backend.Calls);
    }

    [Fact]
    public async Task OtherDefinition_NeedsAnApprovalOfItsOwn()
    {
        var world = await WithAsync(AsksLead);
        await world.CallAsync("notes_write", "hello");
        await world.AppendAsync(new LinkBody.ApprovalGranted(2, "lead", ""));
        world.Catalog.Replace(Tool("write", Effect.Write, """{"type":"object"}"""));

        await world.CallAsync("notes_write", "hello");

        Assert.Empty(world.Backend.Calls);
        Assert.IsType<LinkBody.ApprovalRequested>((await world.ChainAsync())[^1].Body);
    }

    [Fact]
    public async Task OneApproval_LetsOneCallThrough_WhenTwoProcessesRaceForIt()
    {
        var world = await WithAsync(AsksLead);
        var rival = world.NewProcess();
        await world.CallAsync("notes_write", "hello");
        await world.AppendAsync(new LinkBody.ApprovalGranted(2, "lead", ""));
        Task<CallAnswer>? other = null;
        world.Store.BeforeAppend = async _ =>
        {
            // The first has decided to use the approval; before it can say so, the second has used it.
            world.Store.BeforeAppend = null;
            other = CallAsync(rival, "notes_write", "hello");
            await other;
        };

        var late = Structured(await world.CallAsync("notes_write", "hello"));

        Assert.Equal("approval_required", late.GetProperty("reason").GetString());
        Assert.Equal("hello", ((CallAnswer.Result)await other!).Value.GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Single(world.Backend.Calls);
    }

    [Fact]
    public async Task ManyParallelCalls_MakeOneRequest_AndUseOneApproval()
    {
        var world = await WithAsync(AsksLead);
        IEnforcement[] processes = [world.Enforcer, world.NewProcess()];
        Task<CallAnswer[]> ManyAsync() => Task.WhenAll(Enumerable.Range(0, 20).Select(
            call => Task.Run(() => CallAsync(processes[call % 2], "notes_write", "hello"), TestContext.Current.CancellationToken)));

        await ManyAsync();
        Assert.Single(await world.ChainAsync(), link => link.Body is LinkBody.ApprovalRequested);
        await world.AppendAsync(new LinkBody.ApprovalGranted(2, "lead", ""));
        await ManyAsync();

        Assert.Single(world.Backend.Calls);
    }

    [Fact]
    public async Task Escalation_IsTold_InTheTrace()
    {
        var world = await WithAsync(AsksLead);
        var digest = Digest.Of("""{"text":"told in the trace"}"""u8).Value;
        var outcomes = ImmutableArray<(object? Outcome, object? Request)>.Empty;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == HarnessTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (Equals(activity.GetTagItem(HarnessTelemetry.Tags.ArgumentsDigest), digest))
                    ImmutableInterlocked.Update(
                        ref outcomes,
                        known => known.Add((activity.GetTagItem(HarnessTelemetry.Tags.Outcome), activity.GetTagItem(HarnessTelemetry.Tags.Approval))));
            },
        };
        ActivitySource.AddActivityListener(listener);

        await world.CallAsync("notes_write", "told in the trace");
        await world.CallAsync("notes_write", "told in the trace");
        await world.AppendAsync(new LinkBody.ApprovalGranted(2, "lead", ""));
        await world.CallAsync("notes_write", "told in the trace");

        Assert.Equal([("escalate", 2L), ("escalate", 2L), ("permit", 2L)], outcomes);
    }

    private static System.Text.Json.JsonElement Structured(CallAnswer answer) => ((CallAnswer.Result)answer).Value.GetProperty("structuredContent");
}

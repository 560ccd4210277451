using Harness.Mcp.Core.Chains;
using Harness.Mcp.Proxy.Enforcement;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

/// <summary>Calls that are cancelled at every moment of their way: each admission gets one settlement, and what was cancelled answers nothing.</summary>
public sealed class CancelOffsetTests
{
    private const int Offsets = 1_000;
    private const int StepsOfTheBackend = 200;

    [Fact]
    public async Task CancelledCall_HasOneEnd_AndNoLateResult_WheneverItIsCancelled()
    {
        var world = await EnforcementWorld.WithAsync(EnforcementWorld.TwoWrites.Replace("max: 2", "max: 100000", StringComparison.Ordinal));
        world.Backend.Reply = async (_, cancellationToken) =>
        {
            for (var step = 0; step < StepsOfTheBackend; step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                await Task.Yield();
            }

            return RecordingBackend.Text("done");
        };

        var answers = new List<CallAnswer>();
        for (var offset = 0; offset < Offsets; offset++)
            answers.Add(await CancelledAfterAsync(world, offset % (2 * StepsOfTheBackend), $"{offset}"));

        var chain = (await world.ChainAsync()).Select(link => link.Body).ToArray();
        var admitted = chain.OfType<LinkBody.CallAdmitted>().ToArray();
        var settled = chain.OfType<LinkBody.CallSettled>().ToLookup(link => link.Call);
        Assert.All(admitted, link => Assert.Single(settled[link.Call]));
        Assert.Equal(world.Backend.Calls.Count, admitted.Length);
        Assert.Equal(admitted.Length, settled.Count);

        var outcomes = admitted.ToLookup(link => settled[link.Call].Single().Outcome);
        Assert.Equal(outcomes[CallOutcome.Ok].Count(), answers.Count(answer => EnforcementWorld.ReasonOf(answer) is null));
        Assert.Equal(outcomes[CallOutcome.Unknown].Count(), answers.Count(answer => EnforcementWorld.ReasonOf(answer) == "outcome_unknown"));
        Assert.True(outcomes[CallOutcome.Unknown].Any() && outcomes[CallOutcome.Ok].Any(), "Every call ended alike: the offsets missed what they were to hit.");
    }

    private static async Task<CallAnswer> CancelledAfterAsync(EnforcementWorld world, int steps, string text)
    {
        using var cancel = new CancellationTokenSource();
        var call = EnforcementWorld.CallUntilAsync(world.Enforcer, "notes_write", text, cancel.Token);
        for (var step = 0; step < steps && !call.IsCompleted; step++)
            await Task.Yield();
        await cancel.CancelAsync();
        return await call;
    }
}

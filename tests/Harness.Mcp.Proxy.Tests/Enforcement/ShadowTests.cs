using System.Diagnostics;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Proxy.Telemetry;
using Xunit;
using static Harness.Mcp.Proxy.Tests.Enforcement.EnforcementWorld;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

public sealed class ShadowTests
{
    [Fact]
    public async Task VerdictInShadow_StandsOnTheLinkAndTheSpan_AndNotInTheAnswer()
    {
        var ended = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == HarnessTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                lock (ended)
                    ended.Add(activity);
            },
        };
        ActivitySource.AddActivityListener(listener);
        var world = await WithAsync(TwoWrites.Replace("{ id: two-writes,", "{ id: two-writes, enforce: false,", StringComparison.Ordinal));
        await world.CallAsync("notes_write");
        await world.CallAsync("notes_write");

        var answer = await world.CallAsync("notes_write", "third");

        Assert.Contains("third", ((Harness.Mcp.Proxy.Enforcement.CallAnswer.Result)answer).Value.GetRawText(), StringComparison.Ordinal);
        var admitted = (await world.ChainAsync()).Select(link => link.Body).OfType<LinkBody.CallAdmitted>().Last();
        var shadow = Assert.Single(admitted.Shadow);
        Assert.Equal(ReasonCode.BudgetExhausted, shadow.Reason);

        Activity decision;
        lock (ended)
            decision = ended.Single(activity => Equals(activity.GetTagItem(HarnessTelemetry.Tags.CallId), admitted.Call.ToString()) && activity.OperationName.StartsWith("authorize", StringComparison.Ordinal));
        Assert.Equal("permit", decision.GetTagItem(HarnessTelemetry.Tags.Outcome));
        Assert.Equal(["two-writes"], Assert.IsType<string[]>(decision.GetTagItem("harness.shadow.rules")));
        var told = Assert.Single(decision.Events).Tags.ToDictionary(tag => tag.Key, tag => tag.Value, StringComparer.Ordinal);
        Assert.Equal("two-writes", told["harness.shadow.rule"]);
        Assert.Equal("budget_exhausted", told["harness.shadow.reason"]);
        Assert.Equal([2L, 4L], Assert.IsType<long[]>(told["harness.shadow.because"]));
    }
}

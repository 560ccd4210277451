using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Decisions;

/// <summary>A call that is permitted leaves nothing behind to be collected.</summary>
public class DecisionCostTests
{
    private static readonly ToolFacts Get = Tool.Read("fleet/get_host");
    private static readonly ToolFacts Isolate = Tool.Write("fleet/isolate_host", SinkNames.External);

    [Fact]
    public void Decide_AllocatesNothing_ForAPermittedCallOnKnownThings()
    {
        var mission = Given.Mission("""
            inputs: { host: { type: string } }
            anchors: { host: { inputs: [host] } }
            grants:
              - read: [fleet/*]
              - { tools: [fleet/isolate_host], anchored: { host: host } }
            rules:
              - { id: first, on: [fleet/isolate_host], before: { tools: [fleet/get_host], same: [host, ticket], within: 1h } }
              - { id: never, on: [fleet/isolate_host], never-after: { tools: [fleet/release_host], same: [host] } }
              - { id: few, on: [fleet/isolate_host], budget: { distinct: call.args.host, max: 3, per: call.args.ticket } }
              - { id: spend, on: [fleet/isolate_host], when: 'call.args.amount > 0', budget: { sum: call.args.amount, max: 100 } }
              - { id: pace, on: [fleet/isolate_host], window: { max: 10, per: 1m } }
              - { id: one, on: [fleet/isolate_host], wall: { by: call.args.ticket } }
              - { id: out, on: [fleet/isolate_host], flow: { label: personal, to: external } }
              - { id: seen, on: [fleet/isolate_host], require: 'chain.exists(l, l.tool == "fleet/get_host" && l.args.host == call.args.host)' }
              - { id: count, on: [fleet/isolate_host], require: 'chain.filter(l, l.args.host == call.args.host).size() < 5 && call.domain == "fleet"' }
            """, "host=h1");
        const string Arguments = """{"host":"h1","ticket":"t1","amount":2.5}""";
        mission.After(Call.To(Get, Arguments), Call.To(Isolate, Arguments));
        var call = mission.Propose(Call.To(Isolate, Arguments));
        for (var warm = 0; warm < 100; warm++)
            Assert.True(DecisionPoint.Decide(mission.State, call with { }).IsPermitted());

        var calls = Enumerable.Range(0, 100).Select(_ => call with { }).ToArray();
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var one in calls)
            DecisionPoint.Decide(mission.State, one);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.Equal(0, allocated);
    }
}

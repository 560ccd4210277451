using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Provenance;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Rules.Reading;

namespace Harness.Mcp.Core.Missions;

/// <summary>Runs a rule's examples on the rule's own monitor.</summary>
internal static class ExampleRun
{
    /// <returns>Where the rule decides otherwise than an example says, and what it decides instead.</returns>
    public static IEnumerable<Problem> Failures(Rule rule, MissionFacts mission)
    {
        foreach (var example in rule.Examples)
            if (Failure(rule, example, Decide(rule, example, mission with { Inputs = example.Inputs })) is { } failure)
                yield return failure;
    }

    private static Problem? Failure(Rule rule, RuleExample example, RuleDenial? denial)
    {
        if (example.IsPermitted == denial is null)
            return null;
        if (denial is null)
            return new Problem(
                example.Position,
                rule.Watches(example.Call.Tool)
                    ? $"This example must be denied, and the rule `{rule.Id}` permits it."
                    : $"This example must be denied, but the rule `{rule.Id}` does not judge calls of `{example.Call.Tool.Id}` as the example describes it.",
                "Change the rule, or write `permit` instead of `deny`.");

        var cause = denial.Fault is { } fault ? $" ({fault})" : "";
        return new Problem(
            example.Position,
            $"This example must be permitted, and the rule `{rule.Id}` denies it: \"{denial.Denial.Say}\" [{denial.Denial.Reason}]{cause}.",
            "Change the rule, or write `deny` instead of `permit`.");
    }

    private static RuleDenial? Decide(Rule rule, RuleExample example, MissionFacts mission)
    {
        var provenance = rule.Form is Carry
            ? new ProvenanceIndex(ProvenancePlan.OfExample(mission.Inputs.EnumerateObject().Select(input => input.Name)), mission.Id, Digest.Zero, mission.Inputs)
            : null;
        var state = new RuleInForce(rule, mission with { Provenance = provenance }, new CallReader(), since: 1);
        var pending = new List<ChainCall>();
        var time = mission.Opened;
        var version = 1L;
        foreach (var call in example.After)
        {
            time += call.Later;
            Take(state, provenance, call, ++version, time, pending);
        }

        var judged = example.Call;
        return rule.Watches(judged.Tool)
            ? state.Judge(new ToolCall(IdOf(version + 1), judged.Agent, judged.Tool, judged.Arguments, time + judged.Later), pending)
            : null;
    }

    // As the fold of links does it: admitted first, then settled.
    private static void Take(RuleInForce state, ProvenanceIndex? provenance, ExampleCall call, long version, DateTimeOffset time, List<ChainCall> pending)
    {
        var admitted = new ChainCall(IdOf(version), version, call.Tool, call.Arguments, null, [], time, CallOutcome.Pending);
        var isNoticed = state.Monitor.Notices(call.Tool);
        if (isNoticed)
            if (!state.CountsSome || state.Counts(new ToolCall(admitted.Id, call.Agent, call.Tool, call.Arguments, time), pending))
                state.Admit(admitted);
        if (call.Outcome == CallOutcome.Pending)
        {
            pending.Add(admitted);
            return;
        }

        var settled = admitted with { Outcome = call.Outcome, Result = call.Result, Labels = call.Labels };
        provenance?.Add(settled, new LinkBody.CallSettled(settled.Id, settled.Outcome, settled.Result, null, settled.Labels, null));
        if (isNoticed)
            state.Monitor.Settle(settled);
        state.When?.Settle(settled);
    }

    private static CallId IdOf(long version) => new(new Guid((int)version, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
}

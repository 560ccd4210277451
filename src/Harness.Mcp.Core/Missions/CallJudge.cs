using System.Collections.Immutable;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Rules;

namespace Harness.Mcp.Core.Missions;

/// <summary>What grants and rules say of a call, by what the mission remembers. Asking changes nothing that a later answer depends on.</summary>
internal sealed class CallJudge(MissionState state, ToolPlans plans, RulesInForce rules, PendingCalls pending, Refusals refusals, UnknownOutcomes unknown)
{
    /// <param name="asks">Gets what must be approved before the call may pass, where nothing denies it; null for nothing.</param>
    /// <param name="shadow">What rules in shadow would have denied a permitted call with.</param>
    /// <param name="mayAsk">What the backend may ask of the agent during a permitted call.</param>
    /// <returns>Why grants or rules deny the call, or null.</returns>
    public RuleDenial? Refuse(ToolCall call, out List<RuleDenial>? asks, out ImmutableArray<Denial> shadow, out AgentInputs mayAsk)
    {
        shadow = [];
        asks = null;
        mayAsk = AgentInputs.None;
        var plan = plans.Of(call.Tool);
        if (plan.Grants.IsEmpty)
            return new RuleDenial(Denial.ToolNotGranted);
        if (!call.Tool.IsRead && refusals.Count >= rules.Denials.Narrow)
            return new RuleDenial(refusals.Narrowed());

        if (refusals.Count > 0)
            call = call with { Refused = refusals.Count };
        var (version, waiting) = (state.Version, pending.All);
        if (GrantsInForce.Refuse(plan, call, state, waiting, ref asks, out mayAsk) is { } refusal)
            return refusal;
        if (unknown.Refuse(call) is { } repeated)
            return new RuleDenial(repeated);

        // No verdict is stricter than a denial, so the first (guardrails, terms, the mission's own) ends it. What only asks waits: a denial may still come.
        foreach (var rule in plan.Judging)
        {
            if (rule.Since > version || rule.Judge(call, waiting) is not { } verdict)
                continue;
            if (!rule.Rule.IsEnforced)
                shadow = shadow.Add(verdict.Denial);
            else if (verdict.Asks is null)
                return verdict;
            else
                (asks ??= []).Add(verdict);
        }

        return null;
    }

    /// <returns>Why the answer must not go to the backend of a pending call, or null. Rules about what flows are asked, with the call as it is.</returns>
    public RuleDenial? RefuseInput(ChainCall call, GivenInput given, DateTimeOffset time)
    {
        var proposal = new ToolCall(call.Id, given.Agent, call.Tool, call.Arguments, time) { Refused = refusals.Count };
        foreach (var rule in plans.Of(call.Tool).Judging)
            if (rule.Since <= state.Version && rule.Rule.IsEnforced && rule.JudgeInput(call, proposal, given, pending.All) is { } verdict)
                return verdict;
        return null;
    }
}

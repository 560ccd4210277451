using System.Collections.Immutable;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions;

/// <summary>All grants of one mission. A call needs one that accepts it.</summary>
internal sealed class GrantsInForce(MissionTemplate template, MissionFacts mission, AnchorSets anchors, CallReader calls)
{
    private readonly bool _mayAsk = template.Grants.Any(grant => grant.Asks != AgentInputs.None);

    public ImmutableArray<GrantInForce> All { get; } = [.. template.Grants.Select(grant => new GrantInForce(grant, mission, anchors, calls))];

    /// <param name="asks">Gets what people must approve, where the only grants that accept the call ask somebody.</param>
    /// <param name="mayAsk">What the backend may ask of the agent during the call, by the grant that accepts it.</param>
    /// <returns>The refusal of the grant that came closest to accepting the call, or null where one accepts it.</returns>
    public static RuleDenial? Refuse(
        ToolPlan plan, ToolCall call, MissionState state, IReadOnlyList<ChainCall> pending, ref List<RuleDenial>? asks, out AgentInputs mayAsk)
    {
        mayAsk = AgentInputs.None;
        GrantInForce? closest = null;
        GrantRefusal best = default;
        RuleDenial? asking = null;
        foreach (var grant in plan.Grants)
        {
            if (grant.Refuse(call, plan.IsUnanchored, state, pending) is not { } refusal)
            {
                // One grant is enough, so one that asks nobody comes before one that does.
                if (grant.Ask(call, pending) is not { } verdict)
                {
                    mayAsk = grant.Grant.Asks;
                    return null;
                }

                if (verdict.Asks is null)
                    return verdict;
                if (asking is null)
                    (asking, mayAsk) = (verdict, grant.Grant.Asks);
                continue;
            }

            if (closest is null || refusal.Progress > best.Progress)
                (closest, best) = (grant, refusal);
        }

        if (asking is not null)
        {
            (asks ??= []).Add(asking);
            return null;
        }

        return closest is null
            ? new RuleDenial(Denial.ToolNotGranted)
            : best.Denial with { Denial = best.Denial.Denial with { Rule = closest.Grant.Id } };
    }

    /// <summary>What the grants let a backend ask of the agents, over all its tools: more than any one call may.</summary>
    /// <param name="domain">The backend's.</param>
    public AgentInputs AsksOf(BackendId backend, string domain)
    {
        var asks = AgentInputs.None;
        if (_mayAsk)
            foreach (var grant in template.Grants)
                if (grant.MayConcern(backend, domain))
                    asks |= grant.Asks;
        return asks;
    }

    public void Transfer(StateTransfer state)
    {
        foreach (var grant in All)
        {
            grant.When?.Transfer(state);
            grant.AsksWhen?.Transfer(state);
        }
    }

    /// <summary>Takes in a call that has settled, for the conditions of grants.</summary>
    public void Settle(ChainCall call)
    {
        foreach (var grant in All)
        {
            grant.When?.Settle(call);
            grant.AsksWhen?.Settle(call);
        }
    }
}

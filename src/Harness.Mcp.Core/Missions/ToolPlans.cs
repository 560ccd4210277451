using System.Runtime.CompilerServices;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions;

/// <summary>The plans of one mission by tool, each made when the tool is first met.</summary>
internal sealed class ToolPlans(MissionTemplate template, GrantsInForce grants, RulesInForce rules, AnchorSets anchors)
{
    private const int RecentMask = 31;

    private readonly Dictionary<ToolId, ToolPlan> _plans = [];

    // By identity: the facts of a catalog are the same object from call to call, and then no name is compared.
    private readonly (ToolFacts? Tool, ToolPlan? Plan)[] _recent = new (ToolFacts?, ToolPlan?)[RecentMask + 1];

    public ToolPlan Of(ToolFacts tool)
    {
        ref var recent = ref _recent[RuntimeHelpers.GetHashCode(tool) & RecentMask];
        if (recent.Plan is null || !ReferenceEquals(recent.Tool, tool))
            recent = (tool, Find(tool));
        return recent.Plan;
    }

    private ToolPlan Find(ToolFacts tool)
    {
        if (_plans.TryGetValue(tool.Id, out var known) && known.IsFor(tool))
            return known;

        var plan = new ToolPlan(
            tool,
            [.. grants.All.Where(grant => grant.Grant.Selects(tool))],
            template.Unanchored.Any(placed => placed.Value == tool.Id),
            [.. rules.All.Where(rule => rule.Rule.Watches(tool))],
            [.. rules.All.Where(rule => rule.Monitor.Notices(tool))],
            [.. from anchor in template.Anchors from source in anchor.Results where source.Tool == tool.Id select (anchors[anchor.Name], source.Field)]);
        _plans[tool.Id] = plan;
        return plan;
    }
}

using System.Collections.Immutable;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>
/// Guardrails and backend terms against the tools that there are, whatever missions there may be: tools and fields that they misspell, rules that
/// can deny nothing in any mission, and rules among them that close what another demands.
/// </summary>
public static class LayersCheck
{
    /// <returns>In the order of files and places.</returns>
    public static ImmutableArray<Finding> Against(RuleSources sources, KnownTools catalog)
    {
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(catalog);

        var findings = new FindingList();
        var labels = new LabelOrder(sources.All.SelectMany(source => source.Labels));
        var above = ImmutableArray<Rule>.Empty;
        var present = sources.All.Where(source => source.Backend is not { } backend || IsPresent(backend, catalog))
            .Select(source => source.Rules.Select(rule => LayeredMission.Under(labels, rule)).ToImmutableArray())
            .ToList();
        var reach = Reachability.OfEveryMission([.. present.SelectMany(rules => rules)], catalog);
        var check = new RuleCheck(catalog, reach, isOfMission: false, findings);
        foreach (var rules in present)
        {
            check.Run(rules);
            CoverCheck.Run(rules, above, findings);
            above = above.AddRange(rules);
        }

        return findings.ToImmutable();
    }

    // A catalog may be of other backends than the home has.
    private static bool IsPresent(BackendId backend, KnownTools catalog) => catalog.Unseen.Contains(backend) || catalog.Tools.Any(tool => tool.Id.Backend == backend);
}

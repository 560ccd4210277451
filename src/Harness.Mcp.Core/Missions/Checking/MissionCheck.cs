using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Rules;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>
/// A mission against the tools that there are, under every rule that would judge it if it were opened now: everything that can be found by
/// looking, before anything runs. What the mission names and nobody offers, what its expressions misspell, grants that no call can use, rules that
/// deny nothing or everything or only what others deny, and the flows of labelled data that remain possible.
/// </summary>
public static class MissionCheck
{
    /// <summary>A mission without guardrails and terms.</summary>
    public static ImmutableArray<Finding> Against(MissionTemplate template, KnownTools catalog) => Against(template, RuleSources.None, catalog);

    /// <param name="sources">The guardrails and terms as they are now. What is wrong with them alone is for <see cref="LayersCheck"/>.</param>
    /// <returns>In the order of the document; conflicts name the place of the other rule too.</returns>
    public static ImmutableArray<Finding> Against(MissionTemplate template, RuleSources sources, KnownTools catalog)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(sources);
        ArgumentNullException.ThrowIfNull(catalog);

        var findings = new FindingList();
        var mission = LayeredMission.Of(template, sources);
        catalog = AskingTools.Of(template, catalog);
        var reach = Reachability.Of(mission, catalog);
        new CatalogCheck(template, catalog, findings).Run();
        CheckConditions(template, catalog, reach, findings);
        new UseCheck(mission, reach, findings).Run();
        new RuleCheck(catalog, reach, isOfMission: true, findings).Run(mission.Own);
        CoverCheck.Run(mission.Own, mission.Above, findings);
        new FlowCheck(mission, reach, findings).Run();
        CheckExamples(template, findings);
        foreach (var backend in catalog.Unseen.Where(backend => template.Grants.Any(grant => grant.Selectors.Any(selector => Names(selector.Value, backend)))))
            findings.Add(
                CheckKind.BackendUnseen,
                template.Document.Position,
                $"The tools of `{backend}` are known from its file alone, so arguments and results are not checked.",
                "Start `harness run` once, or give `--catalog`.");
        return findings.ToImmutable();
    }

    private static void CheckConditions(MissionTemplate template, KnownTools catalog, Reachability reach, FindingList findings)
    {
        foreach (var grant in template.Grants)
            foreach (var condition in new[] { grant.When, grant.Approval?.When }.OfType<RuleCondition>())
                ExpressionCheck.Report(condition, catalog, [.. reach.Granted.Where(tool => grant.Selects(tool.Facts))], reach.Granted, findings);
    }

    /// <summary>Examples are read from the document itself, whatever the rule's form.</summary>
    private static void CheckExamples(MissionTemplate template, FindingList findings)
    {
        if (template.Document["rules"] is not DocumentNode.List rules)
            return;
        var without = rules.Items.OfType<DocumentNode.Map>()
            .Where(rule => rule["examples"] is null)
            .Select(rule => rule["id"] is DocumentNode.Scalar id ? $"`{id.Text}`" : "?")
            .ToList();
        if (without.Count > 0)
            findings.Add(
                CheckKind.ExamplesMissing,
                rules.Position,
                $"{without.Count} of {rules.Items.Length} rules have no `examples`: {string.Join(", ", without)}.",
                "Add calls that must be permitted and calls that must be denied; they run whenever the mission is loaded.");
    }

    private static bool Names(Tools.ToolSelector selector, Tools.BackendId backend) => selector switch
    {
        Tools.ToolSelector.ByName(var tool) => tool.Backend == backend,
        Tools.ToolSelector.ByBackend(var named) => named == backend,
        _ => true,
    };
}

using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>
/// A mission against the tools that there are: everything that can be found by looking, before anything runs. What the mission names and nobody
/// offers, what its expressions misspell, grants that no call can use, rules that deny nothing or everything, and the flows of labelled data
/// that remain possible.
/// </summary>
public static class MissionCheck
{
    /// <returns>In the order of the document.</returns>
    public static ImmutableArray<Finding> Against(MissionTemplate template, KnownTools catalog)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(catalog);

        var findings = new FindingList();
        var reach = Reachability.Of(template, catalog);
        new CatalogCheck(template, catalog, findings).Run();
        CheckExpressions(template, catalog, reach, findings);
        new UseCheck(template, catalog, reach, findings).Run();
        new FlowCheck(template, reach, findings).Run();
        CheckExamples(template, findings);
        foreach (var backend in catalog.Unseen.Where(backend => template.Grants.Any(grant => grant.Selectors.Any(selector => Names(selector.Value, backend)))))
            findings.Add(
                CheckKind.BackendUnseen,
                template.Document.Position,
                $"The tools of `{backend}` are known from its file alone, so arguments and results are not checked.",
                "Start `harness run` once, or give `--catalog`.");
        return findings.ToImmutable();
    }

    private static void CheckExpressions(MissionTemplate template, KnownTools catalog, Reachability reach, FindingList findings)
    {
        foreach (var grant in template.Grants)
            foreach (var condition in new[] { grant.When, grant.Approval?.When }.OfType<RuleCondition>())
                CheckExpression(condition, [.. reach.Granted.Where(tool => grant.Selects(tool.Facts))]);
        foreach (var rule in template.Rules)
        {
            var watched = reach.Granted.Where(tool => rule.Watches(tool.Facts)).ToImmutableArray();
            foreach (var condition in rule.When is { } when ? rule.Form.Conditions.Insert(0, when) : rule.Form.Conditions)
                CheckExpression(condition, watched);
        }

        void CheckExpression(RuleCondition condition, ImmutableArray<KnownTool> calls)
        {
            foreach (var (kind, problem) in ExpressionCheck.Check(condition.Source, catalog, calls, reach.Granted))
                findings.Add(kind, RuleExpression.Place(problem.Offset, condition.Source, condition.Position), problem.Message, problem.Remedy);
        }
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

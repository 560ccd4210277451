using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Missions.Parsing;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;

namespace Harness.Mcp.Core.Layers;

/// <summary>
/// What is odd about rules that hold together: one that another makes superfluous, a grant that guardrails or terms close for ever. They
/// are told to whoever opens a mission and refuse nothing: guardrails that grow stricter must not break the missions below them.
/// </summary>
public static class LayerFindings
{
    /// <summary>Of guardrails and terms among themselves.</summary>
    public static ImmutableArray<Problem> Of(RuleSources sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        var findings = new ProblemList();
        AddSuperfluous([.. sources.All.SelectMany(source => source.Rules)], [], findings);
        return findings.ToImmutable();
    }

    /// <summary>Of a mission under the guardrails and terms that would hold for it.</summary>
    public static ImmutableArray<Problem> Of(MissionTemplate template, RuleSources sources)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(sources);
        var findings = new ProblemList();
        ImmutableArray<Rule> above = [.. sources.For(template).SelectMany(source => source.Rules)];
        AddSuperfluous(template.Rules, above, findings);
        foreach (var rule in above.Where(rule => rule.IsEnforced))
        {
            if (rule is { When: null, Form: Condition { IsForbidden: true, Expression.Source: "true" } })
                AddClosed(template, rule, $"forbids every call of it", findings);
            else if (rule is { When: null, Form: Before before } && !before.Tools.Any(tool => template.Grants.Any(grant => grant.MayCover(tool.Value))))
                AddClosed(template, rule, $"demands an earlier call of {Selectors.Words(before.Tools)}, which this mission does not grant", findings);
        }

        return findings.ToImmutable();
    }

    private static void AddSuperfluous(ImmutableArray<Rule> rules, ImmutableArray<Rule> above, ProblemList findings)
    {
        foreach (var found in SuperfluousRules.Of(rules, above))
            findings.Add(
                found.Rule.Position,
                $"The rule `{found.Rule.Id}` decides nothing, since `{found.Cover.Id}` ({found.Cover.Position}) is as strict or stricter.",
                "Remove it, or make it stricter.");
    }

    private static void AddClosed(MissionTemplate template, Rule rule, string why, ProblemList findings)
    {
        foreach (var grant in template.Grants)
            foreach (var selector in grant.Selectors)
                if (rule.On.Any(on => on.Value == selector.Value))
                    findings.Add(
                        selector.Position,
                        $"`{selector.Value}` is granted, but `{rule.Id}` ({rule.Position}) {why}.",
                        "Remove the grant, or ask the rule's author.");
    }
}

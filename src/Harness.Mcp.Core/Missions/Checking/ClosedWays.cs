using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>Grants of tools that no chain of calls leads to, though no rule alone closes them: what one rule demands is what another forbids.</summary>
internal sealed class ClosedWays(LayeredMission mission, Reachability reach, FindingList findings)
{
    /// <param name="reached">Tools that some chain leads to.</param>
    /// <param name="closing">The rules that denied a call of each tool, in some chain.</param>
    public void Run(IReadOnlySet<ToolId> reached, IReadOnlyDictionary<ToolId, HashSet<Rule>> closing)
    {
        foreach (var grant in mission.Template.Grants)
            foreach (var selector in grant.Selectors)
            {
                // Of a class it is enough that something is left.
                var selected = reach.Callable.Where(tool => grant.Selects(tool.Facts) && selector.Value.Selects(tool.Facts)).ToList();
                if (selected.Count == 0 || selected.Exists(tool => reached.Contains(tool.Id)))
                    continue;
                var rules = mission.Rules.Where(rule => selected.Exists(tool => closing[tool.Id].Contains(rule))).ToList();
                if (rules.Count > 0 && !rules.Exists(AsksOfOutcomes))
                    Report(selector, rules);
            }
    }

    private void Report(Placed<ToolSelector> selector, List<Rule> rules)
    {
        // A label of a single field comes only where a result has that field.
        var mayLackLabels = rules.Exists(AsksOfLabels) && reach.Callable.Any(tool => !tool.Facts.Labels.Fields.IsEmpty);
        var names = string.Join(" or ", rules.Select(rule => $"`{rule.Id}` ({rule.Position.SeenFrom(selector.Position)})"));
        findings.Add(new Finding(
            CheckKind.GrantNeverUsed,
            mayLackLabels ? Severity.Warning : Severity.Error,
            selector.Position,
            $"No chain of calls leads to `{selector.Value}`: whatever came before, {names} denies it{(mayLackLabels ? ", at least while results bring all their labels" : "")}.",
            rules.Count == 1 ? $"Remove the grant, or change `{rules[0].Id}`." : "Remove the grant, or change one of these rules: they close the way together.")
        {
            Related = [.. rules.Select(rule => rule.Position)],
        });
    }

    private static bool AsksOfLabels(Rule rule) => rule.Form is Flow || Asks(rule, "labels");

    // The imagined calls all end well, and an expression may ask for one that did not.
    private static bool AsksOfOutcomes(Rule rule) => Asks(rule, "outcome");

    private static bool Asks(Rule rule, string field) =>
        (rule.When is { } when ? rule.Form.Conditions.Add(when) : rule.Form.Conditions).Any(condition => condition.Source.Contains(field, StringComparison.Ordinal));
}

using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>
/// Rules of one author against the tools that there are: tools and arguments that do not exist, expressions that misspell or mistake fields, and
/// calls that the proxy could not make. Whether a rule can deny anything is for <see cref="RuleUseCheck"/>.
/// </summary>
/// <param name="isOfMission">Whether a mission's own; else those of guardrails or terms, which hold whatever a mission grants.</param>
internal sealed class RuleCheck(KnownTools catalog, Reachability reach, bool isOfMission, FindingList findings)
{
    private readonly NamedTools _named = new(catalog, findings) { BackendLacking = isOfMission ? Severity.Error : Severity.Warning };
    private readonly RuleUseCheck _use = new(catalog, reach, isOfMission, findings);

    public void Run(ImmutableArray<Rule> rules)
    {
        foreach (var rule in rules)
        {
            CheckNames(rule);
            CheckFilled(rule);
            CheckArguments(rule);
            CheckExpressions(rule);
            _use.Run(rule);
        }
    }

    private void CheckNames(Rule rule)
    {
        foreach (var selector in rule.On.Concat(rule.Form.ToolsNamed))
        {
            var selected = catalog.Tools.Where(tool => selector.Value.Selects(tool.Facts)).ToList();
            if (selector.Value is ToolSelector.ByName(var name) && selected.Count == 0)
                _named.Find(name, selector.Position);
            else if (rule.On.Contains(selector) && !selected.Exists(tool => reach.Granted.Contains(tool) && rule.IsOn(tool.Facts)) && !_named.MayBeUnseen(selector.Value))
                findings.Add(
                    CheckKind.RuleNeverFires,
                    selector.Position,
                    isOfMission ? $"The mission grants nothing that `{selector.Value}` selects." : $"`{selector.Value}` selects no tool that this rule could judge.",
                    isOfMission ? "Grant it, or remove it here." : "Correct it, or remove it here.");
        }
    }

    /// <summary>The call that the proxy makes itself must have every argument that its tool demands.</summary>
    private void CheckFilled(Rule rule)
    {
        if (rule.Form is not Then { Compensation: { } compensation } then || catalog.Find(compensation) is not { } tool)
            return;

        foreach (var name in tool.Required.Except(then.ArgumentsFilled, StringComparer.Ordinal))
            findings.Add(
                CheckKind.ArgumentMissing,
                then.Tools[0].Position,
                $"`{tool.Id}` demands the argument `{name}`, and the rule `{rule.Id}` does not say what the proxy is to send.",
                $"List it under `same`, where the first call has it, or give a constant: `with: {{ {name}: … }}`.");
    }

    private void CheckArguments(Rule rule)
    {
        foreach (var selector in rule.On)
            if (selector.Value is ToolSelector.ByName(var tool) && catalog.Find(tool)?.ArgumentNames is { } arguments)
            {
                foreach (var read in rule.Form.ArgumentsRead)
                    if (!arguments.Contains(read.Root!, StringComparer.Ordinal))
                        findings.Add(
                            CheckKind.UnknownField,
                            selector.Position,
                            $"`{tool}` has no argument `{read}`, which the rule `{rule.Id}` reads, so every call of it would be denied.",
                            Suggest.Remedy(read.Root!, arguments));
                foreach (var watched in rule.Form.ArgumentsWatched)
                    if (watched.Root is { } root && !arguments.Contains(root, StringComparer.Ordinal))
                        findings.Add(
                            CheckKind.UnknownField,
                            selector.Position,
                            $"`{tool}` has no argument `{watched}`, so the rule `{rule.Id}` would never look at one.",
                            Suggest.Remedy(root, arguments));
            }
    }

    private void CheckExpressions(Rule rule)
    {
        var watched = reach.Granted.Where(tool => rule.Watches(tool.Facts)).ToImmutableArray();
        foreach (var condition in rule.When is { } when ? rule.Form.Conditions.Insert(0, when) : rule.Form.Conditions)
            ExpressionCheck.Report(condition, catalog, watched, reach.Granted, findings);
    }
}

using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>Rules that deny every call of a tool, and rules that can deny nothing.</summary>
/// <param name="isOfMission">As in <see cref="RuleCheck"/>. Guardrails and terms may close a tool for ever: that is what they are for.</param>
internal sealed class RuleUseCheck(KnownTools catalog, Reachability reach, bool isOfMission, FindingList findings)
{
    private readonly string _tool = isOfMission ? "granted tool" : "tool";

    public void Run(Rule rule)
    {
        var watched = reach.Granted.Where(tool => rule.Watches(tool.Facts)).ToList();
        CheckAlways(rule, watched);
        CheckNever(rule, watched);
    }

    private void CheckAlways(Rule rule, List<KnownTool> watched)
    {
        foreach (var tool in watched.Where(tool => (isOfMission || rule.Form is Before) && reach.AlwaysDenies(rule, tool)))
        {
            var denies = rule.IsEnforced ? "denies" : "is in shadow, and would deny";
            Report(
                rule,
                rule.Form is Before before
                    ? $"The rule `{rule.Id}` {denies} every call of `{tool.Id}`: {Selectors.Words(before.Tools)} can never be called before it."
                    : $"The rule `{rule.Id}` {denies} every call of `{tool.Id}`, whatever its arguments and whatever came before.",
                rule.Form is Before
                    ? isOfMission ? "Grant one of them, and see that no rule or anchor closes the way to it." : "Name tools that guardrails and terms leave open."
                    : "Correct the expression, or take the tool out of the grants.");
        }

        // A class may select tools that lack the argument; a tool that is named is reported where it is named.
        if (rule.HasOwnOn)
            foreach (var read in rule.Form.ArgumentsRead)
                foreach (var tool in watched.Where(tool => !tool.MayCarry(read.Root!) && !rule.On.Any(selector => selector.Value is Tools.ToolSelector.ByName(var name) && name == tool.Id)))
                    Report(
                        rule,
                        $"The rule `{rule.Id}` reads the argument `{read}`, which `{tool.Id}` does not have, so every call of it would be denied.",
                        "Name the tools that have it under `on`.");
    }

    private void CheckNever(Rule rule, List<KnownTool> watched)
    {
        if (rule.Form is Flow flow && CheckFlow(rule, flow, watched))
            return;
        if (watched.Count == 0)
            return; // Reported where `on` names them.

        if (rule.When is { } when && watched.TrueForAll(tool => reach.Says(when, tool) == false))
            Never(rule, when.Position, "its `when` is false for every call that it watches", null);
        else if (rule.Form is Condition condition && watched.TrueForAll(tool => reach.Says(condition.Expression, tool) == !condition.IsForbidden))
            Never(rule, condition.Expression.Position, $"the expression is {(condition.IsForbidden ? "false" : "true")} for every call that it watches", null);
        else if (!rule.HasOwnOn && rule.Form.ArgumentsRead is { IsEmpty: false } read && watched.TrueForAll(tool => read.Any(argument => !tool.MayCarry(argument.Root!))))
            Never(
                rule,
                rule.Position,
                $"no {_tool} has the argument {MapReader.Words(read.Select(argument => argument.Text))}",
                Suggest.Remedy(read[0].Root!, watched.SelectMany(tool => tool.ArgumentNames ?? [])));
        else if (isOfMission && watched.TrueForAll(tool => !reach.Callable.Contains(tool) && !reach.AlwaysDenies(rule, tool)))
            Never(rule, rule.Position, $"no call of {MapReader.Words(watched.Select(tool => tool.Id.ToString()))} could be permitted without it either", null);
    }

    private bool CheckFlow(Rule rule, Flow flow, List<KnownTool> watched)
    {
        if (!catalog.Unseen.IsEmpty)
            return false;

        var bringing = reach.Granted.Where(tool => flow.Barred.Any(label => tool.Facts.Labels.All.Contains(label, StringComparer.Ordinal))).ToList();
        if (watched.Count == 0)
            Never(
                rule,
                rule.Position,
                flow.Tools is null ? $"no {_tool} leads to the sink `{flow.To}`" : $"`{flow.To}` selects no {_tool}",
                flow.Tools is null ? Suggest.Remedy(flow.To, reach.Granted.SelectMany(tool => tool.Facts.Sinks).Distinct(StringComparer.Ordinal)) : null);
        else if (bringing.Count == 0)
            Never(
                rule,
                rule.Position,
                $"no {_tool} brings the label `{flow.Label}`",
                Suggest.Remedy(flow.Label, reach.Granted.SelectMany(tool => tool.Facts.Labels.All).Distinct(StringComparer.Ordinal)));
        else if (isOfMission && !bringing.Exists(reach.Callable.Contains))
            Never(rule, rule.Position, $"nothing that brings the label `{flow.Label}` can ever be called ({MapReader.Words(bringing.Select(tool => tool.Id.ToString()))})", null);
        else
            return false;
        return true;
    }

    private void Never(Rule rule, SourcePosition at, string why, string? remedy) =>
        findings.Add(CheckKind.RuleNeverFires, at, $"The rule `{rule.Id}` never denies anything: {why}.", remedy ?? "Correct the rule, or remove it.");

    // A rule in shadow denies nothing yet, and what guardrails and terms close may be meant so.
    private void Report(Rule rule, string message, string remedy) => findings.Add(new Finding(
        CheckKind.RuleAlwaysDenies, rule.IsEnforced && isOfMission ? Severity.Error : Severity.Warning, rule.Position, message, remedy));
}

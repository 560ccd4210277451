using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>Grants that no call can use, rules that deny every call of a tool, and rules that can deny nothing.</summary>
internal sealed class UseCheck(MissionTemplate template, KnownTools catalog, Reachability reach, FindingList findings)
{
    public void Run()
    {
        foreach (var grant in template.Grants)
            CheckGrant(grant);
        foreach (var rule in template.Rules)
        {
            var watched = reach.Granted.Where(tool => rule.Watches(tool.Facts)).ToList();
            CheckAlways(rule, watched);
            CheckNever(rule, watched);
        }
    }

    private void CheckGrant(Grant grant)
    {
        foreach (var tool in reach.Granted.Where(tool => grant.Selects(tool.Facts)))
        {
            var at = grant.SelectorOf(tool).Position;
            if (reach.AnchorsLacking(grant, tool) is { IsEmpty: false } lacking)
                findings.Add(
                    CheckKind.GrantNeverUsed,
                    at,
                    $"No call of `{tool.Id}` could be permitted: the anchor {MapReader.Words(lacking.Distinct(StringComparer.Ordinal))} never holds a value, since nothing that fills it can be called.",
                    "Give the anchor `inputs`, or a tool that can be called.");
            foreach (var narrowed in grant.Arguments)
                CheckNarrowed(grant, narrowed, tool);
        }

        if (grant.When is { } when && reach.Granted.Where(tool => grant.Selects(tool.Facts)).ToList() is { Count: > 0 } selected && selected.TrueForAll(tool => reach.Says(when, tool) == false))
            findings.Add(CheckKind.GrantNeverUsed, when.Position, "This condition is false for every tool that the grant selects, so it grants nothing.", "Correct the condition, or remove the grant.");
    }

    /// <summary>Whether the grant leaves a required argument any value that the tool's own schema allows, where both list them.</summary>
    private void CheckNarrowed(Grant grant, NarrowedArgument narrowed, KnownTool tool)
    {
        if (!tool.Required.Contains(narrowed.Name, StringComparer.Ordinal))
            return;
        var own = tool.Arguments is Schemas.Shape.Fields fields ? fields.Known.GetValueOrDefault(narrowed.Name) : null;
        var left = Schemas.ShapeReader.Read(System.Text.Json.JsonElement.Parse(narrowed.SchemaText));
        var isEmpty = narrowed.SchemaText == "false"
            || (own is Schemas.Shape.Text { Values: { IsEmpty: false } allowed } && left is Schemas.Shape.Text { Values: { IsEmpty: false } granted } && !granted.Intersect(allowed, StringComparer.Ordinal).Any())
            || (own is not null && !own.IsAny && !left.IsAny && !own.MayBeNull && !left.MayBeNull && own.GetType() != left.GetType());
        if (isEmpty)
            findings.Add(
                CheckKind.GrantNeverUsed,
                narrowed.Position,
                $"Every call of `{tool.Id}` needs `{narrowed.Name}`, and no value of it fits both the tool's own schema and this limit.",
                own is Schemas.Shape.Text { Values: { IsEmpty: false } values } ? $"The tool allows {MapReader.Words(values)}." : "Correct the limit, or remove the grant.");
    }

    private void CheckAlways(Rule rule, List<KnownTool> watched)
    {
        foreach (var tool in watched.Where(tool => reach.AlwaysDenies(rule, tool)))
            findings.Add(
                CheckKind.RuleAlwaysDenies,
                rule.Position,
                rule.Form is Before before
                    ? $"The rule `{rule.Id}` denies every call of `{tool.Id}`: {Selectors.Words(before.Tools)} can never be called before it."
                    : $"The rule `{rule.Id}` denies every call of `{tool.Id}`, whatever its arguments and whatever came before.",
                rule.Form is Before ? "Grant one of them, and see that no rule or anchor closes the way to it." : "Correct the expression, or take the tool out of the grants.");

        // A class may select tools that lack the argument; a tool that is named is reported where it is named.
        if (rule.HasOwnOn)
            foreach (var read in rule.Form.ArgumentsRead)
                foreach (var tool in watched.Where(tool => !tool.MayCarry(read.Root!) && !rule.On.Any(selector => selector.Value is ToolSelector.ByName(var name) && name == tool.Id)))
                    findings.Add(
                        CheckKind.RuleAlwaysDenies,
                        rule.Position,
                        $"The rule `{rule.Id}` reads the argument `{read}`, which `{tool.Id}` does not have, so every call of it would be denied.",
                        "Name the tools that have it under `on`.");
    }

    private void CheckNever(Rule rule, List<KnownTool> watched)
    {
        if (rule.Form is Flow flow)
        {
            CheckFlow(rule, flow);
            return;
        }

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
                $"no granted tool has the argument {MapReader.Words(read.Select(argument => argument.Text))}",
                Suggest.Remedy(read[0].Root!, watched.SelectMany(tool => tool.ArgumentNames ?? [])));
    }

    private void CheckFlow(Rule rule, Flow flow)
    {
        var labels = reach.Granted.SelectMany(tool => tool.Facts.Labels.All).Distinct(StringComparer.Ordinal).ToList();
        var sinks = reach.Granted.SelectMany(tool => tool.Facts.Sinks).Distinct(StringComparer.Ordinal).ToList();
        if (catalog.Unseen.IsEmpty && !reach.Granted.Any(tool => rule.Watches(tool.Facts)))
            Never(rule, rule.Position, flow.Tools is null ? $"no granted tool leads to the sink `{flow.To}`" : $"`{flow.To}` selects no granted tool", flow.Tools is null ? Suggest.Remedy(flow.To, sinks) : null);
        else if (catalog.Unseen.IsEmpty && !flow.Barred.Any(label => labels.Contains(label, StringComparer.Ordinal)))
            Never(rule, rule.Position, $"no granted tool brings the label `{flow.Label}`", Suggest.Remedy(flow.Label, labels));
    }

    private void Never(Rule rule, SourcePosition at, string why, string? remedy) =>
        findings.Add(CheckKind.RuleNeverFires, at, $"The rule `{rule.Id}` never denies anything: {why}.", remedy ?? "Correct the rule, or remove it.");
}

using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>Grants that no call can use, as far as anchors, limits and single rules tell; what rules close together is for <see cref="FlowCheck"/>.</summary>
internal sealed class UseCheck(LayeredMission mission, Reachability reach, FindingList findings)
{
    public void Run()
    {
        foreach (var grant in mission.Template.Grants)
        {
            CheckGrant(grant);
            foreach (var selector in grant.Selectors)
                CheckClosed(grant, selector);
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

        if (grant.Asks.HasFlag(AgentInputs.ElicitationUrl) && reach.Granted.Where(tool => grant.Selects(tool.Facts)).ToList() is { Count: > 0 } asking && asking.TrueForAll(tool => tool.PageHosts.IsEmpty))
            findings.Add(
                CheckKind.AskNeverAllowed,
                grant.Position,
                "The grant has `elicitation-url`, and no owner of its tools lists hosts, so every page that a user is sent to is refused.",
                "List them in the backend's file, `asks: { hosts: […] }`, or take it out of `asks`.");

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

    /// <summary>
    /// What guardrails or terms close for ever cannot be granted. A class is at fault only where nothing of it is left; and what the mission's
    /// own rules close is reported where they stand.
    /// </summary>
    private void CheckClosed(Grant grant, Placed<ToolSelector> selector)
    {
        var tools = reach.Granted.Where(tool => grant.Selects(tool.Facts) && selector.Value.Selects(tool.Facts)).ToList();
        var closing = tools.Select(tool => (Tool: tool, By: mission.Above.FirstOrDefault(rule => rule.IsEnforced && rule.Watches(tool.Facts) && reach.AlwaysDenies(rule, tool)))).ToList();
        if (closing.Count == 0 || closing.Exists(one => one.By is null))
            return;

        var rules = closing.Select(one => one.By!).DistinctBy(rule => rule.Id).ToList();
        var why = rules is [{ Form: Before before }]
            ? $"demands an earlier call of {Selectors.Words(before.Tools)}, which this mission can never make"
            : $"{(rules.Count == 1 ? "denies" : "deny")} every call of it";
        findings.Add(new Finding(
            CheckKind.GrantNeverUsed,
            Severity.Error,
            selector.Position,
            $"`{selector.Value}` is granted, but {string.Join(" and ", rules.Select(rule => $"`{rule.Id}` ({rule.Position})"))} {why}.",
            "Remove the grant, or ask the rule's author.")
        {
            Related = [.. rules.Select(rule => rule.Position)],
        });
    }
}

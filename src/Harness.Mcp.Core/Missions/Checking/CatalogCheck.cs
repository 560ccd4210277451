using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions.Parsing;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>What a mission names: whether the catalog has it, and whether it is what the mission takes it for.</summary>
internal sealed class CatalogCheck(MissionTemplate template, KnownTools catalog, FindingList findings)
{
    public void Run()
    {
        foreach (var grant in template.Grants)
            foreach (var selector in grant.Selectors)
                CheckGranted(grant, selector);
        foreach (var tool in catalog.Tools)
            CheckGrantsOf(tool);
        foreach (var rule in template.Rules)
            CheckRule(rule);
        foreach (var source in template.Anchors.SelectMany(anchor => anchor.Results))
            CheckSource(source);
        foreach (var source in template.Grants.SelectMany(grant => grant.Bound).SelectMany(bound => bound.Sources))
            if (source.Tool is ToolSelector.ByName(var brings))
                CheckKnown(brings, source.Position);
        foreach (var tool in template.Unanchored)
            CheckKnown(tool.Value, tool.Position);
    }

    private void CheckGranted(Grant grant, Placed<ToolSelector> selector)
    {
        if (selector.Value is ToolSelector.ByName(var name))
        {
            if (CheckKnown(name, selector.Position) is not { } tool)
                return;
            if (grant.IsRead && !tool.Facts.IsRead)
                findings.Add(
                    CheckKind.GrantNeverUsed,
                    selector.Position,
                    $"`{name}` is not a read but {EffectWords(tool.Facts.Effect)}, so `read` does not grant it.",
                    $"Grant it by name: `tools: [{name}]`.");
            return;
        }

        var selected = catalog.Tools.Where(tool => selector.Value.Selects(tool.Facts)).ToList();
        if (selected.Count == 0 && !(selector.Value is ToolSelector.ByBackend(var backend) && catalog.Unseen.Contains(backend)))
            findings.Add(CheckKind.UnknownTool, selector.Position, $"`{selector.Value}` selects no tool of the catalog.", Nearest(selector.Value));
        else if (selected.Count > 0 && !selected.Exists(tool => tool.Facts.IsRead))
            findings.Add(
                CheckKind.GrantNeverUsed,
                selector.Position,
                $"`{selector.Value}` selects no reads, and a class grants reads alone.",
                "Grant effects by name under `tools`; if they are reads, their owner must say so in `servers.config`.");
    }

    private void CheckGrantsOf(KnownTool tool)
    {
        var grants = template.Grants.Where(grant => grant.Selects(tool.Facts)).ToList();
        for (var later = 1; later < grants.Count; later++)
            if (GrantCoherence.Conflict(grants[later - 1], grants[later], tool.Id.ToString(), grants[later].SelectorOf(tool).Position) is { } conflict)
                findings.Add(CheckKind.GrantConflict, conflict.Position, conflict.Message, conflict.Remedy);

        if (grants.Count > 0 && !tool.IsDescribed)
            findings.Add(
                CheckKind.ToolUndescribed,
                grants[0].SelectorOf(tool).Position,
                $"The owner of `{tool.Id.Backend}` has said nothing of `{tool.Id}`, so it counts as an effect, its results as untrusted, and its arguments as leaving the enterprise.",
                $"Let its owner describe it under `tools.{tool.Id.Name}` in the backend's file.");

        if (tool.ArgumentNames is not { } arguments)
            return; // Only a call can tell which arguments it has.

        foreach (var grant in grants)
        {
            if (!grant.Anchored.IsEmpty
                && !grant.Anchored.Any(anchored => anchored.Path.Root is { } root && arguments.Contains(root, StringComparer.Ordinal))
                && !template.Unanchored.Any(unanchored => unanchored.Value == tool.Id))
                findings.Add(
                    CheckKind.GrantNeverUsed,
                    grant.SelectorOf(tool).Position,
                    $"`{tool.Id}` has none of the anchored arguments {MapReader.Words(grant.Anchored.Select(anchored => anchored.Path.Text))}, so no call of it could be permitted.",
                    $"Anchor one of its own arguments, or list it under `unanchored: [{tool.Id}]`.");

            // A limit on an argument that a tool lacks is a mistake where the tool was named, and harmless in a class.
            if (grant.SelectorOf(tool).Value is not ToolSelector.ByName || grant.Selectors.Length > 1)
                continue;
            foreach (var bound in grant.Bound)
                if (bound.Path.Root is { } root && !arguments.Contains(root, StringComparer.Ordinal))
                    findings.Add(CheckKind.UnknownField, bound.Position, $"`{tool.Id}` has no argument `{root}`, so nothing would be bound.", Suggest.Remedy(root, arguments));
            foreach (var narrowed in grant.Arguments)
                if (!arguments.Contains(narrowed.Name, StringComparer.Ordinal))
                    findings.Add(CheckKind.UnknownField, narrowed.Position, $"`{tool.Id}` has no argument `{narrowed.Name}`.", Suggest.Remedy(narrowed.Name, arguments));
        }
    }

    private void CheckRule(Rule rule)
    {
        foreach (var selector in rule.On.Concat(rule.Form.ToolsNamed))
        {
            var selected = catalog.Tools.Where(tool => selector.Value.Selects(tool.Facts)).ToList();
            if (selector.Value is ToolSelector.ByName(var name) && selected.Count == 0)
                CheckKnown(name, selector.Position);
            else if (rule.On.Contains(selector) && !selected.Exists(tool => template.Grants.Any(grant => grant.Selects(tool.Facts))) && !IsUnseen(selector.Value))
                findings.Add(CheckKind.RuleNeverFires, selector.Position, $"The mission grants nothing that `{selector.Value}` selects.", "Grant it, or remove it here.");
        }

        CheckFilled(rule);
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

    private void CheckSource(AnchorSource source)
    {
        if (CheckKnown(source.Tool, source.Position)?.Result.Missing(source.Field) is var (name, known))
            findings.Add(
                CheckKind.UnknownField,
                source.Position,
                $"Results of `{source.Tool}` have no field `{name}`, so nothing of `{source.Field}` could enter the anchor.",
                Suggest.Remedy(name, known));
    }

    private KnownTool? CheckKnown(ToolId tool, SourcePosition at)
    {
        if (catalog.Find(tool) is { } found)
            return found;

        var backends = catalog.Tools.Select(known => known.Id.Backend.Value).Concat(catalog.Unseen.Select(unseen => unseen.Value)).Distinct(StringComparer.Ordinal).ToList();
        if (!backends.Contains(tool.Backend.Value, StringComparer.Ordinal))
            findings.Add(CheckKind.UnknownTool, at, $"There is no backend `{tool.Backend}`.", Suggest.Remedy(tool.Backend.Value, backends));
        else if (catalog.Unseen.Contains(tool.Backend))
            findings.Add(new Finding(
                CheckKind.UnknownTool,
                Severity.Warning,
                at,
                $"The file of the backend `{tool.Backend}` does not name a tool `{tool.Name}`, and the backend itself was never seen.",
                NearestTool(tool) ?? "Start `harness run` once, so that the backend's tools are known."));
        else
            findings.Add(CheckKind.UnknownTool, at, $"The backend `{tool.Backend}` has no tool `{tool.Name}`.", NearestTool(tool));
        return null;
    }

    private bool IsUnseen(ToolSelector selector) => selector switch
    {
        ToolSelector.ByName(var tool) => catalog.Unseen.Contains(tool.Backend),
        ToolSelector.ByBackend(var backend) => catalog.Unseen.Contains(backend),
        _ => !catalog.Unseen.IsEmpty,
    };

    private string? NearestTool(ToolId tool) =>
        Suggest.Remedy(tool.Name, catalog.Tools.Where(known => known.Id.Backend == tool.Backend).Select(known => known.Id.Name));

    private string? Nearest(ToolSelector selector) => selector switch
    {
        ToolSelector.ByBackend(var backend) => Suggest.Remedy(backend.Value, catalog.Tools.Select(tool => tool.Id.Backend.Value)),
        ToolSelector.ByDomain(var domain) => Suggest.Remedy(domain, catalog.Tools.Select(tool => tool.Facts.Domain)),
        _ => null,
    };

    private static string EffectWords(Effect effect) =>
        effect == Effect.Unknown ? "of unknown effect (its owner has not said)" : $"of the effect `{EffectNames.Write(effect)}`";
}

internal static class GrantSelectors
{
    /// <summary>The selector by which a grant selects a tool.</summary>
    public static Placed<ToolSelector> SelectorOf(this Grant grant, KnownTool tool) =>
        grant.Selectors.First(selector => selector.Value.Selects(tool.Facts));
}

using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions.Parsing;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>What the grants and anchors of a mission name: whether the catalog has it, and whether it is what the mission takes it for.</summary>
internal sealed class CatalogCheck(MissionTemplate template, KnownTools catalog, FindingList findings)
{
    private readonly NamedTools _named = new(catalog, findings);

    public void Run()
    {
        foreach (var grant in template.Grants)
            foreach (var selector in grant.Selectors)
                CheckGranted(grant, selector);
        foreach (var tool in catalog.Tools)
            CheckGrantsOf(tool);
        foreach (var source in template.Anchors.SelectMany(anchor => anchor.Results))
            CheckSource(source);
        foreach (var source in template.Grants.SelectMany(grant => grant.Bound).SelectMany(bound => bound.Sources))
            if (source.Tool is ToolSelector.ByName(var brings))
                _named.Find(brings, source.Position);
        foreach (var tool in template.Unanchored)
            _named.Find(tool.Value, tool.Position);
    }

    private void CheckGranted(Grant grant, Placed<ToolSelector> selector)
    {
        if (selector.Value is ToolSelector.ByName(var name))
        {
            if (_named.Find(name, selector.Position) is not { } tool)
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

    private void CheckSource(AnchorSource source)
    {
        if (_named.Find(source.Tool, source.Position)?.Result.Missing(source.Field) is var (name, known))
            findings.Add(
                CheckKind.UnknownField,
                source.Position,
                $"Results of `{source.Tool}` have no field `{name}`, so nothing of `{source.Field}` could enter the anchor.",
                Suggest.Remedy(name, known));
    }

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

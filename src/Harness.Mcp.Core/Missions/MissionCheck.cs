using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions.Parsing;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions;

/// <summary>
/// A mission against the tools that there are: what it names and nobody offers, what it grants as a read and is none, and
/// what its anchors and rules can never see because the tool has no such argument.
/// </summary>
public static class MissionCheck
{
    private static readonly ImmutableArray<string> Composed = ["$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "patternProperties"];

    /// <param name="tools">Every tool of the catalog, with the input schema that its backend publishes.</param>
    public static ImmutableArray<Problem> Against(MissionTemplate template, IEnumerable<(ToolFacts Facts, JsonElement InputSchema)> tools)
    {
        ArgumentNullException.ThrowIfNull(template);
        var problems = new ProblemList();
        var catalog = tools.ToList();

        foreach (var grant in template.Grants)
            foreach (var selector in grant.Selectors)
                CheckGranted(grant, selector, catalog, problems);
        foreach (var (facts, schema) in catalog)
            CheckGrantsOf(template, facts, schema, problems);
        foreach (var rule in template.Rules)
            CheckRule(template, rule, catalog, problems);
        foreach (var source in template.Anchors.SelectMany(anchor => anchor.Results))
            CheckKnown(source.Tool, source.Position, catalog, problems);
        foreach (var source in template.Grants.SelectMany(grant => grant.Bound).SelectMany(bound => bound.Sources))
            if (source.Tool is ToolSelector.ByName(var brings))
                CheckKnown(brings, source.Position, catalog, problems);
        foreach (var tool in template.Unanchored)
            CheckKnown(tool.Value, tool.Position, catalog, problems);
        return problems.ToImmutable();
    }

    private static void CheckGranted(
        Grant grant, Placed<ToolSelector> selector, List<(ToolFacts Facts, JsonElement InputSchema)> catalog, ProblemList problems)
    {
        if (selector.Value is ToolSelector.ByName(var name))
        {
            if (CheckKnown(name, selector.Position, catalog, problems) is { IsRead: false } tool && grant.IsRead)
                problems.Add(
                    selector.Position,
                    $"`{name}` is not a read but {EffectWords(tool.Effect)}, so `read` does not grant it.",
                    $"Grant it by name: `tools: [{name}]`.");
            return;
        }

        var selected = catalog.Where(tool => selector.Value.Selects(tool.Facts)).ToList();
        if (selected.Count == 0)
            problems.Add(selector.Position, $"`{selector.Value}` selects no tool of the catalog.", Nearest(selector.Value, catalog));
        else if (!selected.Exists(tool => tool.Facts.IsRead))
            problems.Add(
                selector.Position,
                $"`{selector.Value}` selects no reads, and a class grants reads alone.",
                "Grant effects by name under `tools`; if they are reads, their owner must say so in `servers.config`.");
    }

    private static void CheckGrantsOf(MissionTemplate template, ToolFacts facts, JsonElement schema, ProblemList problems)
    {
        var grants = template.Grants.Where(grant => grant.Selects(facts)).ToList();
        for (var later = 1; later < grants.Count; later++)
            if (GrantCoherence.Conflict(grants[later - 1], grants[later], facts.Id.ToString(), SelectorOf(grants[later], facts).Position) is { } conflict)
                problems.AddRange([conflict]);

        if (Arguments(schema) is not { } arguments)
            return; // The schema is composed of parts: only a call can tell which arguments it has.

        foreach (var grant in grants)
        {
            var at = SelectorOf(grant, facts).Position;
            if (!grant.Anchored.IsEmpty
                && !grant.Anchored.Any(anchored => anchored.Path.Root is { } root && arguments.Contains(root, StringComparer.Ordinal))
                && !template.Unanchored.Any(tool => tool.Value == facts.Id))
                problems.Add(
                    at,
                    $"`{facts.Id}` has none of the anchored arguments {MapReader.Words(grant.Anchored.Select(anchored => anchored.Path.Text))}, so no call of it could be permitted.",
                    $"Anchor one of its own arguments, or list it under `unanchored: [{facts.Id}]`.");

            // A limit on an argument that a tool lacks is a mistake where the tool was named, and harmless in a class.
            if (SelectorOf(grant, facts).Value is not ToolSelector.ByName || grant.Selectors.Length > 1)
                continue;
            foreach (var bound in grant.Bound)
                if (bound.Path.Root is { } root && !arguments.Contains(root, StringComparer.Ordinal))
                    problems.Add(bound.Position, $"`{facts.Id}` has no argument `{root}`, so nothing would be bound.", Suggest.Remedy(root, arguments));
            foreach (var narrowed in grant.Arguments)
                if (!arguments.Contains(narrowed.Name, StringComparer.Ordinal))
                    problems.Add(narrowed.Position, $"`{facts.Id}` has no argument `{narrowed.Name}`.", Suggest.Remedy(narrowed.Name, arguments));
        }
    }

    private static void CheckRule(
        MissionTemplate template, Rule rule, List<(ToolFacts Facts, JsonElement InputSchema)> catalog, ProblemList problems)
    {
        foreach (var selector in rule.On.Concat(rule.Form.ToolsNamed))
        {
            var selected = catalog.Where(tool => selector.Value.Selects(tool.Facts)).ToList();
            if (selector.Value is ToolSelector.ByName(var name) && selected.Count == 0)
                CheckKnown(name, selector.Position, catalog, problems);
            else if (rule.On.Contains(selector) && !selected.Exists(tool => template.Grants.Any(grant => grant.Selects(tool.Facts))))
                problems.Add(selector.Position, $"The mission grants nothing that `{selector.Value}` selects.", "Grant it, or remove it here.");
        }

        CheckFilled(rule, catalog, problems);
        foreach (var selector in rule.On)
            foreach (var (facts, schema) in catalog)
                if (selector.Value is ToolSelector.ByName(var tool) && tool == facts.Id && Arguments(schema) is { } arguments)
                {
                    foreach (var read in rule.Form.ArgumentsRead)
                        if (!arguments.Contains(read.Root!, StringComparer.Ordinal))
                            problems.Add(
                                selector.Position,
                                $"`{facts.Id}` has no argument `{read}`, which the rule `{rule.Id}` reads, so every call of it would be denied.",
                                Suggest.Remedy(read.Root!, arguments));
                    foreach (var watched in rule.Form.ArgumentsWatched)
                        if (watched.Root is { } root && !arguments.Contains(root, StringComparer.Ordinal))
                            problems.Add(
                                selector.Position,
                                $"`{facts.Id}` has no argument `{watched}`, so the rule `{rule.Id}` would never look at one.",
                                Suggest.Remedy(root, arguments));
                }
    }

    /// <summary>The call that the proxy makes itself must have every argument that its tool demands.</summary>
    private static void CheckFilled(Rule rule, List<(ToolFacts Facts, JsonElement InputSchema)> catalog, ProblemList problems)
    {
        if (rule.Form is not Then { Compensation: { } compensation } then)
            return;

        foreach (var (facts, schema) in catalog)
        {
            if (facts.Id != compensation || schema.ValueKind != JsonValueKind.Object
                || !schema.TryGetProperty("required", out var required) || required.ValueKind != JsonValueKind.Array)
                continue;
            foreach (var name in required.EnumerateArray())
                if (name.ValueKind == JsonValueKind.String && !then.ArgumentsFilled.Contains(name.GetString()!, StringComparer.Ordinal))
                    problems.Add(
                        then.Tools[0].Position,
                        $"`{facts.Id}` demands the argument `{name.GetString()}`, and the rule `{rule.Id}` does not say what the proxy is to send.",
                        $"List it under `same`, where the first call has it, or give a constant: `with: {{ {name.GetString()}: … }}`.");
        }
    }

    private static ToolFacts? CheckKnown(
        ToolId tool, SourcePosition at, List<(ToolFacts Facts, JsonElement InputSchema)> catalog, ProblemList problems)
    {
        foreach (var (facts, _) in catalog)
            if (facts.Id == tool)
                return facts;

        var backends = catalog.Select(known => known.Facts.Id.Backend.Value).Distinct(StringComparer.Ordinal).ToList();
        if (!backends.Contains(tool.Backend.Value, StringComparer.Ordinal))
            problems.Add(at, $"There is no backend `{tool.Backend}`.", Suggest.Remedy(tool.Backend.Value, backends));
        else
            problems.Add(
                at,
                $"The backend `{tool.Backend}` has no tool `{tool.Name}`.",
                Suggest.Remedy(tool.Name, catalog.Where(known => known.Facts.Id.Backend == tool.Backend).Select(known => known.Facts.Id.Name)));
        return null;
    }

    private static string? Nearest(ToolSelector selector, List<(ToolFacts Facts, JsonElement InputSchema)> catalog) => selector switch
    {
        ToolSelector.ByBackend(var backend) => Suggest.Remedy(backend.Value, catalog.Select(tool => tool.Facts.Id.Backend.Value)),
        ToolSelector.ByDomain(var domain) => Suggest.Remedy(domain, catalog.Select(tool => tool.Facts.Domain)),
        _ => null,
    };

    private static Placed<ToolSelector> SelectorOf(Grant grant, ToolFacts tool) =>
        grant.Selectors.First(selector => selector.Value.Selects(tool));

    /// <summary>The names of a tool's arguments, or null where its schema does not list them in one place.</summary>
    private static List<string>? Arguments(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object || Composed.Any(keyword => schema.TryGetProperty(keyword, out _)))
            return null;
        return schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
            ? [.. properties.EnumerateObject().Select(property => property.Name)]
            : [];
    }

    private static string EffectWords(Effect effect) =>
        effect == Effect.Unknown ? "of unknown effect (its owner has not said)" : $"of the effect `{EffectNames.Write(effect)}`";
}

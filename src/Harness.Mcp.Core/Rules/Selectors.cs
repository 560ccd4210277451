using System.Collections.Immutable;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules;

/// <summary>Lists of selectors: a tool is selected where any of them selects it.</summary>
internal static class Selectors
{
    public static bool Any(ImmutableArray<Placed<ToolSelector>> selectors, ToolFacts tool)
    {
        foreach (var selector in selectors)
            if (selector.Value.Selects(tool))
                return true;
        return false;
    }

    /// <summary>For sentences: "`a/b` or `c/*`".</summary>
    public static string Words(ImmutableArray<Placed<ToolSelector>> selectors) =>
        string.Join(" or ", selectors.Select(selector => $"`{selector.Value}`"));

    public static ImmutableArray<string> Names(ImmutableArray<Placed<ToolSelector>> selectors) =>
        [.. selectors.Select(selector => selector.Value.ToString() ?? "")];

    /// <summary>The CEL that says of an earlier call `l` (or of `call`) that it is one of these; of every call, where there are none.</summary>
    public static string ToCel(ImmutableArray<Placed<ToolSelector>> selectors, string of = "l")
    {
        if (selectors.IsEmpty)
            return "true";
        var parts = selectors.Select(selector => selector.Value switch
        {
            ToolSelector.ByName(var tool) => $"{of}.tool == {CelText.Literal(tool.ToString())}",
            ToolSelector.ByBackend(var backend) => $"{of}.backend == {CelText.Literal(backend.Value)}",
            ToolSelector.ByDomain(var domain) => $"{of}.domain == {CelText.Literal(domain)}",
            ToolSelector.ByEffect { Effect: Effect.Read } => $"{of}.effect == \"read\"",
            ToolSelector.ByEffect { Effect: Effect.Write } => $"{of}.effect != \"read\"",
            ToolSelector.ByEffect(var effect) => $"{of}.effect in [{CelText.Literal(EffectNames.Write(effect))}, \"unknown\"]",
            _ => throw new InvalidOperationException($"No CEL for the selector `{selector.Value}`."),
        }).ToList();
        return parts.Count == 1 ? parts[0] : $"({string.Join(" || ", parts)})";
    }
}

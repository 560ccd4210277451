using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Whether grants contradict each other, and whether rules speak of what is granted.</summary>
internal static class GrantCoherence
{
    public static void Check(MissionTemplate template, ProblemList problems)
    {
        for (var later = 1; later < template.Grants.Length; later++)
            for (var earlier = 0; earlier < later; earlier++)
                CheckPair(template.Grants[earlier], template.Grants[later], problems);

        foreach (var tool in template.Unanchored)
            if (!template.Grants.Any(grant => !grant.Anchored.IsEmpty && grant.MayCover(tool.Value)))
                problems.Add(tool.Position, $"No grant with `anchored` covers `{tool.Value}`.", DidYouMean(tool.Value.ToString(), template) ?? "Remove it from `unanchored`.");

        foreach (var rule in template.Rules)
        {
            CheckGranted(template, rule.On, "so the rule can never judge it", problems);

            // One tool is enough for `before`; and that nobody may call what `never-after` names is no mistake.
            if (rule.Form is Then { Otherwise: Otherwise.Report } then && !then.Tools.Any(tool => template.Grants.Any(grant => grant.MayCover(tool.Value))))
                CheckGranted(template, then.Tools, "so what the rule demands could never be done", problems);
            if (rule.Form is Before before && !before.Tools.Any(tool => template.Grants.Any(grant => grant.MayCover(tool.Value))))
                CheckGranted(template, before.Tools, "so the rule could never be satisfied", problems);
        }
    }

    /// <summary>What is wrong with two grants that both select a tool: null where each has its own condition.</summary>
    public static Problem? Conflict(Grant earlier, Grant later, string tool, SourcePosition at)
    {
        var differing = Differing(earlier, later);
        if (differing.Count == 0)
            return new Problem(at, $"`{tool}` is granted twice alike, by {Name(earlier)} and {Name(later)}.", "Remove one of them.");
        if (earlier.When is not null && later.When is not null && differing.Contains("when"))
            return null;
        return new Problem(
            at,
            $"`{tool}` is granted twice with different limits: {Name(earlier)} and {Name(later)} differ in {MapReader.Words(differing)}.",
            "One grant is enough for a call, so the looser would decide: keep one, or give each its own `when`.");
    }

    private static void CheckPair(Grant earlier, Grant later, ProblemList problems)
    {
        foreach (var one in earlier.Selectors)
            foreach (var other in later.Selectors)
                if (Narrower(one.Value, other.Value, earlier.IsRead && later.IsRead) is { } shared
                    && Conflict(earlier, later, shared.ToString()!, other.Position) is { } conflict)
                    problems.AddRange([conflict]);
    }

    /// <summary>The selector of which it is certain, without a catalog, that both select the same.</summary>
    private static ToolSelector? Narrower(ToolSelector one, ToolSelector other, bool areReads) => (one, other) switch
    {
        _ when one == other => one,
        (ToolSelector.ByName name, ToolSelector.ByBackend backend) when areReads && name.Tool.Backend == backend.Backend => name,
        (ToolSelector.ByBackend backend, ToolSelector.ByName name) when areReads && name.Tool.Backend == backend.Backend => name,
        _ => null,
    };

    private static List<string> Differing(Grant earlier, Grant later)
    {
        var differing = new List<string>();
        if (!Same(earlier.Anchored.Select(one => $"{one.Path}: {one.Anchor}"), later.Anchored.Select(one => $"{one.Path}: {one.Anchor}")))
            differing.Add("anchored");
        if (!Same(earlier.Bound.Select(BoundCoherence.Words), later.Bound.Select(BoundCoherence.Words)))
            differing.Add("bound");
        if (!Same(earlier.Arguments.Select(one => $"{one.Name}: {one.SchemaText}"), later.Arguments.Select(one => $"{one.Name}: {one.SchemaText}")))
            differing.Add("args");
        if (!string.Equals(earlier.When?.Source, later.When?.Source, StringComparison.Ordinal))
            differing.Add("when");
        if (!Same(ApprovalParser.Words(earlier), ApprovalParser.Words(later)))
            differing.Add("approval");
        if (earlier.Asks != later.Asks)
            differing.Add("asks");
        return differing;
    }

    private static bool Same(IEnumerable<string> left, IEnumerable<string> right) =>
        left.Order(StringComparer.Ordinal).SequenceEqual(right.Order(StringComparer.Ordinal), StringComparer.Ordinal);

    private static void CheckGranted(
        MissionTemplate template, ImmutableArray<Placed<ToolSelector>> selectors, string consequence, ProblemList problems)
    {
        foreach (var selector in selectors)
            if (!template.Grants.Any(grant => grant.MayCover(selector.Value)))
                problems.Add(
                    selector.Position,
                    $"The mission grants nothing that `{selector.Value}` selects, {consequence}.",
                    DidYouMean(selector.Value.ToString() ?? "", template) ?? "Grant it, or remove it here.");
    }

    private static string? DidYouMean(string tool, MissionTemplate template) =>
        Suggest.Closest(tool, GrantCoverage.ToolsByName(template.Grants)) is { } near && near != tool ? $"Did you mean `{near}`?" : null;

    private static string Name(Grant grant) =>
        grant.Position.Line > 0 ? $"`{grant.Id}` (line {grant.Position.Line})" : $"`{grant.Id}`";
}

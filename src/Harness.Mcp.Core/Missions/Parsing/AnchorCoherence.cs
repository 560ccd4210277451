using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>
/// Whether anchors name what exists, and can ever hold a value. An anchor starts from an input, or from the results of a
/// call that is itself anchored in one that can hold a value; a circle of anchors that no input opens stays empty for ever.
/// </summary>
internal static class AnchorCoherence
{
    public static void Check(MissionTemplate template, ProblemList problems)
    {
        foreach (var anchor in template.Anchors)
        {
            foreach (var input in anchor.Inputs)
                if (!template.Inputs.Any(known => known.Name == input.Value))
                    problems.Add(input.Position, $"The mission has no input `{input.Value}`.", Suggest.Remedy(input.Value, template.Inputs.Select(known => known.Name)));
            foreach (var source in anchor.Results)
                CheckSource(template, source, problems);
        }

        foreach (var grant in template.Grants)
            foreach (var anchored in grant.Anchored)
                if (!template.Anchors.Any(known => known.Name == anchored.Anchor))
                    problems.Add(anchored.Position, $"The mission has no anchor `{anchored.Anchor}`.", Suggest.Remedy(anchored.Anchor, template.Anchors.Select(known => known.Name)));

        CheckCircles(template, problems);
    }

    private static void CheckSource(MissionTemplate template, AnchorSource source, ProblemList problems)
    {
        var covering = template.Grants.Where(grant => grant.MayCover(source.Tool)).ToList();
        if (covering.Count == 0)
            problems.Add(
                source.Position,
                $"`{source.Tool}` is not granted, so it can bring nothing.",
                Suggest.Closest(source.Tool.ToString(), GrantCoverage.ToolsByName(template.Grants)) is { } near ? $"Did you mean `{near}`?" : "Grant it, or remove it here.");
        else if (covering.TrueForAll(grant => grant.Anchored.IsEmpty))
            problems.Add(
                source.Position,
                $"`{source.Tool}` is granted without `anchored`, and sets grow only through anchored calls.",
                "Add `anchored: { argument: anchor }` to its grant.");
    }

    private static void CheckCircles(MissionTemplate template, ProblemList problems)
    {
        var needs = template.Anchors.ToDictionary(anchor => anchor.Name, anchor => Needs(template, anchor), StringComparer.Ordinal);
        var filled = new HashSet<string>(template.Anchors.Where(anchor => !anchor.Inputs.IsEmpty).Select(anchor => anchor.Name), StringComparer.Ordinal);
        while (template.Anchors.FirstOrDefault(anchor => !filled.Contains(anchor.Name) && needs[anchor.Name].Any(filled.Contains)) is { } next)
            filled.Add(next.Name);

        var reported = new HashSet<string>(StringComparer.Ordinal);
        foreach (var anchor in template.Anchors.Where(anchor => !filled.Contains(anchor.Name)))
        {
            if (Circle(anchor.Name, needs) is not { } circle || circle.Exists(reported.Contains))
                continue;
            reported.UnionWith(circle);
            var first = template.Anchors.First(known => known.Name == circle[0]);
            problems.Add(
                first.Position,
                $"No input opens the circle of anchors {string.Join(" → ", circle.Append(circle[0]).Select(name => $"`{name}`"))}, so they stay empty.",
                "Give one of them `inputs`, or anchor one of their tools elsewhere.");
        }
    }

    /// <summary>The anchors of which one must hold a value before the anchor's results can come.</summary>
    private static ImmutableArray<string> Needs(MissionTemplate template, Anchor anchor) =>
    [
        .. from source in anchor.Results
           from grant in template.Grants
           where grant.MayCover(source.Tool)
           from anchored in grant.Anchored
           where template.Anchors.Any(known => known.Name == anchored.Anchor)
           select anchored.Anchor,
    ];

    /// <summary>Follows first needs until an anchor comes again; null where the way ends (which has been reported where it ends).</summary>
    private static List<string>? Circle(string from, Dictionary<string, ImmutableArray<string>> needs)
    {
        var way = new List<string>();
        for (var name = from; !way.Contains(name); name = needs[name][0])
        {
            way.Add(name);
            if (needs[name].IsEmpty)
                return null;
        }

        var last = needs[way[^1]][0];
        return way[way.IndexOf(last)..];
    }
}

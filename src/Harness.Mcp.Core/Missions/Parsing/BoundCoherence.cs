using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Whether sources of bound arguments can ever bring a value.</summary>
internal static class BoundCoherence
{
    public static void Check(MissionTemplate template, ProblemList problems)
    {
        var sources = template.Grants.SelectMany(grant => grant.Bound).SelectMany(bound => bound.Sources).ToList();
        if (sources.Count > MissionBounds.BoundSourcesMax)
            problems.Add(sources[MissionBounds.BoundSourcesMax].Position, $"The bound arguments of a mission name at most {MissionBounds.BoundSourcesMax} sources.");

        foreach (var source in sources)
        {
            if (source.Input is { } input)
                DemandInput(input, source.Position, template, problems);
            foreach (var from in source.From)
                if (from.Input is { } equal)
                    DemandInput(equal, source.Position, template, problems);
            if (source.Tool is { } tool && !template.Grants.Any(grant => grant.MayCover(tool)))
                problems.Add(
                    source.Position,
                    $"The mission grants nothing that `{tool}` selects, so it can never bring a value.",
                    Suggest.Closest(tool.ToString()!, GrantCoverage.ToolsByName(template.Grants)) is { } near ? $"Did you mean `{near}`?" : "Grant it, or remove it here.");
        }
    }

    /// <summary>A bound argument in one line, by which two grants are compared.</summary>
    public static string Words(BoundArgument bound) => $"{bound.Path}: {string.Join(", ", bound.Sources.Select(source =>
        $"{source} {source.Field} {string.Join(" ", source.From.Select(from => $"{from.Argument}={from.Value?.GetRawText() ?? from.Input}"))}"))}";

    private static void DemandInput(string input, SourcePosition at, MissionTemplate template, ProblemList problems)
    {
        if (!template.Inputs.Any(known => known.Name == input))
            problems.Add(at, $"The mission has no input `{input}`.", Suggest.Remedy(input, template.Inputs.Select(known => known.Name)));
    }
}

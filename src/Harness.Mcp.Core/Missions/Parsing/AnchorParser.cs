using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads `anchors:`.</summary>
internal static class AnchorParser
{
    private static readonly ImmutableArray<string> Keys = ["inputs", "results"];
    private static readonly ImmutableArray<string> SourceKeys = ["tool", "field"];

    public static ImmutableArray<Anchor> Parse(MapReader mission)
    {
        if (mission.Map("anchors") is not { } anchors)
            return [];
        if (anchors.Entries.Length > MissionBounds.AnchorsMax)
            anchors.Problems.Add(anchors.Position, $"A mission has at most {MissionBounds.AnchorsMax} anchors.");
        return [.. anchors.Entries.Select(entry => ParseOne(entry, mission.Problems)).OfType<Anchor>()];
    }

    private static Anchor? ParseOne(DocumentEntry entry, ProblemList problems)
    {
        Names.DemandIdentifier(entry.Key, "The name of an anchor", entry.KeyPosition, problems);
        if (MapReader.Of(entry.Value, $"the anchor `{entry.Key}`", problems) is not { } reader)
            return null;

        reader.RefuseOthers(Keys);
        if (!reader.Has("inputs") && !reader.Has("results"))
            problems.Add(
                reader.Position,
                $"The anchor `{entry.Key}` can never hold a value.",
                "Add `inputs: [NAME]` or `results: [{ tool: backend/tool, field: NAME }]`.");
        return new Anchor(
            entry.Key,
            [.. reader.Texts("inputs").Select(input => new Placed<string>(input.Text, input.At))],
            [.. reader.Items("results").Select(item => ParseSource(item, problems)).OfType<AnchorSource>()],
            entry.KeyPosition);
    }

    private static AnchorSource? ParseSource(DocumentNode item, ProblemList problems)
    {
        if (MapReader.Of(item, "an item of `results`", problems) is not { } reader)
            return null;

        reader.RefuseOthers(SourceKeys);
        var tool = reader.RequiredText("tool", "the tool whose results name such things, as `backend/tool`") is { } text
            ? Names.Tool(text, reader.Find("tool")!.Position, problems)
            : null;
        var fieldText = reader.RequiredText("field", "the field of its results, like `user` or `hosts[]`");
        var field = fieldText is null ? null : FieldPath.Parse(fieldText);
        if (fieldText is not null && field is null)
            problems.Add(reader.Find("field")!.Position, $"`{fieldText}` is not a field.", "Write `user`, `owner.mail`, `hosts[]` or `users[].mail`.");
        return tool is null || field is null ? null : new AnchorSource(tool.Value, field, reader.Position);
    }
}

using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads `inputs:`.</summary>
internal static class InputParser
{
    private static readonly ImmutableArray<string> TypesKnown = ["boolean", "integer", "number", "array", "object", "null", "string"];

    public static ImmutableArray<MissionInput> Parse(MapReader mission)
    {
        if (mission.Map("inputs") is not { } inputs)
            return [];
        if (inputs.Entries.Length > MissionBounds.InputsMax)
            inputs.Problems.Add(inputs.Position, $"A mission has at most {MissionBounds.InputsMax} inputs.");
        return [.. inputs.Entries.Select(entry => ParseOne(entry, mission.Problems)).OfType<MissionInput>()];
    }

    private static MissionInput? ParseOne(DocumentEntry entry, ProblemList problems)
    {
        Names.DemandIdentifier(entry.Key, "The name of an input", entry.KeyPosition, problems);
        if (MapReader.Of(entry.Value, $"the input `{entry.Key}`", problems) is not { } reader)
            return null;

        var types = Types(reader, entry);
        if (types.IsEmpty || Schemas.Parse(entry.Value, problems, out var source) is not { } schema)
            return null;

        JsonElement? standard = source.TryGetProperty("default", out var found) ? found : null;
        if (standard is { } value && schema.Validate(value) is [var violation, ..])
            problems.Add(reader.PositionOf("default"), $"The default of `{entry.Key}` is not valid (`{violation.Keyword}`): {violation.Message}");
        return new MissionInput(entry.Key, types, schema, standard, entry.KeyPosition);
    }

    private static ImmutableArray<string> Types(MapReader reader, DocumentEntry entry)
    {
        if (!reader.Has("type"))
        {
            reader.Problems.Add(
                entry.Value.Position,
                $"The input `{entry.Key}` has no type.",
                "Add `type: string`, or another type of JSON Schema: its text is read by it.");
            return [];
        }

        var named = reader.Texts("type");
        foreach (var (text, at) in named)
            if (!TypesKnown.Contains(text, StringComparer.Ordinal))
                reader.Problems.Add(at, $"`{text}` is no type of JSON Schema.", Suggest.Remedy(text, TypesKnown));
        return [.. TypesKnown.Where(type => named.Any(one => one.Text == type))];
    }
}

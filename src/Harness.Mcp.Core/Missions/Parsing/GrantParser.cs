using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads `grants:`.</summary>
internal static class GrantParser
{
    private static readonly ImmutableArray<string> Keys = ["read", "tools", "anchored", "bound", "args", "when", "approval", "asks"];

    public static ImmutableArray<Grant> Parse(MapReader mission)
    {
        if (!mission.Has("grants"))
        {
            mission.Problems.Add(mission.Position, "A mission lacks `grants`.", "Add `grants:`: what is not granted does not exist for the mission.");
            return [];
        }

        var items = mission.Items("grants");
        if (items.Length > MissionBounds.GrantsMax)
            mission.Problems.Add(mission.PositionOf("grants"), $"A mission has at most {MissionBounds.GrantsMax} grants.");
        return [.. items.Select((item, index) => ParseOne(item, index, mission.Problems)).OfType<Grant>()];
    }

    private static Grant? ParseOne(DocumentNode item, int index, ProblemList problems)
    {
        if (MapReader.Of(item, "a grant", problems) is not { } reader)
            return null;

        reader.RefuseOthers(Keys);
        var isRead = reader.Has("read");
        if (isRead == reader.Has("tools"))
        {
            problems.Add(
                reader.Position,
                isRead ? "A grant has either `read` or `tools`, not both." : "A grant selects nothing.",
                isRead ? "Split it into two grants." : "Add `read: [backend/*]` for reads, or `tools: [backend/tool]` for effects.");
            return null;
        }

        return new Grant
        {
            Index = index,
            IsRead = isRead,
            Selectors = isRead ? Reads(reader) : Effects(reader),
            Anchored = Anchored(reader),
            Bound = BoundParser.Parse(reader),
            Arguments = Arguments(reader),
            When = Conditions.Parse(reader, "when"),
            Approval = ApprovalParser.OfGrant(reader),
            Asks = AsksParser.Parse(reader),
            Position = reader.Position,
        };
    }

    private static ImmutableArray<Placed<ToolSelector>> Reads(MapReader reader)
    {
        var selectors = Names.Selectors(reader, "read");
        foreach (var selector in selectors)
            if (selector.Value is ToolSelector.ByEffect { Effect: not Effect.Read })
                reader.Problems.Add(
                    selector.Position,
                    $"`{selector.Value}` selects effects, and `read` grants reads alone.",
                    "Grant each effect by name: `tools: [backend/tool]`.");
        return selectors;
    }

    private static ImmutableArray<Placed<ToolSelector>> Effects(MapReader reader)
    {
        var selectors = Names.Selectors(reader, "tools");
        foreach (var selector in selectors)
            if (selector.Value is not ToolSelector.ByName)
                reader.Problems.Add(
                    selector.Position,
                    $"`{selector.Value}` selects a class of tools, and `tools` grants by name alone.",
                    "Write each tool as `backend/tool`; reads may be granted by class under `read`.");
        return selectors;
    }

    private static ImmutableArray<AnchoredArgument> Anchored(MapReader reader)
    {
        var anchored = ImmutableArray.CreateBuilder<AnchoredArgument>();
        foreach (var (argument, entry) in Names.ByArgument(reader, "anchored", "`argument: anchor`", "`user`, `target.user` or `items[].user`"))
            if (MapReader.TextOf(entry.Value, $"The anchor of `{entry.Key}`", reader.Problems) is { } anchor)
                anchored.Add(new AnchoredArgument(argument, anchor, entry.Value.Position));
        return anchored.ToImmutable();
    }

    private static bool ListsValues(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object
        && (schema.TryGetProperty("enum", out _) || schema.TryGetProperty("const", out _)
            || (schema.TryGetProperty("items", out var items) && ListsValues(items)));

    private static ImmutableArray<NarrowedArgument> Arguments(MapReader reader)
    {
        if (reader.Map("args") is not { } map)
            return [];

        var arguments = ImmutableArray.CreateBuilder<NarrowedArgument>();
        foreach (var entry in map.Entries)
        {
            if (entry.Value is not (DocumentNode.Map or DocumentNode.Scalar { Kind: ScalarKind.Boolean }))
                reader.Problems.Add(
                    entry.Value.Position,
                    $"The limit of `{entry.Key}` is not a JSON Schema.",
                    $"Write a map, like `{entry.Key}: {{ const: {MapReader.Json(entry.Value).GetRawText()} }}`.");
            else if (Schemas.Parse(entry.Value, reader.Problems, out var source) is { } schema)
                arguments.Add(new NarrowedArgument(entry.Key, schema, source.GetRawText(), entry.KeyPosition) { ListsValues = ListsValues(source) });
        }

        return arguments.ToImmutable();
    }
}

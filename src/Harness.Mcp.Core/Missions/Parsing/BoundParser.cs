using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads `bound:` of a grant.</summary>
internal static class BoundParser
{
    private static readonly ImmutableArray<string> Keys = ["tool", "field", "from", "input", "grounded"];

    public static ImmutableArray<BoundArgument> Parse(MapReader grant)
    {
        var bound = ImmutableArray.CreateBuilder<BoundArgument>();
        foreach (var (argument, entry) in Names.ByArgument(grant, "bound", "`argument: [{ tool: backend/tool, field: NAME }]`", "`to`, `target.user` or `items[].user`"))
            if (Sources(entry, grant.Problems) is { IsEmpty: false } sources)
                bound.Add(new BoundArgument(argument, sources, entry.KeyPosition));
        return bound.ToImmutable();
    }

    private static ImmutableArray<BoundSource> Sources(DocumentEntry entry, ProblemList problems)
    {
        ImmutableArray<DocumentNode> items = entry.Value is DocumentNode.List list ? list.Items : [entry.Value];
        if (items.IsEmpty)
            problems.Add(entry.Value.Position, $"`{entry.Key}` has no source, so no call could be permitted.", "Add `{ tool: backend/tool, field: NAME }` or `{ input: NAME }`.");
        return [.. items.Select(item => Source(item, problems)).OfType<BoundSource>()];
    }

    private static BoundSource? Source(DocumentNode item, ProblemList problems)
    {
        if (MapReader.Of(item, "a source of a bound argument", problems) is not { } reader)
            return null;

        reader.RefuseOthers(Keys);
        if (reader.Has("grounded"))
            return Grounded(reader);
        if (reader.Has("input") == reader.Has("tool"))
        {
            problems.Add(
                reader.Position,
                reader.Has("tool") ? "A source is either an `input` or a `tool`, not both." : "A source names nothing.",
                reader.Has("tool") ? "Write them as two items." : "Write `{ tool: backend/tool, field: NAME }` or `{ input: NAME }`.");
            return null;
        }

        if (reader.Has("input"))
        {
            foreach (var key in (ReadOnlySpan<string>)["field", "from"])
                if (reader.Has(key))
                    problems.Add(reader.PositionOf(key), $"`{key}` speaks of a tool's results, and an input has none.", "Remove it.");
            return reader.Text("input") is { } input ? new BoundSource { Input = input, Position = reader.Position } : null;
        }

        var tool = reader.Text("tool") is { } selector ? Names.Selector(selector, reader.Find("tool")!.Position, problems) : null;
        var from = From(reader);
        var fieldText = reader.Text("field");
        var field = fieldText is null ? null : FieldPath.Parse(fieldText);
        if (fieldText is not null && field is null)
            problems.Add(reader.Find("field")!.Position, $"`{fieldText}` is not a field.", "Write `user`, `owner.mail`, `hosts[]` or `users[].mail`.");
        return tool is null || (reader.Has("field") && field is null) ? null : new BoundSource { Tool = tool, Field = field, From = from, Position = reader.Position };
    }

    private static BoundSource? Grounded(MapReader reader)
    {
        var at = reader.PositionOf("grounded");
        if (reader.Find("grounded") is not DocumentNode.Scalar { Kind: ScalarKind.Boolean, Text: "true" })
            reader.Problems.Add(at, "`grounded` can only be `true`.", "Write `{ grounded: true }`, or leave the item out.");
        foreach (var key in (ReadOnlySpan<string>)["tool", "input", "field", "from"])
            if (reader.Has(key))
                reader.Problems.Add(reader.PositionOf(key), $"`grounded` stands alone, and `{key}` is beside it.", "Write them as two items.");
        return new BoundSource { IsGrounded = true, Position = reader.Position };
    }

    private static ImmutableArray<BoundFrom> From(MapReader reader)
    {
        if (reader.Map("from") is not { } map)
            return [];
        if (map.Entries.IsEmpty)
            reader.Problems.Add(map.Position, "`from` is empty.", "Write `argument: value`, or remove the key.");

        var from = ImmutableArray.CreateBuilder<BoundFrom>();
        foreach (var entry in map.Entries)
        {
            if (FieldPath.Parse(entry.Key) is not { Text.Length: > 0 } argument || argument.Steps.Contains(null))
                reader.Problems.Add(entry.KeyPosition, $"`{entry.Key}` is not the name of an argument.", "Write names, with dots for arguments inside arguments: `user`, `target.user`.");
            else if (entry.Value is DocumentNode.Map && MapReader.Of(entry.Value, $"the value of `{entry.Key}`", reader.Problems) is { } value)
            {
                value.RefuseOthers(["input"]);
                if (value.RequiredText("input", "the input of the mission that the argument must equal") is { } input)
                    from.Add(new BoundFrom(argument, null, input));
            }
            else if (MapReader.Json(entry.Value) is { ValueKind: JsonValueKind.String or JsonValueKind.Number } json)
                from.Add(new BoundFrom(argument, json, null));
            else
                reader.Problems.Add(
                    entry.Value.Position, $"`{entry.Key}` must be text, a number, or `{{ input: NAME }}`.", "A result counts where its call had this argument.");
        }

        return from.ToImmutable();
    }
}

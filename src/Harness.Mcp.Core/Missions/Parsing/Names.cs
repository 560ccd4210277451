using System.Buffers;
using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads the names, selectors and paths that a mission document is made of.</summary>
internal static class Names
{
    private const int NameCharsMax = 48;

    private static readonly SearchValues<char> Lower = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
    private static readonly SearchValues<char> Word = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    /// <summary>`[a-z][a-z0-9-]{0,47}`, as missions, rules and labels are named.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= NameCharsMax && char.IsAsciiLetterLower(text[0]) && !text.AsSpan().ContainsAnyExcept(Lower);

    /// <summary>`[A-Za-z_][A-Za-z0-9_]{0,47}`, as inputs and anchors are named, so that expressions can say `mission.inputs.alert`.</summary>
    public static bool IsIdentifier(string text) =>
        text.Length is > 0 and <= NameCharsMax && !char.IsAsciiDigit(text[0]) && !text.AsSpan().ContainsAnyExcept(Word);

    public static void DemandName(string text, string what, SourcePosition at, ProblemList problems)
    {
        if (!IsName(text))
            problems.Add(at, $"{what} must be lower-case letters, digits and `-`, start with a letter, and have at most {NameCharsMax} characters.");
    }

    public static void DemandIdentifier(string text, string what, SourcePosition at, ProblemList problems)
    {
        if (!IsIdentifier(text))
            problems.Add(at, $"{what} must be letters, digits and `_`, start with no digit, and have at most {NameCharsMax} characters.");
    }

    /// <summary>A tool by name.</summary>
    public static ToolId? Tool(string text, SourcePosition at, ProblemList problems)
    {
        if (ToolSelector.Parse(text) is ToolSelector.ByName(var tool))
            return tool;
        problems.Add(at, $"`{text}` does not name one tool.", "Write `backend/tool`.");
        return null;
    }

    public static ToolSelector? Selector(string text, SourcePosition at, ProblemList problems)
    {
        if (ToolSelector.Parse(text) is { } selector)
            return selector;
        problems.Add(at, $"`{text}` selects no tools.", "Write `backend/tool`, `backend/*`, `domain:NAME` or `effect:NAME`.");
        return null;
    }

    public static ImmutableArray<Placed<ToolSelector>> Selectors(MapReader reader, string key)
    {
        var selectors = ImmutableArray.CreateBuilder<Placed<ToolSelector>>();
        foreach (var (text, at) in reader.Texts(key))
        {
            if (Selector(text, at, reader.Problems) is not { } selector)
                continue;
            if (selectors.Any(known => known.Value == selector))
                reader.Problems.Add(at, $"`{text}` stands twice in one list.", "Remove one of them.");
            else
                selectors.Add(new Placed<ToolSelector>(selector, at));
        }

        return selectors.ToImmutable();
    }

    /// <summary>Paths of names alone (`user`, `target.user`), as `same` lists them.</summary>
    public static ImmutableArray<FieldPath> Arguments(MapReader reader, string key)
    {
        var paths = ImmutableArray.CreateBuilder<FieldPath>();
        foreach (var (text, at) in reader.Texts(key))
        {
            if (Argument(text) is { } path)
                paths.Add(path);
            else
                reader.Problems.Add(at, $"`{text}` is not the name of an argument.", "Write names, with dots for arguments inside arguments: `user`, `target.user`.");
        }

        return paths.ToImmutable();
    }

    /// <summary>The entries of a map that says something of arguments, each by its path.</summary>
    /// <param name="form">How such an entry is written, for messages.</param>
    /// <param name="examples">Paths that could stand there, likewise.</param>
    public static IEnumerable<(FieldPath Argument, DocumentEntry Entry)> ByArgument(MapReader reader, string key, string form, string examples)
    {
        if (reader.Map(key) is not { } map)
            yield break;
        if (map.Entries.IsEmpty)
            reader.Problems.Add(map.Position, $"`{key}` is empty.", $"Write {form}, or remove the key.");
        foreach (var entry in map.Entries)
        {
            if (FieldPath.Parse(entry.Key) is { Text.Length: > 0 } argument)
                yield return (argument, entry);
            else
                reader.Problems.Add(entry.KeyPosition, $"`{entry.Key}` is not an argument.", $"Write {examples}.");
        }
    }

    /// <summary>An argument as an expression writes it: `call.args.host`.</summary>
    public static FieldPath? CallArgument(MapReader reader, string key)
    {
        if (reader.Text(key) is not { } text)
            return null;
        const string Prefix = "call.args.";
        if (text.StartsWith(Prefix, StringComparison.Ordinal) && Argument(text[Prefix.Length..]) is { } path)
            return path;
        reader.Problems.Add(
            reader.Find(key)!.Position,
            $"`{key}` must be an argument of the call.",
            Argument(text) is null ? "Write `call.args.NAME`." : $"Did you mean `{Prefix}{text}`?");
        return null;
    }

    private static FieldPath? Argument(string text) => text.Split('.').All(IsIdentifier) ? FieldPath.Parse(text) : null;
}

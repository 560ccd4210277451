using System.Collections.Immutable;
using System.Text.Json;

namespace Harness.Mcp.Core.Documents;

/// <summary>
/// Reads the keys of one map, each with the type that it must have. What is missing or wrong becomes a problem and reads as
/// null or empty, so that reading goes on and finds the next one.
/// </summary>
internal sealed class MapReader
{
    private readonly DocumentNode.Map _map;
    private readonly string _what;

    private MapReader(DocumentNode.Map map, string what, ProblemList problems)
    {
        _map = map;
        _what = what;
        Problems = problems;
    }

    public ProblemList Problems { get; }

    public SourcePosition Position => _map.Position;

    public ImmutableArray<DocumentEntry> Entries => _map.Entries;

    /// <param name="what">What the map is, for messages: "a grant", "`budget`".</param>
    public static MapReader? Of(DocumentNode node, string what, ProblemList problems)
    {
        if (node is DocumentNode.Map map)
            return new MapReader(map, what, problems);
        problems.Add(node.Position, $"{Capital(what)} must be a map of keys and values, not {Kind(node)}.");
        return null;
    }

    public bool Has(string key) => _map[key] is not null;

    public DocumentNode? Find(string key) => _map[key];

    /// <summary>Where the key stands, or the map where it does not.</summary>
    public SourcePosition PositionOf(string key) =>
        _map.Entries.FirstOrDefault(entry => string.Equals(entry.Key, key, StringComparison.Ordinal))?.KeyPosition ?? _map.Position;

    /// <summary>Refuses every key that is not known.</summary>
    public void RefuseOthers(ImmutableArray<string> known)
    {
        foreach (var entry in _map.Entries)
            if (!known.Contains(entry.Key, StringComparer.Ordinal))
                Problems.Add(entry.KeyPosition, $"{Capital(_what)} has no key `{entry.Key}`.", Suggest.Remedy(entry.Key, known));
    }

    /// <summary>A text that is there and not empty.</summary>
    public string? RequiredText(string key, string meaning)
    {
        if (Has(key))
            return Text(key);
        Problems.Add(Position, $"{Capital(_what)} lacks `{key}`.", $"Add `{key}:`, {meaning}.");
        return null;
    }

    public string? Text(string key) => Find(key) is { } node ? TextOf(node, $"`{key}`", Problems) : null;

    public bool? Flag(string key)
    {
        if (Find(key) is not { } node)
            return null;
        if (node is DocumentNode.Scalar { Kind: ScalarKind.Boolean } scalar)
            return scalar.Text.StartsWith('t') || scalar.Text.StartsWith('T');
        Problems.Add(node.Position, $"`{key}` must be true or false.");
        return null;
    }

    public TimeSpan? Duration(string key, TimeSpan min, TimeSpan max)
    {
        if (Find(key) is not { } node)
            return null;
        if (node is not DocumentNode.Scalar scalar || DurationText.Parse(scalar.Text) is not { } duration)
        {
            Problems.Add(node.Position, $"`{key}` is not a duration.", $"Write {DurationText.Form}.");
            return null;
        }

        if (duration >= min && duration <= max)
            return duration;
        Problems.Add(node.Position, $"`{key}` must be between {DurationText.Write(min)} and {DurationText.Write(max)}.");
        return null;
    }

    public long? Integer(string key, long min, long max)
    {
        if (Find(key) is not { } node)
            return null;
        if (node is DocumentNode.Scalar { Kind: ScalarKind.Integer } scalar
            && long.TryParse(scalar.Text, out var value)
            && value >= min
            && value <= max)
            return value;
        Problems.Add(node.Position, $"`{key}` must be a whole number from {min} to {max}.");
        return null;
    }

    /// <summary>The texts of a list, each with its place; a single text counts as a list of one.</summary>
    public ImmutableArray<(string Text, SourcePosition At)> Texts(string key)
    {
        if (Find(key) is not { } node)
            return [];
        var texts = ImmutableArray.CreateBuilder<(string, SourcePosition)>();
        foreach (var item in node is DocumentNode.List list ? list.Items : [node])
            if (TextOf(item, node is DocumentNode.List ? $"Each item of `{key}`" : $"`{key}`", Problems) is { } text)
                texts.Add((text, item.Position));
        if (node is DocumentNode.List { Items.IsEmpty: true })
            Problems.Add(node.Position, $"`{key}` is empty.", "Name at least one, or remove the key.");
        return texts.ToImmutable();
    }

    public ImmutableArray<DocumentNode> Items(string key)
    {
        switch (Find(key))
        {
            case null:
                return [];
            case DocumentNode.List list:
                return list.Items;
            case var node:
                Problems.Add(node.Position, $"`{key}` must be a list, not {Kind(node)}.", "Start each item with `- `.");
                return [];
        }
    }

    public MapReader? Map(string key) => Find(key) is { } node ? Of(node, $"`{key}`", Problems) : null;

    public static string? TextOf(DocumentNode node, string what, ProblemList problems)
    {
        switch (node)
        {
            case DocumentNode.Scalar { Kind: ScalarKind.String } scalar when !string.IsNullOrWhiteSpace(scalar.Text):
                return scalar.Text;
            case DocumentNode.Scalar { Kind: ScalarKind.String or ScalarKind.Null }:
                problems.Add(node.Position, $"{what} is empty.");
                return null;
            case DocumentNode.Scalar scalar:
                problems.Add(node.Position, $"{what} must be text, not {Kind(node)}.", $"Put it in quotes: \"{scalar.Text}\".");
                return null;
            default:
                problems.Add(node.Position, $"{what} must be text, not {Kind(node)}.");
                return null;
        }
    }

    /// <summary>A JSON value written in the document (a schema, a default).</summary>
    public static JsonElement Json(DocumentNode node) => DocumentJson.Write(node);

    public static string Kind(DocumentNode node) => node switch
    {
        DocumentNode.Map => "a map",
        DocumentNode.List => "a list",
        DocumentNode.Scalar { Kind: ScalarKind.Integer or ScalarKind.Float } => "a number",
        DocumentNode.Scalar { Kind: ScalarKind.Boolean } => "true or false",
        DocumentNode.Scalar { Kind: ScalarKind.Null } => "nothing",
        _ => "text",
    };

    public static string Words(IEnumerable<string> words) => string.Join(", ", words.Select(word => $"`{word}`"));

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}

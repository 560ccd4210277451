using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Store.Records;

/// <summary>
/// One JSON object of a record, read key by key. <see cref="Done"/> refuses what nobody asked for. Every complaint is a
/// <see cref="FormatException"/> that names the key by its path.
/// </summary>
internal sealed class RecordFields
{
    private readonly string _path;
    private readonly List<JsonProperty> _left = [];

    public RecordFields(JsonElement value, string path)
    {
        _path = path;
        if (value.ValueKind != JsonValueKind.Object)
            throw new FormatException(path.Length == 0 ? "The record is not a JSON object." : $"`{path}` of the record is not a JSON object.");

        foreach (var property in value.EnumerateObject())
        {
            var key = NameOf(property);
            if (_left.Exists(known => known.NameEquals(key)))
                throw Wrong(key, "stands twice");
            _left.Add(property);
        }
    }

    /// <summary>The value of an optional key, or null where it is absent; JSON's own null is a value.</summary>
    public JsonElement? Optional(string key)
    {
        var index = _left.FindIndex(property => property.NameEquals(key));
        if (index < 0)
            return null;

        var value = _left[index].Value;
        _left.RemoveAt(index);
        return value;
    }

    public JsonElement Required(string key) => Optional(key) ?? throw Wrong(key, "is missing");

    public RecordFields Fields(string key) => new(Required(key), PathOf(key));

    public string Text(string key) => TextOf(Required(key), key);

    public string? OptionalText(string key) => Optional(key) is { } value ? TextOf(value, key) : null;

    public long Integer(string key) => IntegerOf(Required(key), key);

    public long? OptionalInteger(string key) => Optional(key) is { } value ? IntegerOf(value, key) : null;

    /// <summary>Whether a key stands there; it is written with the value true, or not at all.</summary>
    public bool Flag(string key) =>
        Optional(key) is { } value && (value.ValueKind == JsonValueKind.True ? true : throw Wrong(key, "is not true, and would be absent otherwise"));

    public Guid Id(string key) =>
        Guid.TryParseExact(Text(key), "D", out var id) ? id : throw Wrong(key, "is not a UUID");

    public Digest Digest(string key) => DigestOf(Text(key), key);

    public Digest? OptionalDigest(string key) => OptionalText(key) is { } text ? DigestOf(text, key) : null;

    public DateTimeOffset Time(string key) => TimeOf(Text(key), key);

    public DateTimeOffset? OptionalTime(string key) => OptionalText(key) is { } text ? TimeOf(text, key) : null;

    public ImmutableArray<string> Texts(string key) => List(key, TextOf);

    public ImmutableArray<string> OptionalTexts(string key) => OptionalList(key, TextOf);

    public ImmutableArray<long> Integers(string key) => List(key, IntegerOf);

    public ImmutableArray<FieldPath> Paths(string key) => List(key, PathOf);

    public FieldPath FieldPath(string key) => PathOf(Required(key), key);

    public ImmutableArray<T> List<T>(string key, Func<JsonElement, string, T> read)
    {
        var list = Required(key);
        if (list.ValueKind != JsonValueKind.Array)
            throw Wrong(key, "is not a list");

        var items = ImmutableArray.CreateBuilder<T>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
            items.Add(read(item, $"{key}[{items.Count}]"));
        return items.MoveToImmutable();
    }

    /// <summary>A list that leaves no key where it is empty; an empty one that is there was not written by this program.</summary>
    public ImmutableArray<T> OptionalList<T>(string key, Func<JsonElement, string, T> read)
    {
        if (!_left.Exists(property => property.NameEquals(key)))
            return [];
        var items = List(key, read);
        return items.IsEmpty ? throw Wrong(key, "is an empty list") : items;
    }

    public void Done()
    {
        if (_left.Count > 0)
            throw Wrong(_left[0].Name, "is not a key that this program knows here");
    }

    public FormatException Wrong(string key, string what) => new($"`{PathOf(key)}` of the record {what}.");

    public string PathOf(string key) => _path.Length == 0 ? key : $"{_path}.{key}";

    private string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw Wrong("?", "is a key that is not valid Unicode");
        }
    }

    private string TextOf(JsonElement value, string key)
    {
        if (value.ValueKind != JsonValueKind.String)
            throw Wrong(key, "is not a string");

        try
        {
            return value.GetString() ?? throw Wrong(key, "is not a string");
        }
        catch (InvalidOperationException)
        {
            throw Wrong(key, "is not valid Unicode");
        }
    }

    private long IntegerOf(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : throw Wrong(key, "is not an integer of 64 bits");

    private FieldPath PathOf(JsonElement value, string key) =>
        Core.Json.FieldPath.Parse(TextOf(value, key)) ?? throw Wrong(key, "is not a field path");

    private Digest DigestOf(string text, string key) =>
        Core.Json.Digest.TryParse(text, out var digest) ? digest : throw Wrong(key, "is not a digest");

    private DateTimeOffset TimeOf(string text, string key) =>
        DateTimeOffset.TryParseExact(
            text, Keys.TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : throw Wrong(key, "is not a time in UTC with seven decimals");
}

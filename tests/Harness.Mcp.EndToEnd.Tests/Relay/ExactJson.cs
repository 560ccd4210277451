using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Harness.Mcp.EndToEnd.Tests.Relay;

/// <summary>
/// A JSON value with all that a relay must keep: the order of members, keys that stand twice, each number as it was spelled, and text by its UTF-16
/// units, halves of surrogate pairs among them. How text was escaped is forgotten.
/// </summary>
internal abstract record ExactJson
{
    private const int DepthMax = 1_000;

    private ExactJson() { }

    /// <param name="Text">The number, or `true`, `false`, `null`, as spelled.</param>
    public sealed record Literal(string Text) : ExactJson;

    public sealed record String(string Value) : ExactJson;

    public sealed record Array(IReadOnlyList<ExactJson> Items) : ExactJson;

    public sealed record Object(IReadOnlyList<(string Key, ExactJson Value)> Members) : ExactJson
    {
        /// <summary>The object without some of its members.</summary>
        public Object Without(Func<string, bool> isOut) => new([.. Members.Where(member => !isOut(member.Key))]);

        /// <summary>The object with the members of one key changed in their places; a null leaves the member out.</summary>
        public Object With(string key, Func<ExactJson, ExactJson?> change) =>
            new([.. Members.Select(member => (member.Key, Value: member.Key == key ? change(member.Value) : member.Value)).Where(member => member.Value is not null).Select(member => (member.Key, member.Value!))]);

        /// <summary>The object with a member at its end.</summary>
        public Object And(string key, ExactJson value) => new([.. Members, (key, value)]);
    }

    /// <summary>A member of an object; null where there is none, or this is none.</summary>
    public ExactJson? this[string key] => this is Object map ? map.Members.Where(member => member.Key == key).Select(member => member.Value).FirstOrDefault() : null;

    public static ExactJson Parse(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json), new JsonReaderOptions { MaxDepth = DepthMax });
        reader.Read();
        return Read(ref reader);
    }

    /// <summary>The value with U+FFFD for each half of a surrogate pair.</summary>
    public ExactJson WithWholeCharacters() => this switch
    {
        String(var value) => new String(Whole(value)),
        Array(var items) => new Array([.. items.Select(item => item.WithWholeCharacters())]),
        Object(var members) => new Object([.. members.Select(member => (Whole(member.Key), member.Value.WithWholeCharacters()))]),
        _ => this,
    };

    /// <summary>One spelling for each value, in ASCII: equal values have equal spellings.</summary>
    public sealed override string ToString() => this switch
    {
        Literal(var text) => text,
        String(var value) => Quoted(value),
        Array(var items) => $"[{string.Join(',', items)}]",
        Object(var members) => $"{{{string.Join(',', members.Select(member => $"{Quoted(member.Key)}:{member.Value}"))}}}",
        _ => throw new InvalidOperationException("No such value."),
    };

    private static ExactJson Read(ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                var members = new List<(string, ExactJson)>();
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var key = TextOf(reader.ValueSpan);
                    reader.Read();
                    members.Add((key, Read(ref reader)));
                }

                return new Object(members);
            case JsonTokenType.StartArray:
                var items = new List<ExactJson>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                    items.Add(Read(ref reader));
                return new Array(items);
            case JsonTokenType.String:
                return new String(TextOf(reader.ValueSpan));
            default:
                return new Literal(Encoding.ASCII.GetString(reader.ValueSpan));
        }
    }

    private static string TextOf(ReadOnlySpan<byte> raw)
    {
        var text = new StringBuilder();
        var spelled = Encoding.UTF8.GetString(raw);
        for (var at = 0; at < spelled.Length; at++)
        {
            if (spelled[at] != '\\')
            {
                text.Append(spelled[at]);
                continue;
            }

            var escape = spelled[++at];
            text.Append(escape switch
            {
                'b' => '\b',
                'f' => '\f',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => (char)int.Parse(spelled.AsSpan(at + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                _ => escape,
            });
            at += escape == 'u' ? 4 : 0;
        }

        return text.ToString();
    }

    private static string Whole(string text) => Encoding.Unicode.GetString(Encoding.Unicode.GetBytes(text));

    private static string Quoted(string text)
    {
        var spelled = new StringBuilder("\"");
        foreach (var unit in text)
            _ = unit is >= ' ' and <= '~' and not '"' and not '\\' ? spelled.Append(unit) : spelled.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
        return spelled.Append('"').ToString();
    }
}

using CsCheck;

namespace Harness.Mcp.EndToEnd.Tests.Relay;

/// <summary>Who is to read hostile JSON, and so what of it passes.</summary>
internal enum HostileFor
{
    /// <summary>Everything.</summary>
    Agent,

    /// <summary>Without what the agent endpoint refuses because parsers differ over it: halves of surrogate pairs, and the key `__proto__`.</summary>
    Backend,

    /// <summary>As for a backend, and without numbers that some readers round: only a tool whose owner says so gets those.</summary>
    AnyBackend,

    /// <summary>Without what people do not see: a definition that hides something from them is refused.</summary>
    Person,
}

/// <summary>JSON as text, of the shapes on which relays and parsers are known to break, among ordinary ones.</summary>
internal sealed class HostileJson(HostileFor reader)
{
    private static readonly string[] Characters =
    [
        "a", "Zürich", "e\u0301", "\u00e9", "\U0001F600", @"\ud83d\ude00", @"\uD83D\uDE00", @"\u0000", @"\u001f", "\u007f", "\u0085", "\u2028\u2029", @"\u2028", "\uFEFF", @"\ufeff", "\uFFFD", "\uFFFE\uFFFF",
        @"\uffff", "\U0010FFFF", @"\""", @"\\", @"\/", "/", @"\b\f\n\r\t", "<script>&'+", @"\\u0041", @"\\ud800", "data: x", "event: message", "true", "42", " ", "",
    ];

    private static readonly string[] Halves = [@"\ud800", @"\udc00", @"\ud83d", @"\ude00\ud83d", @"\ud83dx", @"\ud83d\u0041", @"\uDBFF\uDBFF\uDFFF"];

    /// <summary>Texts that are JSON themselves, which rules read as fields: with halves of pairs, keys that stand twice, and deeper than anybody reads.</summary>
    private static readonly string[] Documents =
    [
        """{\"\\ud800\":1}""", """[\"\\udc00\"]""", """{\"verdict\":\"\\ud83d\",\"a\":1e400}""", """{\"a\":1,\"a\":2}""", """{\"__proto__\":{}}""", "[9007199254740993]", new string('[', 100) + new string(']', 100), "[1",
    ];

    private static readonly string[] Keys =
    [
        "", " ", "a", "A", "verdict", "name", "Name", "type", "text", "uri", "id", "jsonrpc", "method", "result", "error", "constructor", "toString", "toJSON", "then", "length", "0", "-1", "4294967295", @"\u0000", @"a\u0000b", "k", "\u212a",
        "\u00e9", "e\u0301", @"\u00e9x", "\U0001F600", @"\ud83d\ude01", @"\/", @"\""", "$ref", "@type", "$schema", "example.com/key", "io.modelcontextprotocol/other", "data", "isError", "content", "structuredContent", "arguments", "_meta", "\u2028",
    ];

    /// <summary>Any number that JSON can spell.</summary>
    private static readonly Gen<string> Number = Gen.Frequency(
        (3, Gen.OneOf(
            "0", "-0", "-0.0", "0e0", "1", "-1", "1.0", "1.10", "1e0", "1E+2", "1e-7", "0.1", "9007199254740993", "-9223372036854775809", "18446744073709551616", "123456789012345678901234567890", "-123456789012345678901234567890",
            "0.123456789012345678901234567890", "1e400", "-1E-400", "1e99999", "5e-324", "1.7976931348623159e308", "100000000000000000000000", "0.000000000000000000000000000001")),
        (1, Gen.Long.Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture))),
        (1, Gen.Select(Gen.Int[1, 99], Gen.Char['0', '9'].Array[1, 40], (whole, digits) => $"{whole}.{new string(digits)}")));

    private static readonly Gen<string> PlainNumber = Gen.OneOf("0", "-0", "-0.0", "0e0", "1", "-1", "1.0", "1.10", "1e0", "1E+2", "1e-7", "0.1", "9007199254740991", "5e-324", "1.7976931348623157e308");

    private Gen<string>? _text;
    private Gen<string>? _key;
    private Gen<string>? _value;

    /// <summary>A string with its quotes.</summary>
    public Gen<string> Text => _text ??= (reader == HostileFor.Agent
        ? Gen.Frequency((9, Of([.. Characters, .. Halves])), (1, Gen.OneOf(Documents)))
        : Of([.. Characters.Where(IsFit)])).Select(text => $"\"{text}\"");

    /// <summary>A key with its quotes.</summary>
    public Gen<string> Key => _key ??= Gen.OneOf((string[])[.. Keys.Where(IsFit), .. OwnKeys]).Select(key => $"\"{key}\"");

    /// <summary>Any value, up to some levels deep.</summary>
    public Gen<string> Value => _value ??= ValueWithin(3);

    /// <summary>An object of hostile members.</summary>
    public Gen<string> Object => Members.Select(members => $"{{{string.Join(',', members)}}}");

    /// <summary>Members of an object, spelled `"key":value`, no key twice.</summary>
    public Gen<string[]> Members => MembersOf(Key, Value, 6);

    public static Gen<string[]> MembersOf(Gen<string> key, Gen<string> value, int most) =>
        Gen.Select(key, value, (name, inner) => $"{name}:{inner}").Array[0, most].Select(OnlyFirst);

    /// <summary>The members without those whose key one before has, however spelled.</summary>
    public static string[] OnlyFirst(IEnumerable<string> members) =>
        [.. members.DistinctBy(member => ((ExactJson.Object)ExactJson.Parse($"{{{member}}}").WithWholeCharacters()).Members[0].Key, StringComparer.Ordinal)];

    /// <summary>A value that nests exactly so deep.</summary>
    public Gen<string> Deep(int levels) => Gen.Select(Gen.Bool.Array[levels], Text).Select((kinds, core) => kinds.Aggregate(core, (inner, isArray) => isArray ? $"[{inner}]" : $"{{\"\":{inner}}}"));

    private string[] OwnKeys => reader switch
    {
        HostileFor.Agent => ["__proto__", @"half\ud83d"],
        HostileFor.Person => ["__proto__"],
        _ => [],
    };

    private static Gen<string> Of(string[] parts) => Gen.OneOf(parts).Array[0, 4].Select(string.Concat);

    private bool IsFit(string spelled) =>
        reader != HostileFor.Person || ((ExactJson.String)ExactJson.Parse($"\"{spelled}\"")).Value.All(unit => unit is '\n' or '\r' or '\t' or (>= ' ' and not (>= '\u007f' and < '\u00a0') and not '\u2028' and not '\u2029' and not '\ufeff' and not >= '\ufff9'));

    private Gen<string> ValueWithin(int levels)
    {
        var scalar = Gen.Frequency((3, reader == HostileFor.AnyBackend ? PlainNumber : Number), (3, Text), (1, Gen.OneOf("true", "false", "null", "{}", "[]", "[ ]", "{ }")));
        if (levels == 0)
            return scalar;
        var inner = ValueWithin(levels - 1);
        return Gen.Frequency(
            (4, scalar),
            (1, inner.Array[0, 3].Select(items => $"[{string.Join(" , ", items)}]")),
            (1, MembersOf(Key, inner, 4).Select(members => $"{{ {string.Join(", ", members)} }}")));
    }
}

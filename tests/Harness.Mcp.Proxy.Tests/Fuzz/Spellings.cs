using System.Globalization;
using System.Text;

namespace Harness.Mcp.Proxy.Tests.Fuzz;

/// <summary>Keys, texts and numbers on which parsers are known to differ, among ordinary ones.</summary>
internal static class Spellings
{
    private static readonly string[] Keys =
    [
        "region", "zone", "flags", "urgent", "name", "Name", "NAME", "arguments", "argument\u017f", "ARGUMENTS", "_meta", "_META", "id", "Id", "method", "Method",
        "params", "jsonrpc", "uri", "cursor", "to", "__proto__", "\\u005f_proto__", "constructor", "prototype", "toString", "hasOwnProperty", "length", "then", "toJSON",
        "", "0", "1", "-1", "00", "4294967295", "\\u0000", "a\\u0000", "a", "A", "\u212a", "k", "K", "\u00e9", "e\u0301", "\\u00e9", "\U0001F600", "\\ud83d\\ude00",
        "\\ud800", "\\udc00\\ud800", "\\/", "\\u006eame", "na\\u006de", "\\u0041rguments", "\uFEFF", "\u2028", "\u00a0name", "name ", "$ref", "@type", "__class__",
        "progressToken", "traceparent", "example.com/key", "io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/other", "IO.modelcontextprotocol/protocolVersion",
    ];

    private static readonly string[] Texts =
    [
        "", "a", "ALR-1007", "Zürich", "e\u0301", "\u00e9", "\U0001F600", "\\ud83d\\ude00", "\\uD83D\\uDE00", "\\ud83d", "\\ude00\\ud83d", "\\ud83dx", "\\ud83d\\u0041", "\\udfff",
        "\\u0000", "a\\u0000b", "\\u001f", "\u007f", "\\u007f", "\u0085", "\u2028\u2029", "\\u2028", "\uFEFF", "\\ufeff", "\uFFFD", "\\ufffd", "\uFFFE\uFFFF", "\\uffff", "\U0010FFFF",
        "\\\"", "\\\\", "\\/", "/", "\\b\\f\\n\\r\\t", "<script>&'+", "\\x41", "\\'", "\\v", "\\0", "\\u12", "\\u00zz", "\\U0041", "\\", "\n", "\t", "\0", "\u0001",
        "true", "42", "null", "=?base64?YQ==?=", "tools/call", "tools\\/call", "tools/list", "2026-07-28", "2025-11-25", "mail_send", "geo_find", "${x}", "%00", "'",
    ];

    private static readonly string[] Numbers =
    [
        "0", "-0", "-0.0", "0.0", "0e0", "-0e-0", "0e5", "0e99999999999", "0.00e-99999999999", "1", "-1", "1.0", "1e0", "1E+0", "1e-0", "10e-1", "0.1", "0.10", "1e-1", "1.10", "42.0", "4.2e1",
        "01", "-01", "00", "+1", ".5", "1.", "-.5", "1.e1", "1e", "1e+", "1E-", "-", "--1", "0x10", "0o7", "1_000", "1,0", "1n", "1f", "NaN", "-NaN", "Infinity", "-Infinity", "inf", "undefined",
        "None", "True", "\u0661", "1\u0660", "9007199254740991", "-9007199254740991", "9007199254740992", "9007199254740993", "9007199254740994", "9007199254740993.0", "9.007199254740993e15",
        "9007199254740992.0", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615", "18446744073709551616", "1152921504606846976",
        "1152921504606847000", "1152921504606847000.0", "100000000000000000000000", "1e22", "1e23", "10e22", "12345678901234567890.10", "0.1000000000000000055511151231257827",
        "0.10000000000000001", "0.30000000000000004", "0.3000000000000000444", "1e308", "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "1e309", "1e400", "-1e400",
        "5e-324", "4e-324", "2e-324", "1e-400", "2.2250738585072011e-308", "2.2250738585072012e-308", "2.2250738585072014e-308", "1e99999999999999999999", "1e-99999999999999999999",
        "1e0000000000000000000001", "0.000000000000000000000000000000000000000000000000000000000001", "1.0000000000000000000000000000000000000000000000000000000000000000000000000000",
        "1000000000000000000000000000000000000000000000000000000000000000000000000000", "99.99999999999999999999999", "1.00000000000000000000000000001", "123456789012345680000e0",
    ];

    private static readonly byte[][] Broken =
    [
        [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0xAF], [0xED, 0xA0, 0x80], [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80], [0xF0, 0x80, 0x80, 0xAF], [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],
        [0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xFF], [0xFE, 0xFF], [0x00], [0xC0, 0x80],
    ];

    public static byte[] Key(Random random) => Quoted(random, Pick(random, Keys));

    public static byte[] Text(Random random) => Quoted(random, random.Next(8) switch
    {
        0 => new string('x', random.Next(300)),
        1 => Characters(random),
        _ => Pick(random, Texts),
    });

    public static byte[] Number(Random random) => Utf8(random.Next(5) switch
    {
        0 => Digits(random, 1 + random.Next(22)),
        1 => $"{Digits(random, 1 + random.Next(6))}.{Digits(random, 1 + random.Next(19))}",
        2 => $"{Digits(random, 1)}.{Digits(random, 1 + random.Next(18))}{Pick(random, ["e", "E", "e+", "e-"])}{random.Next(330)}",
        3 => BitConverter.Int64BitsToDouble(random.NextInt64()).ToString("R", CultureInfo.InvariantCulture),
        _ => Pick(random, Numbers),
    });

    public static byte[] Bytes(Random random) => Pick(random, Broken);

    public static T Pick<T>(Random random, IReadOnlyList<T> all) => all[random.Next(all.Count)];

    /// <summary>The same text, one character of it as an escape.</summary>
    public static byte[] Escaped(Random random, ReadOnlySpan<byte> quoted)
    {
        var text = Encoding.UTF8.GetString(quoted);
        if (text.Length < 3) return quoted.ToArray();
        var at = 1 + random.Next(text.Length - 2);
        var code = ((int)text[at]).ToString(random.Next(2) == 0 ? "x4" : "X4", CultureInfo.InvariantCulture);
        return Utf8($"{text[..at]}\\u{code}{text[(at + 1)..]}");
    }

    private static byte[] Quoted(Random random, string text)
    {
        var bytes = Utf8(text);
        return random.Next(40) == 0 ? [(byte)'"', .. bytes, .. Bytes(random), (byte)'"'] : [(byte)'"', .. bytes, (byte)'"'];
    }

    private static string Characters(Random random)
    {
        var text = new StringBuilder();
        for (var left = random.Next(12); left > 0; left--)
        {
            var rune = new Rune(random.Next(3) == 0 ? 0x20 + random.Next(0x5f) : random.Next(2) == 0 ? random.Next(0xD800) : 0xE000 + random.Next(0x110000 - 0xE000));
            text.Append(rune.Value is '"' or '\\' ? "-" : rune.Value < 0x20 && random.Next(4) > 0 ? string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}") : rune.ToString());
        }

        return text.ToString();
    }

    private static string Digits(Random random, int count) =>
        (random.Next(4) == 0 ? "-" : "") + string.Concat(Enumerable.Range(0, count).Select(index => (char)('0' + (index == 0 && count > 1 ? 1 + random.Next(9) : random.Next(10)))));

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}

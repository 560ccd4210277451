using System.Globalization;

namespace Harness.Mcp.Proxy.Backends;

/// <summary>
/// Takes halves of surrogate pairs out of JSON from backends. They are no characters, so no reader of UTF-8 has a value for them: some fail, some replace
/// them, some pass them on. A text that its backend cut in the middle of an emoji has one. Each becomes U+FFFD, so that everybody reads the same.
/// </summary>
internal static class WholeCharacters
{
    private const int EscapeLength = 6;

    /// <param name="json">JSON, or what should be; it is left as it is.</param>
    /// <returns>The same memory where it has no half.</returns>
    public static ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> json)
    {
        var at = NextHalf(json.Span, 0);
        if (at < 0)
            return json;

        var whole = json.ToArray();
        for (; at >= 0; at = NextHalf(whole, at + EscapeLength))
            "\\ufffd"u8.CopyTo(whole.AsSpan(at));
        return whole;
    }

    /// <summary>Where the next escape stands that is half of a pair; -1 for nowhere.</summary>
    private static int NextHalf(ReadOnlySpan<byte> json, int start)
    {
        for (var at = start; json[at..].IndexOf((byte)'\\') is >= 0 and var distance;)
        {
            at += distance;
            var unit = UnitAt(json, at);
            if (char.IsHighSurrogate(unit) && char.IsLowSurrogate(UnitAt(json, at + EscapeLength)))
                at += 2 * EscapeLength;
            else if (char.IsSurrogate(unit))
                return at;
            else
                at = Math.Min(at + 2, json.Length);
        }

        return -1;
    }

    /// <summary>The UTF-16 unit that is escaped as `\u…` at a place; U+0000 where nothing is.</summary>
    private static char UnitAt(ReadOnlySpan<byte> json, int at) =>
        at + EscapeLength <= json.Length && json[at] == '\\' && json[at + 1] == 'u'
        && ushort.TryParse(json.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : '\0';
}

using System.Globalization;
using System.Text;

namespace Harness.Mcp.Proxy.Backends;

/// <summary>Text of backends as people may safely see it: what is invisible, reorders or drives a terminal is spelled out or refused.</summary>
internal static class VisibleText
{
    /// <summary>Every character that is not plainly visible, but the space, as `\u{…}`.</summary>
    public static string Escape(string text) => Escape(text, static rune => rune.Value is not ' ' && IsSuspect(rune));

    /// <summary>The same, with line breaks and tabs as they are.</summary>
    public static string EscapeProse(string text) =>
        IsCleanProse(text) ? text : Escape(text, static rune => rune.Value is not ('\n' or '\r' or '\t') && IsSuspect(rune));

    private static string Escape(string text, Func<Rune, bool> isHidden)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (!isHidden(rune))
                result.Append(rune.ToString());
            else
                result.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:X}}}");
        }

        return result.ToString();
    }

    /// <summary>
    /// Controls, bidirectional marks, invisible fillers, tag characters and variation selectors of the supplement, by which text can say one
    /// thing to a model and show another to a person.
    /// </summary>
    public static bool IsSuspect(Rune rune) => rune.Value switch
    {
        < 0x20 or (>= 0x7F and < 0xA0) => true,
        0x061C or 0x115F or 0x1160 or 0x180E or 0x3164 or 0xFEFF or 0xFFA0 => true,
        0x200B or 0x200E or 0x200F or (>= 0x2028 and <= 0x202E) or (>= 0x2060 and <= 0x206F) => true,
        >= 0xFFF9 and <= 0xFFFB => true,
        0xFFFD => true,
        >= 0xE0000 and <= 0xE0FFF => true,
        _ => false,
    };

    /// <summary>Whether prose of a backend (which may hold line breaks and tabs) holds a suspect character.</summary>
    public static bool IsCleanProse(string text)
    {
        foreach (var rune in text.EnumerateRunes())
            if (IsSuspect(rune) && rune.Value is not ('\n' or '\r' or '\t'))
                return false;
        return true;
    }
}

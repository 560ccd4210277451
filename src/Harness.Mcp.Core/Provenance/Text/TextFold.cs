using System.Globalization;
using System.Text;

namespace Harness.Mcp.Core.Provenance.Text;

/// <summary>
/// Brings spellings that look alike into one form: compatibility forms of letters and digits, typographic quotes and spaces fold, and
/// characters that nobody sees go. The tables are our own and small, since a chain must fold alike on every machine, and what a platform knows
/// of Unicode differs. What they leave out stays as it is, and so stays unknown, which denies under `grounding: strict`.
/// </summary>
internal static class TextFold
{
    /// <summary>The folded text: in <paramref name="buffer"/>, or the text itself where nothing folds.</summary>
    public static ReadOnlySpan<char> Fold(ReadOnlySpan<char> text, ref char[] buffer)
    {
        if (Ascii.IsValid(text))
            return text;

        if (buffer.Length < text.Length * FoldedPerCharMax)
            buffer = new char[text.Length * FoldedPerCharMax];
        var length = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii)
                buffer[length++] = (char)rune.Value;
            else if (Ligature(rune.Value) is { } letters)
                foreach (var letter in letters)
                    buffer[length++] = letter;
            else if (!IsUnseen(rune))
                length += Plain(rune).EncodeToUtf16(buffer.AsSpan(length));
        }

        return buffer.AsSpan(0, length);
    }

    /// <summary>The text in small letters, character by character.</summary>
    /// <param name="lower">Room: as long as the text.</param>
    /// <returns>The length of the text.</returns>
    public static int Lower(ReadOnlySpan<char> text, Span<char> lower)
    {
        // Many at a time as far as they are ASCII; case beyond it is the platform's, which takes them one by one.
        Ascii.ToLower(text, lower, out var length);
        if (length < text.Length)
            text[length..].ToLowerInvariant(lower[length..]);
        return text.Length;
    }

    private const int FoldedPerCharMax = 3;

    /// <summary>Marks of direction, joiners, fillers, variation selectors, tags: text with and without them looks the same.</summary>
    private static bool IsUnseen(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format
        || rune.Value is 0x034F or 0x115F or 0x1160 or 0x17B4 or 0x17B5 or 0x3164 or 0xFFA0
            or (>= 0x180B and <= 0x180F) or (>= 0xFE00 and <= 0xFE0F) or (>= 0xE0000 and <= 0xE0FFF);

    private static Rune Plain(Rune rune) => rune.Value switch
    {
        0x00A0 or 0x1680 or 0x202F or 0x205F or 0x3000 or (>= 0x2000 and <= 0x200A) => new Rune(' '),
        0x2018 or 0x2019 or 0x201B or 0x02BC => new Rune('\''),
        0x201C or 0x201D or 0x201F => new Rune('"'),
        0x2024 or 0xFE52 => new Rune('.'),
        0x2010 or 0x2011 or 0xFE63 => new Rune('-'),
        0xFE6B => new Rune('@'),
        0xFE55 => new Rune(':'),
        0x2044 => new Rune('/'),
        0x00B9 => new Rune('1'),
        0x00B2 or 0x00B3 => new Rune('2' + (rune.Value - 0x00B2)),
        0x2070 or (>= 0x2074 and <= 0x2079) => new Rune('0' + (rune.Value - 0x2070)),
        >= 0x2080 and <= 0x2089 => new Rune('0' + (rune.Value - 0x2080)),
        >= 0x24B6 and <= 0x24CF => new Rune('A' + (rune.Value - 0x24B6)),
        >= 0x24D0 and <= 0x24E9 => new Rune('a' + (rune.Value - 0x24D0)),
        >= 0xFF01 and <= 0xFF5E => new Rune(rune.Value - 0xFF01 + '!'),
        0x212A => new Rune('K'),
        >= 0x1D400 and <= 0x1D6A3 => MathematicalLetter(rune.Value - 0x1D400),
        >= 0x1D7CE and <= 0x1D7FF => new Rune('0' + ((rune.Value - 0x1D7CE) % 10)),
        _ => rune,
    };

    /// <summary>Thirteen alphabets of bold, italic, script and so on, each with its capitals before its small letters.</summary>
    private static Rune MathematicalLetter(int offset) =>
        offset % 52 is var letter && letter < 26 ? new Rune('A' + letter) : new Rune('a' + (letter - 26));

    private static string? Ligature(int code) => code switch
    {
        0xFB00 => "ff",
        0xFB01 => "fi",
        0xFB02 => "fl",
        0xFB03 => "ffi",
        0xFB04 => "ffl",
        0xFB05 or 0xFB06 => "st",
        0x2026 => "...",
        _ => null,
    };
}

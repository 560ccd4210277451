using System.Globalization;

namespace Harness.Mcp.Core.Provenance.Text;

/// <summary>Which characters a chunk is made of, read in one go: most kinds of values are ruled out by it.</summary>
internal readonly struct Marks
{
    private const byte NotOfWords = 1;
    private const byte NotOfNumbers = 2;
    private const byte NotOfGroups = 4;
    private const byte At = 8;
    private const byte Dot = 16;
    private const byte Colon = 32;

    private static readonly byte[] Ascii = AsciiOf();

    private readonly byte _bits;

    private Marks(byte bits) => _bits = bits;

    /// <summary>Letters, with hyphens and apostrophes.</summary>
    public bool IsWord => (_bits & NotOfWords) == 0;

    /// <summary>Digits, signs, points and commas, with a digit at the end.</summary>
    public bool IsNumeric => (_bits & NotOfNumbers) == 0;

    /// <summary>Digits, hyphens and plus signs.</summary>
    public bool IsGroup => (_bits & NotOfGroups) == 0;

    public bool HasAt => (_bits & At) != 0;

    public bool MayBeLink => (_bits & (Dot | Colon)) != 0;

    public static Marks Of(ReadOnlySpan<char> chunk)
    {
        var (bits, ascii) = (0, Ascii);
        foreach (var character in chunk)
            bits |= character < ascii.Length ? ascii[character] : Beyond(character);
        if (!char.IsAsciiDigit(chunk[^1]))
            bits |= NotOfNumbers;
        if ((bits & (Dot | Colon)) == Colon && !chunk.Contains("://", StringComparison.Ordinal))
            bits ^= Colon; // A host has a dot, unless a scheme stands before it.
        return new Marks((byte)bits);
    }

    private static int Beyond(char character) => char.IsLetter(character) || IsMark(character)
        ? NotOfNumbers | NotOfGroups
        : NotOfWords | NotOfNumbers | NotOfGroups;

    private static bool IsMark(char character) => char.GetUnicodeCategory(character) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private static byte[] AsciiOf()
    {
        var table = new byte[128];
        for (var character = '\0'; character < table.Length; character++)
        {
            var bits = character switch { '@' => At, '.' => Dot, ':' => Colon, _ => 0 };
            if (!char.IsAsciiLetter(character) && character is not ('-' or '\''))
                bits |= NotOfWords;
            if (!char.IsAsciiDigit(character) && character is not ('-' or '+'))
                bits |= NotOfGroups | (character is '.' or ',' ? 0 : NotOfNumbers);
            table[character] = (byte)bits;
        }

        return table;
    }
}

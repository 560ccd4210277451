using System.Text;

namespace Harness.Mcp.Core.Json;

/// <summary>JSON strings as bytes, without the way through .NET strings, which cannot hold all of them.</summary>
internal static class JsonText
{
    /// <summary>
    /// The characters that a string's raw text stands for, as UTF-8. Half a surrogate pair, which UTF-8 has no form for, becomes the
    /// three bytes that its code would have (`ED A0 80` to `ED BF BF`), so that different strings stay different.
    /// </summary>
    /// <param name="raw">Valid JSON: what stands between the quotes.</param>
    public static byte[] Unescape(ReadOnlySpan<byte> raw)
    {
        var text = new byte[raw.Length]; // An escape is never shorter than what it stands for.
        var length = 0;
        for (var index = 0; index < raw.Length; index++)
        {
            if (raw[index] != '\\')
            {
                text[length++] = raw[index];
                continue;
            }

            index++;
            if (raw[index] != 'u')
            {
                text[length++] = Simple(raw[index]);
                continue;
            }

            var code = CodeUnit(raw.Slice(index + 1, 4));
            index += 4;
            if (char.IsHighSurrogate((char)code) && raw[(index + 1)..] is [(byte)'\\', (byte)'u', ..]
                && CodeUnit(raw.Slice(index + 3, 4)) is var low && char.IsLowSurrogate((char)low))
            {
                length += new Rune((char)code, (char)low).EncodeToUtf8(text.AsSpan(length));
                index += 6;
            }
            else if (char.IsSurrogate((char)code))
            {
                text[length++] = 0xED;
                text[length++] = (byte)(0x80 | ((code >> 6) & 0x3F));
                text[length++] = (byte)(0x80 | (code & 0x3F));
            }
            else
            {
                length += new Rune(code).EncodeToUtf8(text.AsSpan(length));
            }
        }

        return text[..length];
    }

    /// <summary>Compares texts in UTF-8 by the UTF-16 code units that they would have.</summary>
    public static int CompareUtf16(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var common = left.CommonPrefixLength(right);
        if (common == left.Length || common == right.Length)
            return left.Length.CompareTo(right.Length);

        // UTF-8 sorts like the characters' codes. UTF-16 differs in one thing: what lies beyond U+FFFF (first byte F0 and up) is written
        // with surrogates, and so comes before U+E000 to U+FFFF (first byte EE or EF).
        var (l, r) = (left[common], right[common]);
        return l >= 0xEE && r >= 0xEE && (l >= 0xF0) != (r >= 0xF0) ? r.CompareTo(l) : l.CompareTo(r);
    }

    private static byte Simple(byte escape) => escape switch
    {
        (byte)'b' => 8,
        (byte)'t' => 9,
        (byte)'n' => 10,
        (byte)'f' => 12,
        (byte)'r' => 13,
        _ => escape,
    };

    private static int CodeUnit(ReadOnlySpan<byte> digits) =>
        (HexValue(digits[0]) << 12) | (HexValue(digits[1]) << 8) | (HexValue(digits[2]) << 4) | HexValue(digits[3]);

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}

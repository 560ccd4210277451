using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Harness.Mcp.Core.Provenance;

/// <summary>
/// What a stretch of text says when it is read as percent escapes, Base64 or hexadecimal, each inside the other up to two deep. Only readable text
/// counts: bytes that happen to decode say nothing.
/// </summary>
internal static class Decoding
{
    public const int CharsMin = 8;
    public const int CharsMax = 4_096;
    private const int DepthMax = 2;

    private static readonly SearchValues<char> Base64Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=");

    private static readonly byte[] Base64Values = Base64ValuesOf();

    public static IReadOnlyList<string> AllOf(ReadOnlySpan<char> text)
    {
        if (text.Length is < CharsMin or > CharsMax || !MayBeEncoded(text))
            return [];
        var found = new List<string>();
        Add(text, 1, found);
        return found;
    }

    /// <summary>A quick no for nearly every word.</summary>
    private static bool MayBeEncoded(ReadOnlySpan<char> text)
    {
        if (text.Contains('%'))
            return true;
        var (hasDigit, hasUpperInside) = (text.ContainsAnyInRange('0', '9'), text[1..].ContainsAnyInRange('A', 'Z'));
        if ((!hasDigit && !hasUpperInside) || text.IndexOfAnyExcept(Base64Characters) >= 0)
            return false;

        // Digits with hyphens between them are a date or a number in groups.
        return hasDigit ? hasUpperInside || text.ContainsAnyInRange('a', 'z') || !text.Contains('-') : text.ContainsAnyInRange('a', 'z');
    }

    private static void Add(ReadOnlySpan<char> text, int depth, List<string> found)
    {
        foreach (var decoded in (ReadOnlySpan<string?>)[Percent(text), Hexadecimal(text), Base64(text)])
        {
            if (decoded is null || decoded.Length == 0 || found.Contains(decoded))
                continue;
            found.Add(decoded);
            if (depth < DepthMax && decoded.Length >= CharsMin)
                Add(decoded, depth + 1, found);
        }
    }

    private static string? Percent(ReadOnlySpan<char> text)
    {
        if (!text.Contains('%'))
            return null;
        var decoded = Uri.UnescapeDataString(text);
        return decoded.AsSpan().SequenceEqual(text) ? null : decoded;
    }

    private static string? Hexadecimal(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            text = text[2..];
        if (text.Length < CharsMin || text.Length % 2 != 0)
            return null;
        Span<byte> bytes = stackalloc byte[text.Length / 2];
        if (Convert.FromHexString(text, bytes, out _, out _) != OperationStatus.Done)
            return null;
        foreach (var one in bytes)
            if (!IsReadable(one))
                return null;
        return Text(bytes);
    }

    private static string? Base64(ReadOnlySpan<char> text)
    {
        var bare = text.TrimEnd('=');
        if (bare.Length < CharsMin || bare.Length % 4 == 1 || bare.IndexOfAnyExcept(Base64Characters) >= 0)
            return null;
        Span<byte> bytes = stackalloc byte[bare.Length * 3 / 4];
        var (read, bits, length) = (0u, 0, 0);
        foreach (var character in bare)
        {
            if (character == '=')
                return null;
            (read, bits) = ((read << 6) | Base64Values[character], bits + 6);
            if (bits < 8)
                continue;
            bits -= 8;
            bytes[length] = (byte)(read >> bits);
            if (!IsReadable(bytes[length++]))
                return null;
        }

        return Text(bytes[..length]);
    }

    /// <summary>Most of what only looks encoded holds an unreadable byte near its beginning, so that the rest need not be decoded.</summary>
    private static bool IsReadable(byte one) => one is >= 0x20 and not 0x7F or (byte)'\t' or (byte)'\r' or (byte)'\n';

    private static byte[] Base64ValuesOf()
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        var values = new byte[128];
        for (var value = 0; value < Alphabet.Length; value++)
            values[Alphabet[value]] = (byte)value;
        (values['+'], values['-']) = (62, 62);
        (values['/'], values['_']) = (63, 63);
        return values;
    }

    private static string? Text(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;
}

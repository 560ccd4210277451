using System.Buffers;
using System.Text;

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

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

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
        if (text.IndexOfAnyExcept(Base64Characters) >= 0)
            return false;
        var (hasDigit, hasLower, hasUpperInside) = (false, false, false);
        for (var index = 0; index < text.Length; index++)
        {
            hasDigit |= char.IsAsciiDigit(text[index]);
            hasLower |= char.IsAsciiLetterLower(text[index]);
            hasUpperInside |= index > 0 && char.IsAsciiLetterUpper(text[index]);
        }

        return hasDigit || (hasLower && hasUpperInside);
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
        var percent = text.IndexOf('%');
        if (percent < 0)
            return null;
        var decoded = Uri.UnescapeDataString(text.ToString());
        return decoded.AsSpan().SequenceEqual(text) ? null : decoded;
    }

    private static string? Hexadecimal(ReadOnlySpan<char> text)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
            text = text[2..];
        if (text.Length < CharsMin || text.Length % 2 != 0)
            return null;
        foreach (var character in text)
            if (!char.IsAsciiHexDigit(character))
                return null;
        return Readable(Convert.FromHexString(text));
    }

    private static string? Base64(ReadOnlySpan<char> text)
    {
        var bare = text.TrimEnd('=');
        if (bare.Length < CharsMin || bare.Length % 4 == 1 || bare.IndexOfAnyExcept(Base64Characters) >= 0)
            return null;
        var padded = bare.ToString().Replace('-', '+').Replace('_', '/').PadRight((bare.Length + 3) / 4 * 4, '=');
        var bytes = new byte[padded.Length / 4 * 3];
        return Convert.TryFromBase64String(padded, bytes, out var length) ? Readable(bytes.AsSpan(0, length)) : null;
    }

    private static string? Readable(ReadOnlySpan<byte> bytes)
    {
        foreach (var one in bytes)
            if (one is < 0x20 and not ((byte)'\t' or (byte)'\r' or (byte)'\n') or 0x7F)
                return null;
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}

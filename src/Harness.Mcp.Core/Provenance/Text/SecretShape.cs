using System.Buffers;

namespace Harness.Mcp.Core.Provenance.Text;

/// <summary>
/// What keys, tokens and passwords look like: the marks that well-known issuers put in front, private keys in PEM, and long runs of letters and
/// digits as only chance makes them.
/// </summary>
internal static class SecretShape
{
    private const int MarkedCharsMin = 16;
    private const int RandomCharsMin = 20;
    private const int HexCharsMin = 32;
    private const double BitsPerCharMin = 3.5;

    private static readonly SearchValues<char> RunCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789");

    private static readonly string[] Marks =
    [
        "AKIA", "ASIA", "AIza", "ya29.", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-",
        "sk-", "sk_live_", "sk_test_", "rk_live_", "pk_live_", "SG.", "npm_", "pypi-", "dop_v1_", "hf_", "eyJ", "AGE-SECRET-KEY-",
    ];

    public static bool HasPrivateKey(ReadOnlySpan<char> text) => text.Contains("PRIVATE KEY-----", StringComparison.Ordinal);

    public static bool IsInside(ReadOnlySpan<char> chunk)
    {
        if (chunk.Length < MarkedCharsMin)
            return false;
        for (var start = 0; start < chunk.Length;)
        {
            var begin = chunk[start..].IndexOfAny(RunCharacters);
            if (begin < 0)
                return false;
            start += begin;
            var rest = chunk[start..];
            var end = rest.IndexOfAnyExcept(RunCharacters);
            var run = end < 0 ? rest : rest[..end];
            if (IsMarked(rest) || IsRandom(run))
                return true;
            start += run.Length;
        }

        return false;
    }

    private static bool IsMarked(ReadOnlySpan<char> rest)
    {
        foreach (var mark in Marks)
            if (rest.Length >= MarkedCharsMin && rest.StartsWith(mark, StringComparison.Ordinal) && rest[mark.Length..].ContainsAnyInRange('0', '9'))
                return true;
        return false;
    }

    private static bool IsRandom(ReadOnlySpan<char> run)
    {
        if (run.Length < RandomCharsMin)
            return false;
        var (digits, lower, upper, hex, changes) = (0, 0, 0, 0, 0);
        for (var index = 0; index < run.Length; index++)
        {
            digits += char.IsAsciiDigit(run[index]) ? 1 : 0;
            lower += char.IsAsciiLetterLower(run[index]) ? 1 : 0;
            upper += char.IsAsciiLetterUpper(run[index]) ? 1 : 0;
            hex += char.IsAsciiHexDigit(run[index]) ? 1 : 0;
            changes += index > 0 && Class(run[index]) != Class(run[index - 1]) ? 1 : 0;
        }

        if (hex == run.Length)
            return run.Length >= HexCharsMin && digits > 0 && digits < run.Length;
        return digits >= 2 && (lower > 0 || upper > 0) && changes * 5 >= run.Length * 2 && BitsPerChar(run) >= BitsPerCharMin;
    }

    private static int Class(char character) =>
        char.IsAsciiDigit(character) ? 0 : char.IsAsciiLetterLower(character) ? 1 : 2;

    private static double BitsPerChar(ReadOnlySpan<char> run)
    {
        Span<int> counts = stackalloc int[128];
        counts.Clear();
        foreach (var character in run)
            counts[character]++;
        var bits = 0.0;
        foreach (var count in counts)
            if (count > 0)
                bits -= (double)count / run.Length * Math.Log2((double)count / run.Length);
        return bits;
    }
}

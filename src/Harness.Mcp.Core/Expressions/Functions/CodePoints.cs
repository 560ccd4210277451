using System.Text;

namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>Strings as CEL counts them: by Unicode code point, where .NET counts UTF-16 code units.</summary>
internal static class CodePoints
{
    public static int Count(string text)
    {
        var pairs = 0;
        for (var at = 0; at + 1 < text.Length; at++)
        {
            if (char.IsSurrogatePair(text[at], text[at + 1]))
            {
                pairs++;
                at++;
            }
        }

        return text.Length - pairs;
    }

    /// <summary>The index in UTF-16 units of a code point; the count of code points gives the length. -1 where it is out of range.</summary>
    public static int UnitIndex(string text, long codePoint)
    {
        if (codePoint < 0 || codePoint > text.Length)
            return -1;

        var at = 0;
        for (long passed = 0; passed < codePoint; passed++)
        {
            if (at >= text.Length)
                return -1;
            at += at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;
        }

        return at;
    }

    public static string Reverse(string text)
    {
        var reversed = new StringBuilder(text.Length);
        for (var at = text.Length - 1; at >= 0; at--)
        {
            if (at > 0 && char.IsSurrogatePair(text[at - 1], text[at]))
                reversed.Append(text, --at, 2);
            else
                reversed.Append(text[at]);
        }

        return reversed.ToString();
    }

    /// <summary>Orders by code point, which UTF-16 does not do for characters beyond U+FFFF.</summary>
    public static int Compare(string first, string second)
    {
        var common = first.AsSpan().CommonPrefixLength(second);
        if (common == first.Length || common == second.Length)
            return first.Length.CompareTo(second.Length);

        var (one, other) = (first[common], second[common]);
        if (char.IsSurrogate(one) != char.IsSurrogate(other))
            return char.IsSurrogate(one) ? 1 : -1;
        return one.CompareTo(other);
    }
}

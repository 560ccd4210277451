using System.Globalization;
using System.Numerics;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Proxy.Documents;

/// <summary>What an unquoted scalar means by YAML 1.2's core schema: `yes`, `on` and `0777x` are text, `0o17` is a number.</summary>
internal static class CoreSchema
{
    public const int NumberLengthMax = 400;

    public static ScalarKind KindOf(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => ScalarKind.Null,
        "true" or "True" or "TRUE" or "false" or "False" or "FALSE" => ScalarKind.Boolean,
        ".nan" or ".NaN" or ".NAN" => ScalarKind.Float,
        _ => NumberKindOf(text),
    };

    /// <summary>The number as JSON spells it; null for infinities, not-a-number and numbers of more than <see cref="NumberLengthMax"/> characters.</summary>
    public static string? NumberAsJson(string text, ScalarKind kind)
    {
        if (text.Length > NumberLengthMax || text.EndsWith("nf", StringComparison.OrdinalIgnoreCase) || text.EndsWith("an", StringComparison.OrdinalIgnoreCase))
            return null;
        if (text.StartsWith("0x", StringComparison.Ordinal))
            return BigInteger.Parse("0" + text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture);
        if (text.StartsWith("0o", StringComparison.Ordinal))
            return text.Skip(2).Aggregate(BigInteger.Zero, (sum, digit) => (sum * 8) + (digit - '0')).ToString(CultureInfo.InvariantCulture);

        var sign = text[0] == '-' ? "-" : "";
        var rest = text.TrimStart('+', '-');
        var wholeEnd = rest.AsSpan().IndexOfAnyExceptInRange('0', '9');
        var whole = (wholeEnd < 0 ? rest : rest[..wholeEnd]).TrimStart('0');
        var tail = wholeEnd < 0 ? "" : rest[wholeEnd..];
        if (kind == ScalarKind.Float && tail.StartsWith('.') && (tail.Length == 1 || tail[1] is 'e' or 'E'))
            tail = ".0" + tail[1..];
        return sign + (whole.Length == 0 ? "0" : whole) + tail;
    }

    private static ScalarKind NumberKindOf(string text)
    {
        if (text.StartsWith("0x", StringComparison.Ordinal))
            return text.Length > 2 && text.AsSpan(2).IndexOfAnyExcept("0123456789abcdefABCDEF") < 0 ? ScalarKind.Integer : ScalarKind.String;
        if (text.StartsWith("0o", StringComparison.Ordinal))
            return text.Length > 2 && text.AsSpan(2).IndexOfAnyExceptInRange('0', '7') < 0 ? ScalarKind.Integer : ScalarKind.String;

        var rest = text.AsSpan(text[0] is '+' or '-' ? 1 : 0);
        if (rest is ".inf" or ".Inf" or ".INF")
            return ScalarKind.Float;

        var whole = TakeDigits(ref rest);
        if (rest.IsEmpty)
            return whole > 0 ? ScalarKind.Integer : ScalarKind.String;

        var fraction = 0;
        if (rest[0] == '.')
        {
            rest = rest[1..];
            fraction = TakeDigits(ref rest);
        }

        if (whole + fraction == 0)
            return ScalarKind.String;
        if (rest.IsEmpty)
            return ScalarKind.Float;
        if (rest[0] is not ('e' or 'E'))
            return ScalarKind.String;

        rest = rest[1..];
        if (!rest.IsEmpty && rest[0] is '+' or '-')
            rest = rest[1..];
        return TakeDigits(ref rest) > 0 && rest.IsEmpty ? ScalarKind.Float : ScalarKind.String;
    }

    private static int TakeDigits(ref ReadOnlySpan<char> text)
    {
        var end = text.IndexOfAnyExceptInRange('0', '9');
        var count = end < 0 ? text.Length : end;
        text = text[count..];
        return count;
    }
}

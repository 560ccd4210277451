using System.Globalization;
using System.Text;

namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>`"%s and %.2f".format([…])`.</summary>
internal static class TextFormat
{
    private const int PrecisionMax = 100;

    public static CelValue Format(string pattern, CelList arguments)
    {
        var result = new StringBuilder(pattern.Length);
        var next = 0;
        for (var at = 0; at < pattern.Length; at++)
        {
            if (pattern[at] != '%')
            {
                result.Append(pattern[at]);
                continue;
            }

            at++;
            if (at < pattern.Length && pattern[at] == '%')
            {
                result.Append('%');
                continue;
            }

            if (!Precision(pattern, ref at, out var precision) || at >= pattern.Length)
                return CelValue.Error("a formatting clause is not complete");
            if (pattern[at] is not ('s' or 'd' or 'f' or 'e' or 'x' or 'X' or 'o' or 'b'))
                return CelValue.Error($"unrecognized formatting clause \"{pattern[at]}\"");
            if (next >= arguments.Count)
                return CelValue.Error($"index {next} out of range: the format has more clauses than arguments");

            var argument = arguments[next++];
            if (Clause(pattern[at], precision ?? 6, argument) is not { } text)
                return CelValue.Error($"formatting clause \"{pattern[at]}\" does not take {Conversions.NameOf(argument)}");
            result.Append(text);
            if (result.Length > MoreTexts.LengthMax)
                return MoreTexts.TooLong;
        }

        return CelValue.Of(result.ToString());
    }

    private static bool Precision(string pattern, ref int at, out int? precision)
    {
        precision = null;
        if (at >= pattern.Length || pattern[at] != '.')
            return true;

        var start = ++at;
        while (at < pattern.Length && char.IsAsciiDigit(pattern[at]))
            at++;
        var isNumber = int.TryParse(pattern.AsSpan(start, at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= PrecisionMax;
        precision = number;
        return isNumber;
    }

    private static string? Clause(char clause, int precision, in CelValue value)
    {
        switch (clause)
        {
            case 's':
                var text = new StringBuilder();
                return Append(text, value) ? text.ToString() : null;
            case 'd':
                return value.IsNumber ? Text(value) : null;
            case 'f' or 'e':
                return value.IsNumber ? Decimal(clause, precision, NumericOrder.ToDouble(value)) : null;
            case 'x' or 'X':
                return Hexadecimal(value) is { } hex ? clause == 'x' ? hex : hex.ToUpperInvariant() : null;
            case 'o':
                return Radix(value, 8);
            default:
                return value.Kind == CelKind.Bool ? value.AsBool ? "1" : "0" : Radix(value, 2);
        }
    }

    private static string Decimal(char clause, int precision, double value)
    {
        if (!double.IsFinite(value))
            return Conversions.ToText(value);
        return clause == 'f'
            ? value.ToString("F" + precision.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)
            : value.ToString("0." + new string('0', precision) + "e+00", CultureInfo.InvariantCulture);
    }

    private static string? Hexadecimal(in CelValue value) => value.Kind switch
    {
        CelKind.String => Convert.ToHexStringLower(Encoding.UTF8.GetBytes(value.AsString)),
        CelKind.Bytes => Convert.ToHexStringLower(value.AsBytes),
        _ => Radix(value, 16),
    };

    private static string? Radix(in CelValue value, uint radix)
    {
        if (value.Kind is not (CelKind.Int or CelKind.Uint))
            return null;

        var isNegative = value.Kind == CelKind.Int && value.AsInt < 0;
        var rest = value.Kind == CelKind.Uint ? value.AsUint : isNegative ? 0 - (ulong)value.AsInt : (ulong)value.AsInt;
        Span<char> digits = stackalloc char[65];
        var at = digits.Length;
        do
        {
            digits[--at] = "0123456789abcdef"[(int)(rest % radix)];
            rest /= radix;
        }
        while (rest > 0);

        if (isNegative)
            digits[--at] = '-';
        return digits[at..].ToString();
    }

    private static string Text(in CelValue value)
    {
        var text = new StringBuilder();
        Append(text, value);
        return text.ToString();
    }

    private static bool Append(StringBuilder result, in CelValue value)
    {
        if (result.Length > MoreTexts.LengthMax)
            return true; // The caller refuses it for its length.

        switch (value.Kind)
        {
            case CelKind.Null:
                result.Append("null");
                return true;
            case CelKind.Bool:
                result.Append(value.AsBool ? "true" : "false");
                return true;
            case CelKind.Int:
                result.Append(CultureInfo.InvariantCulture, $"{value.AsInt}");
                return true;
            case CelKind.Uint:
                result.Append(CultureInfo.InvariantCulture, $"{value.AsUint}");
                return true;
            case CelKind.Double:
                result.Append(Conversions.ToText(value.AsDouble));
                return true;
            case CelKind.String:
                result.Append(value.AsString);
                return true;
            case CelKind.Bytes:
                result.Append(Encoding.UTF8.GetString(value.AsBytes));
                return true;
            case CelKind.Timestamp:
                result.Append(TimeText.Of(value));
                return true;
            case CelKind.Duration:
                result.Append(TimeText.OfDuration(value.DurationNanoseconds));
                return true;
            case CelKind.Type:
                result.Append(value.TypeName);
                return true;
            case CelKind.List:
                return AppendList(result, value.AsList);
            case CelKind.Map:
                return AppendMap(result, value.AsMap);
            default:
                return false;
        }
    }

    private static bool AppendList(StringBuilder result, CelList list)
    {
        result.Append('[');
        for (var index = 0; index < list.Count; index++)
        {
            if (index > 0)
                result.Append(", ");
            if (!Append(result, list[index]))
                return false;
        }

        result.Append(']');
        return true;
    }

    // Sorted by the text of the keys, so that equal maps have equal text.
    private static bool AppendMap(StringBuilder result, CelMap map)
    {
        result.Append('{');
        var isFirst = true;
        foreach (var (text, key) in map.Keys.Select(key => (Text(key), key)).OrderBy(pair => pair.Item1, StringComparer.Ordinal))
        {
            if (!isFirst)
                result.Append(", ");
            isFirst = false;
            result.Append(text).Append(": ");
            if (!map.TryGet(key, out var value) || !Append(result, value))
                return false;
        }

        result.Append('}');
        return true;
    }
}

using System.Buffers.Text;
using System.Globalization;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// Which numbers every JSON reader takes for the same value. We compare numbers digit by digit, and so does a backend in Python for its
/// integers; one in JavaScript rounds all of them to doubles. Two numbers that differ here may be one there, so that no way of comparing
/// would be right for both. Passed are numbers that a reader who rounds would write back as the same number: no two of them become
/// one, and their order stays.
/// </summary>
internal static class NumberText
{
    /// <summary>The largest magnitude of an integer that is written as such: the next one is the first that two integers share as a double.</summary>
    public const long IntegerMax = 9_007_199_254_740_991;

    /// <summary>The most characters that a number may have, so that telling costs little.</summary>
    public const int CharsMax = 64;

    private const int SafeDigits = 15;
    private const int DoubleDigitsMax = 17;
    private const int ExponentMax = 100_000;

    /// <param name="text">A number as JSON spells it.</param>
    public static bool IsReadAlike(ReadOnlySpan<byte> text)
    {
        if (text.Length > CharsMax) return false;
        if (text.IndexOfAny(".eE"u8) < 0)
        {
            return text.Length <= SafeDigits
                || (Utf8Parser.TryParse(text, out long whole, out var consumed) && consumed == text.Length && whole is >= -IntegerMax and <= IntegerMax);
        }

        Span<byte> digits = stackalloc byte[CharsMax];
        var count = Digits(text, digits, out var point);
        if (count == 0) return true;
        if (count > DoubleDigitsMax || !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var read) || !double.IsFinite(read) || read == 0)
        {
            return false;
        }

        Span<byte> shortest = stackalloc byte[CharsMax];
        Span<byte> shortestDigits = stackalloc byte[CharsMax];
        return read.TryFormat(shortest, out var written, "R", CultureInfo.InvariantCulture)
            && digits[..count].SequenceEqual(shortestDigits[..Digits(shortest[..written], shortestDigits, out var shortestPoint)])
            && point == shortestPoint;
    }

    /// <summary>What to tell the sender of a number that is not read alike.</summary>
    public static string Complaint(string number) =>
        $"JSON readers do not agree on the number `{WireError.Quote(number)}`. Send an integer within ±{IntegerMax}, a fraction or exponent with at most {SafeDigits} digits, or text where the tool takes it.";

    /// <summary>Takes a number apart: its value is 0.DIGITS times ten to the power of <paramref name="point"/>.</summary>
    /// <returns>How many digits there are between the first and the last that are not 0.</returns>
    private static int Digits(ReadOnlySpan<byte> text, Span<byte> digits, out int point)
    {
        var count = 0;
        var places = 0;
        var index = text[0] == '-' ? 1 : 0;
        point = 0;
        for (var isFraction = false; index < text.Length && text[index] is not ((byte)'e' or (byte)'E'); index++)
        {
            if (text[index] == '.')
            {
                isFraction = true;
                continue;
            }

            if (count > 0 || text[index] != '0') digits[count++] = text[index];
            else if (isFraction) places--;
            if (!isFraction && count > 0) places++;
        }

        while (count > 0 && digits[count - 1] == '0') count--;
        point = places + (index < text.Length ? Exponent(text[(index + 1)..]) : 0);
        return count;
    }

    private static int Exponent(ReadOnlySpan<byte> text)
    {
        var isNegative = text[0] == '-';
        var value = 0;
        foreach (var digit in text[(text[0] is (byte)'-' or (byte)'+' ? 1 : 0)..]) value = Math.Min((value * 10) + digit - '0', ExponentMax);
        return isNegative ? -value : value;
    }
}

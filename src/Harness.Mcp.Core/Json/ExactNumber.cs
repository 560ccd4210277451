using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace Harness.Mcp.Core.Json;

/// <summary>
/// A JSON number with its exact decimal value, read in place: 1, 1.0 and 1e0 are one number, and 1e400 is finite. No operation expands
/// an exponent, so each costs what the text is long.
/// </summary>
internal readonly ref struct ExactNumber
{
    // The value is 0.DIGITS times ten to the power of _point, where DIGITS neither starts nor ends with 0.
    private readonly ReadOnlySpan<byte> _text; // From the first to the last digit that is not 0; may hold one point.
    private readonly BigInteger _point;
    private readonly bool _isNegative;

    /// <param name="text">A number as JSON spells it.</param>
    public ExactNumber(ReadOnlySpan<byte> text)
    {
        _isNegative = text[0] == '-';
        var unsigned = _isNegative ? text[1..] : text;
        var exponentAt = unsigned.IndexOfAny((byte)'e', (byte)'E');
        var mantissa = exponentAt < 0 ? unsigned : unsigned[..exponentAt];
        var first = mantissa.IndexOfAnyInRange((byte)'1', (byte)'9');
        if (first < 0)
        {
            _isNegative = false;
            return;
        }

        var last = mantissa.LastIndexOfAnyInRange((byte)'1', (byte)'9');
        _text = mantissa[first..(last + 1)];
        DigitCount = _text.Length - (_text.Contains((byte)'.') ? 1 : 0);

        var pointAt = mantissa.IndexOf((byte)'.');
        if (pointAt < 0)
            pointAt = mantissa.Length;
        _point = first < pointAt ? pointAt - first : pointAt - first + 1;
        if (exponentAt >= 0)
            _point += ParseInteger(unsigned[(exponentAt + 1)..]);
    }

    /// <summary>How many digits the number has between its first and last that are not 0.</summary>
    public int DigitCount { get; }

    public bool IsZero => DigitCount == 0;

    public bool IsInteger => IsZero || _point >= DigitCount;

    /// <summary>Negative, zero or positive, as <paramref name="left"/> is less than, equal to or greater than <paramref name="right"/>.</summary>
    public static int Compare(ExactNumber left, ExactNumber right)
    {
        if (left.IsZero || right.IsZero || left._isNegative != right._isNegative)
            return left.Sign - right.Sign;

        var bySize = left._point.CompareTo(right._point);
        if (bySize == 0)
            bySize = CompareDigits(left._text, right._text);
        return left._isNegative ? -bySize : bySize;
    }

    /// <summary>Whether the number is a whole multiple of <paramref name="divisor"/>, which is not 0.</summary>
    public bool IsMultipleOf(ExactNumber divisor)
    {
        if (IsZero)
            return true;

        // This is A·10^a and the divisor B·10^b, with neither A nor B ending in 0.
        var shift = (_point - DigitCount) - (divisor._point - divisor.DigitCount);
        if (shift < -DigitCount)
            return false;

        var dividend = Digits();
        var unit = divisor.Digits();
        return shift < 0
            ? (dividend % (unit * BigInteger.Pow(10, (int)-shift))).IsZero
            : (dividend * BigInteger.ModPow(10, shift, unit) % unit).IsZero;
    }

    /// <summary>
    /// The one spelling: plain while the point stands within 21 digits after and 6 zeros before the first digit, else `d.ddde±n`.
    /// That is ECMAScript's choice, so numbers that a double holds exactly are spelled as RFC 8785 spells them.
    /// </summary>
    public string ToCanonicalString()
    {
        if (IsZero)
            return "0";

        var spelling = new StringBuilder(DigitCount + 26);
        foreach (var character in _text)
        {
            if (character != '.')
                spelling.Append((char)character);
        }

        if (_point > 21 || _point <= -6)
        {
            var exponent = _point - 1;
            if (DigitCount > 1)
                spelling.Insert(1, '.');
            spelling.Append(exponent.Sign < 0 ? "e" : "e+").Append(exponent.ToString(CultureInfo.InvariantCulture));
        }
        else if (_point <= 0)
        {
            spelling.Insert(0, "0." + new string('0', (int)-_point));
        }
        else if (_point >= DigitCount)
        {
            spelling.Append('0', (int)_point - DigitCount);
        }
        else
        {
            spelling.Insert((int)_point, '.');
        }

        return _isNegative ? spelling.Insert(0, '-').ToString() : spelling.ToString();
    }

    private int Sign => IsZero ? 0 : _isNegative ? -1 : 1;

    private BigInteger Digits()
    {
        var pointAt = _text.IndexOf((byte)'.');
        if (pointAt < 0)
            return ParseInteger(_text);

        var digits = new byte[_text.Length - 1];
        _text[..pointAt].CopyTo(digits);
        _text[(pointAt + 1)..].CopyTo(digits.AsSpan(pointAt));
        return ParseInteger(digits);
    }

    private static BigInteger ParseInteger(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out long small, out var consumed) && consumed == text.Length
            ? small
            : BigInteger.Parse(Encoding.ASCII.GetString(text), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static int CompareDigits(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        for (int l = 0, r = 0; ; l++, r++)
        {
            if (l < left.Length && left[l] == '.')
                l++;
            if (r < right.Length && right[r] == '.')
                r++;
            if (l >= left.Length || r >= right.Length)
                return (l < left.Length ? 1 : 0) - (r < right.Length ? 1 : 0);
            if (left[l] != right[r])
                return left[l] - right[r];
        }
    }
}

namespace Harness.Mcp.Core.Expressions;

/// <summary>Equality and order over int, uint and double as one number line.</summary>
internal static class NumericOrder
{
    private const double TwoTo63 = 9223372036854775808.0;
    private const double TwoTo64 = 18446744073709551616.0;

    /// <summary>Whether two numbers are the same mathematical value. Exact, hence transitive and consistent with <see cref="HashOf"/>.</summary>
    public static bool AreEqual(in CelValue left, in CelValue right) => (left.Kind, right.Kind) switch
    {
        (CelKind.Int, CelKind.Int) => left.AsInt == right.AsInt,
        (CelKind.Uint, CelKind.Uint) => left.AsUint == right.AsUint,
        (CelKind.Double, CelKind.Double) => left.AsDouble == right.AsDouble,
        (CelKind.Int, CelKind.Uint) => left.AsInt >= 0 && (ulong)left.AsInt == right.AsUint,
        (CelKind.Uint, CelKind.Int) => AreEqual(right, left),
        (CelKind.Int, CelKind.Double) => TryInt(right.AsDouble, out var number) && number == left.AsInt,
        (CelKind.Uint, CelKind.Double) => TryUint(right.AsDouble, out var number) && number == left.AsUint,
        _ => AreEqual(right, left),
    };

    public static int HashOf(in CelValue number)
    {
        switch (number.Kind)
        {
            case CelKind.Int:
                return number.AsInt.GetHashCode();
            case CelKind.Uint:
                return number.AsUint.GetHashCode(); // The same as of the int: both fold the 64 bits.
            default:
                var value = number.AsDouble;
                if (TryInt(value, out var integer))
                    return integer.GetHashCode();
                return TryUint(value, out var natural) ? natural.GetHashCode() : value.GetHashCode();
        }
    }

    /// <summary>
    /// Orders two numbers. Against a double, an integer is first rounded to a double, as CEL's conformance tests demand; so
    /// beyond 2^53 `&lt;=` may hold where neither `&lt;` nor `==` does. Null where either is NaN.
    /// </summary>
    public static int? Compare(in CelValue left, in CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                return left.AsInt.CompareTo(right.AsInt);
            case (CelKind.Uint, CelKind.Uint):
                return left.AsUint.CompareTo(right.AsUint);
            case (CelKind.Int, CelKind.Uint):
                return left.AsInt < 0 ? -1 : ((ulong)left.AsInt).CompareTo(right.AsUint);
            case (CelKind.Uint, CelKind.Int):
                return right.AsInt < 0 ? 1 : left.AsUint.CompareTo((ulong)right.AsInt);
            default:
                var (first, second) = (ToDouble(left), ToDouble(right));
                if (double.IsNaN(first) || double.IsNaN(second))
                    return null;
                return first.CompareTo(second);
        }
    }

    public static double ToDouble(in CelValue number) => number.Kind switch
    {
        CelKind.Int => number.AsInt,
        CelKind.Uint => number.AsUint,
        _ => number.AsDouble,
    };

    /// <summary>The int that a double is exactly, if it is one.</summary>
    public static bool TryInt(double value, out long integer)
    {
        var isInteger = value >= -TwoTo63 && value < TwoTo63 && Math.Floor(value) == value;
        integer = isInteger ? (long)value : 0;
        return isInteger;
    }

    /// <summary>The uint that a double is exactly, if it is one.</summary>
    public static bool TryUint(double value, out ulong integer)
    {
        var isInteger = value >= 0 && value < TwoTo64 && Math.Floor(value) == value;
        integer = isInteger ? (ulong)value : 0;
        return isInteger;
    }
}

using Harness.Mcp.Core.Expressions.Functions;

namespace Harness.Mcp.Core.Expressions;

internal delegate CelValue BinaryOperation(in CelValue left, in CelValue right);

/// <summary>What arithmetic and look-up operators do with two values that are not errors.</summary>
internal static class BinaryOperations
{
    private static readonly CelValue Overflow = CelValue.Error("integer overflow");
    private static readonly CelValue DivisionByZero = CelValue.Error("division by zero");
    private static readonly CelValue ModulusByZero = CelValue.Error("modulus by zero");

    /// <summary>The operation of an operator, or null.</summary>
    public static BinaryOperation? Find(string function) => function switch
    {
        Operators.Add => Add,
        Operators.Subtract => Subtract,
        Operators.Multiply => Multiply,
        Operators.Divide => Divide,
        Operators.Modulo => Modulo,
        Operators.In => In,
        Operators.Index => Index,
        Operators.OptionalIndex => OptionalIndex,
        _ => null,
    };

    public static CelValue Negate(in CelValue value) => value.Kind switch
    {
        CelKind.Int => value.AsInt == long.MinValue ? Overflow : CelValue.Of(-value.AsInt),
        CelKind.Double => CelValue.Of(-value.AsDouble),
        _ => NoOverload("-", value),
    };

    public static CelValue NoOverload(string sign, in CelValue value) =>
        CelValue.Error($"no such overload: {sign} {Conversions.NameOf(value)}");

    public static CelValue NoOverload(string sign, in CelValue left, in CelValue right) =>
        CelValue.Error($"no such overload: {Conversions.NameOf(left)} {sign} {Conversions.NameOf(right)}");

    private static CelValue Add(in CelValue left, in CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                var sum = unchecked(left.AsInt + right.AsInt);
                return ((left.AsInt ^ sum) & (right.AsInt ^ sum)) < 0 ? Overflow : CelValue.Of(sum);
            case (CelKind.Uint, CelKind.Uint):
                var total = unchecked(left.AsUint + right.AsUint);
                return total < left.AsUint ? Overflow : CelValue.Of(total);
            case (CelKind.Double, CelKind.Double):
                return CelValue.Of(left.AsDouble + right.AsDouble);
            case (CelKind.String, CelKind.String):
                return (long)left.AsString.Length + right.AsString.Length > MoreTexts.LengthMax
                    ? MoreTexts.TooLong
                    : CelValue.Of(left.AsString + right.AsString);
            case (CelKind.Bytes, CelKind.Bytes):
                return (long)left.AsBytes.Length + right.AsBytes.Length > MoreTexts.LengthMax
                    ? MoreTexts.TooLong
                    : CelValue.Of([.. left.AsBytes, .. right.AsBytes]);
            case (CelKind.List, CelKind.List):
                return left.Weight + right.Weight > CelLimits.StepsMax
                    ? CelValue.Error("the list would be too long")
                    : CelValue.ListOf([.. left.AsList.ToArray(), .. right.AsList.ToArray()]);
            case (CelKind.Timestamp, CelKind.Duration):
                return TimeMath.Add(left, right.DurationNanoseconds);
            case (CelKind.Duration, CelKind.Timestamp):
                return TimeMath.Add(right, left.DurationNanoseconds);
            case (CelKind.Duration, CelKind.Duration):
                return TimeMath.Duration((Int128)left.DurationNanoseconds + right.DurationNanoseconds);
            default:
                return NoOverload("+", left, right);
        }
    }

    private static CelValue Subtract(in CelValue left, in CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                var difference = unchecked(left.AsInt - right.AsInt);
                return ((left.AsInt ^ right.AsInt) & (left.AsInt ^ difference)) < 0 ? Overflow : CelValue.Of(difference);
            case (CelKind.Uint, CelKind.Uint):
                return left.AsUint < right.AsUint ? Overflow : CelValue.Of(left.AsUint - right.AsUint);
            case (CelKind.Double, CelKind.Double):
                return CelValue.Of(left.AsDouble - right.AsDouble);
            case (CelKind.Timestamp, CelKind.Duration):
                return TimeMath.Add(left, -(Int128)right.DurationNanoseconds);
            case (CelKind.Timestamp, CelKind.Timestamp):
                return TimeMath.Difference(left, right);
            case (CelKind.Duration, CelKind.Duration):
                return TimeMath.Duration((Int128)left.DurationNanoseconds - right.DurationNanoseconds);
            default:
                return NoOverload("-", left, right);
        }
    }

    private static CelValue Multiply(in CelValue left, in CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                var high = Math.BigMul(left.AsInt, right.AsInt, out var low);
                return high == low >> 63 ? CelValue.Of(low) : Overflow;
            case (CelKind.Uint, CelKind.Uint):
                return Math.BigMul(left.AsUint, right.AsUint, out var product) == 0 ? CelValue.Of(product) : Overflow;
            case (CelKind.Double, CelKind.Double):
                return CelValue.Of(left.AsDouble * right.AsDouble);
            default:
                return NoOverload("*", left, right);
        }
    }

    private static CelValue Divide(in CelValue left, in CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                if (right.AsInt == 0)
                    return DivisionByZero;
                return left.AsInt == long.MinValue && right.AsInt == -1 ? Overflow : CelValue.Of(left.AsInt / right.AsInt);
            case (CelKind.Uint, CelKind.Uint):
                return right.AsUint == 0 ? DivisionByZero : CelValue.Of(left.AsUint / right.AsUint);
            case (CelKind.Double, CelKind.Double):
                return CelValue.Of(left.AsDouble / right.AsDouble);
            default:
                return NoOverload("/", left, right);
        }
    }

    private static CelValue Modulo(in CelValue left, in CelValue right)
    {
        switch (left.Kind, right.Kind)
        {
            case (CelKind.Int, CelKind.Int):
                if (right.AsInt == 0)
                    return ModulusByZero;
                return CelValue.Of(right.AsInt == -1 ? 0 : left.AsInt % right.AsInt);
            case (CelKind.Uint, CelKind.Uint):
                return right.AsUint == 0 ? ModulusByZero : CelValue.Of(left.AsUint % right.AsUint);
            default:
                return NoOverload("%", left, right);
        }
    }

    private static CelValue In(in CelValue value, in CelValue range)
    {
        if (range.Kind == CelKind.Map)
            return CelValue.Of(range.AsMap.TryGet(value, out _));
        if (range.Kind != CelKind.List)
            return NoOverload("in", value, range);

        var list = range.AsList;
        for (var index = 0; index < list.Count; index++)
            if (list[index].Equals(value))
                return CelValue.True;
        return CelValue.False;
    }

    private static CelValue Index(in CelValue range, in CelValue index)
    {
        if (range.Kind == CelKind.Optional)
            return OptionalIndex(range, index);
        if (range.Kind is not (CelKind.List or CelKind.Map))
            return NoOverload("[ ]", range, index);
        if (TryIndex(range, index, out var value))
            return value;
        return range.Kind == CelKind.Map
            ? CelValue.Error($"no such key: {Shown(index)}")
            : CelValue.Error($"index out of range: {Shown(index)} of {range.AsList.Count}");
    }

    private static CelValue OptionalIndex(in CelValue range, in CelValue index)
    {
        if (range.Kind == CelKind.Optional)
            return range.HasOptionalValue ? OptionalIndex(range.OptionalValue, index) : CelValue.None;
        if (range.Kind is not (CelKind.List or CelKind.Map))
            return NoOverload("[? ]", range, index);
        return TryIndex(range, index, out var value) ? CelValue.OptionalOf(value) : CelValue.None;
    }

    private static bool TryIndex(in CelValue range, in CelValue index, out CelValue value)
    {
        value = default;
        if (range.Kind == CelKind.Map)
            return range.AsMap.TryGet(index, out value);

        var at = index.Kind switch
        {
            CelKind.Int => index.AsInt,
            CelKind.Uint when index.AsUint <= int.MaxValue => (long)index.AsUint,
            CelKind.Double when NumericOrder.TryInt(index.AsDouble, out var integer) => integer,
            _ => -1,
        };
        if (at < 0 || at >= range.AsList.Count)
            return false;

        value = range.AsList[(int)at];
        return true;
    }

    private static string Shown(in CelValue key) => key.Kind switch
    {
        CelKind.String when key.AsString.Length <= 40 => $"'{key.AsString}'",
        CelKind.Int or CelKind.Uint or CelKind.Double or CelKind.Bool => key.ToString(),
        _ => $"a {Conversions.NameOf(key)}",
    };
}

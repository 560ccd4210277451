using System.Collections.Immutable;
using static Harness.Mcp.Core.Expressions.CelType;
using static Harness.Mcp.Core.Expressions.Functions.Define;

namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>The `math` functions.</summary>
internal static class Numbers
{
    private static readonly CelType[] Kinds = [Int, Uint, CelType.Double];

    public static ImmutableArray<CelFunction> All { get; } = [
        .. Extreme("math.greatest", sign: 1),
        .. Extreme("math.least", sign: -1),
        .. OfDouble("math.ceil", value => CelValue.Of(Math.Ceiling(value))),
        .. OfDouble("math.floor", value => CelValue.Of(Math.Floor(value))),
        .. OfDouble("math.round", value => CelValue.Of(Math.Round(value, MidpointRounding.AwayFromZero))),
        .. OfDouble("math.trunc", value => CelValue.Of(Math.Truncate(value))),
        .. OfDouble("math.isNaN", value => CelValue.Of(double.IsNaN(value)), CelType.Bool),
        .. OfDouble("math.isInf", value => CelValue.Of(double.IsInfinity(value)), CelType.Bool),
        .. OfDouble("math.isFinite", value => CelValue.Of(double.IsFinite(value)), CelType.Bool),
        .. OfDouble("math.abs", value => CelValue.Of(Math.Abs(value))),
        .. OfDouble("math.sqrt", value => CelValue.Of(Math.Sqrt(value))),
        Global("math.abs", [Uint], Uint, arguments => arguments[0]),
        Global("math.abs", [Int], Int, arguments => arguments[0].AsInt == long.MinValue ? CelValue.Error("integer overflow") : CelValue.Of(Math.Abs(arguments[0].AsInt))),
        .. OfDouble("math.sign", value => CelValue.Of(double.IsNaN(value) ? double.NaN : Math.Sign(value))),
        Global("math.sign", [Int], Int, arguments => CelValue.Of((long)Math.Sign(arguments[0].AsInt))),
        Global("math.sign", [Uint], Uint, arguments => CelValue.Of(arguments[0].AsUint == 0 ? 0UL : 1UL)),
        Global("math.sqrt", [Int], CelType.Double, arguments => CelValue.Of(Math.Sqrt(arguments[0].AsInt))),
        Global("math.sqrt", [Uint], CelType.Double, arguments => CelValue.Of(Math.Sqrt(arguments[0].AsUint))),
        .. OfBits("math.bitAnd", (first, second) => first & second),
        .. OfBits("math.bitOr", (first, second) => first | second),
        .. OfBits("math.bitXor", (first, second) => first ^ second),
        Global("math.bitNot", [Int], Int, arguments => CelValue.Of(~arguments[0].AsInt)),
        Global("math.bitNot", [Uint], Uint, arguments => CelValue.Of(~arguments[0].AsUint)),
        .. Shift("math.bitShiftLeft", (bits, places) => bits << places),
        .. Shift("math.bitShiftRight", (bits, places) => bits >> places),
    ];

    private static CelFunction[] OfDouble(string name, Func<double, CelValue> function, CelType? result = null) =>
        [Global(name, [CelType.Double], result ?? CelType.Double, arguments => function(arguments[0].AsDouble))];

    private static CelFunction[] OfBits(string name, Func<ulong, ulong, ulong> function) => [
        Global(name, [Int, Int], Int, arguments => CelValue.Of((long)function((ulong)arguments[0].AsInt, (ulong)arguments[1].AsInt))),
        Global(name, [Uint, Uint], Uint, arguments => CelValue.Of(function(arguments[0].AsUint, arguments[1].AsUint))),
    ];

    // Shifts are logical, also of negative numbers, and by 64 places or more give 0.
    private static CelFunction[] Shift(string name, Func<ulong, int, ulong> function)
    {
        CelValue? Refused(in CelValue places) => places.AsInt < 0 ? CelValue.Error("negative offset of a shift") : null;
        ulong Shifted(ulong bits, long places) => places > 63 ? 0 : function(bits, (int)places);
        return [
            Global(name, [Int, Int], Int, arguments => Refused(arguments[1]) ?? CelValue.Of((long)Shifted((ulong)arguments[0].AsInt, arguments[1].AsInt))),
            Global(name, [Uint, Int], Uint, arguments => Refused(arguments[1]) ?? CelValue.Of(Shifted(arguments[0].AsUint, arguments[1].AsInt))),
        ];
    }

    /// <summary>Of one number, of two, or of a list; the compiler makes a list of three arguments and more.</summary>
    private static IEnumerable<CelFunction> Extreme(string name, int sign)
    {
        foreach (var kind in Kinds)
        {
            yield return Global(name, [kind], kind, arguments => arguments[0]);
            yield return Global(name, [ListOf(kind)], kind, arguments => OfList(name, arguments[0].AsList, sign), isLinear: true);
            foreach (var other in Kinds)
                yield return Global(name, [kind, other], kind == other ? kind : Dyn, arguments => Choose(arguments[0], arguments[1], sign));
        }
    }

    private static CelValue OfList(string name, CelList list, int sign)
    {
        if (list.Count == 0)
            return CelValue.Error($"{name} of an empty list");

        var chosen = list[0];
        for (var index = 0; index < list.Count; index++)
        {
            if (!list[index].IsNumber)
                return NoOverload(name);
            chosen = Choose(chosen, list[index], sign);
        }

        return chosen;
    }

    private static CelValue Choose(in CelValue first, in CelValue second, int sign) =>
        NumericOrder.Compare(second, first) * sign > 0 ? second : first;
}

using System.Collections.Immutable;
using static Harness.Mcp.Core.Expressions.CelType;
using static Harness.Mcp.Core.Expressions.Functions.Define;

namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>Values that may be absent. Selecting from them (`optional.field`, `optional[index]`) belongs to the operators.</summary>
internal static class Optionals
{
    public static ImmutableArray<CelFunction> All { get; } = [
        Global("optional.none", [], OptionalOf(T), _ => CelValue.None),
        Global("optional.of", [T], OptionalOf(T), arguments => CelValue.OptionalOf(arguments[0])),
        Global("optional.ofNonZeroValue", [T], OptionalOf(T), arguments => IsZero(arguments[0]) ? CelValue.None : CelValue.OptionalOf(arguments[0])),
        Method("hasValue", [OptionalOf(T)], CelType.Bool, arguments => CelValue.Of(arguments[0].HasOptionalValue)),
        Method("value", [OptionalOf(T)], T, arguments => arguments[0].HasOptionalValue ? arguments[0].OptionalValue : CelValue.Error("the optional has no value")),
        Method("or", [OptionalOf(T), OptionalOf(T)], OptionalOf(T), arguments => arguments[0].HasOptionalValue ? arguments[0] : arguments[1]),
        Method("orValue", [OptionalOf(T), T], T, arguments => arguments[0].HasOptionalValue ? arguments[0].OptionalValue : arguments[1]),
    ];

    private static bool IsZero(in CelValue value) => value.Kind switch
    {
        CelKind.Null => true,
        CelKind.Bool => !value.AsBool,
        CelKind.Int => value.AsInt == 0,
        CelKind.Uint => value.AsUint == 0,
        CelKind.Double => value.AsDouble == 0,
        CelKind.String => value.AsString.Length == 0,
        CelKind.Bytes => value.AsBytes.Length == 0,
        CelKind.List => value.AsList.Count == 0,
        CelKind.Map => value.AsMap.Count == 0,
        CelKind.Duration => value.DurationNanoseconds == 0,
        CelKind.Timestamp => value.TimestampSeconds == 0 && value.TimestampNanoseconds == 0,
        CelKind.Optional => !value.HasOptionalValue,
        _ => false,
    };
}

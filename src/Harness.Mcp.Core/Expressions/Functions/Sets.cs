using System.Collections.Immutable;
using static Harness.Mcp.Core.Expressions.CelType;
using static Harness.Mcp.Core.Expressions.Functions.Define;

namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>The sets extension: lists compared without regard to order and repetition.</summary>
internal static class Sets
{
    public static ImmutableArray<CelFunction> All { get; } = [
        Global("sets.contains", [ListOf(T), ListOf(T)], CelType.Bool, arguments => CelValue.Of(Contains(arguments[0], arguments[1])), isLinear: true),
        Global("sets.equivalent", [ListOf(T), ListOf(T)], CelType.Bool,
            arguments => CelValue.Of(Contains(arguments[0], arguments[1]) && Contains(arguments[1], arguments[0])), isLinear: true),
        Global("sets.intersects", [ListOf(T), ListOf(T)], CelType.Bool, arguments => CelValue.Of(SetOf(arguments[0]).Overlaps(SetOf(arguments[1]))), isLinear: true),
    ];

    private static bool Contains(in CelValue all, in CelValue some) => SetOf(all).IsSupersetOf(SetOf(some));

    private static HashSet<CelValue> SetOf(in CelValue list) => [.. list.AsList.ToArray()];
}

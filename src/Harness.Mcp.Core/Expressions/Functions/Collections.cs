using System.Collections.Immutable;
using static Harness.Mcp.Core.Expressions.CelType;
using static Harness.Mcp.Core.Expressions.Functions.Define;

namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>`size`, and the lists extension.</summary>
internal static class Collections
{
    private const int RangeMax = 100_000;

    public static ImmutableArray<CelFunction> All { get; } = [
        .. Size(CelType.String, value => CodePoints.Count(value.AsString), isLinear: true),
        .. Size(Bytes, value => value.AsBytes.Length),
        .. Size(ListOf(T), value => value.AsList.Count),
        .. Size(MapOf(K, V), value => value.AsMap.Count),
        Method("slice", [ListOf(T), Int, Int], ListOf(T), arguments => Slice(arguments[0].AsList, arguments[1].AsInt, arguments[2].AsInt), isLinear: true),
        Method("reverse", [ListOf(T)], ListOf(T), arguments => CelValue.ListOf([.. arguments[0].AsList.ToArray().Reverse()]), isLinear: true),
        Method("distinct", [ListOf(T)], ListOf(T), arguments => CelValue.ListOf([.. arguments[0].AsList.ToArray().Distinct()]), isLinear: true),
        Method("sort", [ListOf(T)], ListOf(T), arguments => Sort(arguments[0].AsList), isLinear: true),
        Method("flatten", [ListOf(ListOf(T))], ListOf(T), arguments => Flatten(arguments[0].AsList), isLinear: true),
        Method("first", [ListOf(T)], OptionalOf(T), arguments => ItemAt(arguments[0].AsList, 0)),
        Method("last", [ListOf(T)], OptionalOf(T), arguments => ItemAt(arguments[0].AsList, arguments[0].AsList.Count - 1)),
        Global("lists.range", [Int], ListOf(Int), arguments => Range(arguments[0].AsInt), isLinear: true),
    ];

    private static CelFunction[] Size(CelType type, Func<CelValue, int> size, bool isLinear = false) => [
        Global("size", [type], Int, arguments => CelValue.Of((long)size(arguments[0])), isLinear),
        Method("size", [type], Int, arguments => CelValue.Of((long)size(arguments[0])), isLinear),
    ];

    private static CelValue Slice(CelList list, long from, long to) => from < 0 || to < from || to > list.Count
        ? CelValue.Error($"slice({from}, {to}) of a list of {list.Count} items")
        : CelValue.ListOf(list.ToArray()[(int)from..(int)to]);

    private static CelValue ItemAt(CelList list, int index) => list.Count == 0 ? CelValue.None : CelValue.OptionalOf(list[index]);

    private static CelValue Flatten(CelList lists)
    {
        var items = new List<CelValue>();
        for (var index = 0; index < lists.Count; index++)
        {
            if (lists[index].Kind == CelKind.List)
                items.AddRange(lists[index].AsList.ToArray());
            else
                items.Add(lists[index]);
        }

        return CelValue.ListOf([.. items]);
    }

    private static CelValue Range(long count)
    {
        if (count is < 0 or > RangeMax)
            return CelValue.Error($"lists.range takes 0 to {RangeMax}");

        var items = new CelValue[count];
        for (var index = 0; index < items.Length; index++)
            items[index] = CelValue.Of((long)index);
        return CelValue.ListOf(items);
    }

    private static CelValue Sort(CelList list)
    {
        var items = list.ToArray();
        for (var index = 1; index < items.Length; index++)
            if (Order.Compare(items[index - 1], items[index]) is null)
                return NoOverload("sort");

        // Comparable neighbours do not make all comparable: a NaN between numbers, or kinds that alternate.
        var isMixed = items.Any(item => Order.Compare(items[0], item) is null);
        if (isMixed)
            return NoOverload("sort");
        Array.Sort(items, (first, second) => Order.Compare(first, second) ?? 0);
        return CelValue.ListOf(items);
    }
}

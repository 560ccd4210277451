using System.Collections.Immutable;
using Harness.Mcp.Core.Expressions.Functions;

namespace Harness.Mcp.Core.Expressions.Nodes;

/// <summary>`[a, ?b]`.</summary>
internal sealed class ListNode(Node[] items, ImmutableArray<int> optionals) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var values = new CelValue[items.Length];
        var count = 0;
        var nextOptional = 0;
        for (var index = 0; index < items.Length; index++)
        {
            var value = items[index].Evaluate(ref frame);
            if (value.IsError)
                return value;

            if (nextOptional < optionals.Length && optionals[nextOptional] == index)
            {
                nextOptional++;
                if (value.Kind != CelKind.Optional)
                    return CelValue.Error($"an optional item is {Conversions.NameOf(value)}, not an optional");
                if (!value.HasOptionalValue)
                    continue;
                value = value.OptionalValue;
            }

            values[count++] = value;
        }

        return frame.Charge(count) ? CelValue.ListOf(count == values.Length ? values : values[..count]) : Frame.OutOfSteps;
    }
}

/// <summary>`{a: b, ?c: d}`.</summary>
internal sealed class MapNode((Node Key, Node Value, bool IsOptional)[] entries) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var values = new Dictionary<CelValue, CelValue>(entries.Length);
        foreach (var entry in entries)
        {
            var key = entry.Key.Evaluate(ref frame);
            if (key.IsError)
                return key;

            var value = entry.Value.Evaluate(ref frame);
            if (value.IsError)
                return value;
            if (entry.IsOptional)
            {
                if (value.Kind != CelKind.Optional)
                    return CelValue.Error($"an optional entry is {Conversions.NameOf(value)}, not an optional");
                if (!value.HasOptionalValue)
                    continue;
                value = value.OptionalValue;
            }

            if (!MapBuilding.TryAdd(values, key, value, out var problem))
                return problem;
        }

        return frame.Charge(values.Count) ? CelValue.Of(new DictionaryCelMap(values)) : Frame.OutOfSteps;
    }
}

internal static class MapBuilding
{
    public static bool TryAdd(Dictionary<CelValue, CelValue> entries, in CelValue key, in CelValue value, out CelValue problem)
    {
        problem = default;
        if (key.Kind is not (CelKind.Bool or CelKind.Int or CelKind.Uint or CelKind.String))
            problem = CelValue.Error($"{Conversions.NameOf(key)} cannot be the key of a map");
        else if (!entries.TryAdd(key, value))
            problem = CelValue.Error("a map has the same key twice");
        return !problem.IsError;
    }
}

using Harness.Mcp.Core.Expressions.Functions;

namespace Harness.Mcp.Core.Expressions.Nodes;

/// <summary>What every macro over a list or map shares: its range, its variables' places and its cost for each element.</summary>
/// <param name="second">The place of the second variable; -1 where there is none.</param>
/// <param name="cost">Steps for each element: the number of parts that run.</param>
internal abstract class MacroNode(Node range, int first, int second, int cost) : Node
{
    protected Node Range => range;

    /// <summary>Null where the value is a list or map; else the error.</summary>
    protected static CelValue? Refused(in CelValue value)
    {
        if (value.Kind is CelKind.List or CelKind.Map)
            return null;
        return value.IsError ? value : CelValue.Error($"{Conversions.NameOf(value)} has no elements to go through");
    }

    protected static int CountOf(in CelValue value) => value.Kind == CelKind.List ? value.AsList.Count : value.AsMap.Count;

    /// <summary>Puts the element at <paramref name="index"/> into the variables; false when no steps are left.</summary>
    protected bool Enter(ref Frame frame, in CelValue value, int index)
    {
        if (!frame.Charge(cost))
            return false;

        if (value.Kind == CelKind.List)
        {
            var item = value.AsList[index];
            frame.Locals[first] = second < 0 ? item : CelValue.Of((long)index);
            if (second >= 0)
                frame.Locals[second] = item;
            return true;
        }

        var key = value.AsMap.Keys[index];
        frame.Locals[first] = key;
        if (second >= 0)
            frame.Locals[second] = value.AsMap.TryGet(key, out var entry) ? entry : CelValue.Error("no such key");
        return true;
    }
}

/// <summary>`all` and `exists`: one element that decides is enough, whatever errors the others are.</summary>
internal sealed class QuantifierNode(Node range, int first, int second, Node body, bool isExists, int cost) : MacroNode(range, first, second, cost)
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var value = Range.Evaluate(ref frame);
        if (Refused(value) is { } refused)
            return refused;

        var result = CelValue.Of(!isExists);
        var count = CountOf(value);
        for (var index = 0; index < count; index++)
        {
            if (!Enter(ref frame, value, index))
                return Frame.OutOfSteps;

            var answer = body.Evaluate(ref frame);
            if (isExists ? answer.IsTrue : answer.IsFalse)
                return answer;
            if (answer.Kind != CelKind.Bool && !result.IsError)
                result = answer.IsError ? answer : BinaryOperations.NoOverload(isExists ? "exists" : "all", answer);
        }

        return result;
    }
}

/// <summary>`exists_one`: errors are not absorbed, since each element counts.</summary>
internal sealed class ExistsOneNode(Node range, int first, int second, Node body, int cost) : MacroNode(range, first, second, cost)
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var value = Range.Evaluate(ref frame);
        if (Refused(value) is { } refused)
            return refused;

        var found = 0;
        var count = CountOf(value);
        for (var index = 0; index < count; index++)
        {
            if (!Enter(ref frame, value, index))
                return Frame.OutOfSteps;

            var answer = body.Evaluate(ref frame);
            if (answer.Kind != CelKind.Bool)
                return answer.IsError ? answer : BinaryOperations.NoOverload("exists_one", answer);
            found += answer.AsBool ? 1 : 0;
        }

        return CelValue.Of(found == 1);
    }
}

/// <summary>`filter`, `map` and `transformList`.</summary>
/// <param name="where">The condition; null takes every element.</param>
/// <param name="body">The result for an element; null gives the element itself.</param>
internal sealed class ListMacroNode(Node range, int first, int second, Node? where, Node? body, int cost) : MacroNode(range, first, second, cost)
{
    private readonly int _first = first;

    public override CelValue Evaluate(ref Frame frame)
    {
        var value = Range.Evaluate(ref frame);
        if (Refused(value) is { } refused)
            return refused;

        var count = CountOf(value);
        var items = new List<CelValue>(where is null ? count : 0);
        for (var index = 0; index < count; index++)
        {
            if (!Enter(ref frame, value, index))
                return Frame.OutOfSteps;

            if (where is not null)
            {
                var answer = where.Evaluate(ref frame);
                if (answer.Kind != CelKind.Bool)
                    return answer.IsError ? answer : BinaryOperations.NoOverload("filter", answer);
                if (!answer.AsBool)
                    continue;
            }

            var item = body is null ? frame.Locals[_first] : body.Evaluate(ref frame);
            if (item.IsError)
                return item;
            items.Add(item);
        }

        return CelValue.ListOf([.. items]);
    }
}

/// <summary>`transformMap`, and with <paramref name="isEntry"/> `transformMapEntry`.</summary>
internal sealed class MapMacroNode(Node range, int first, int second, Node? where, Node body, bool isEntry, int cost) : MacroNode(range, first, second, cost)
{
    private readonly int _first = first;

    public override CelValue Evaluate(ref Frame frame)
    {
        var value = Range.Evaluate(ref frame);
        if (Refused(value) is { } refused)
            return refused;

        var entries = new Dictionary<CelValue, CelValue>();
        var count = CountOf(value);
        for (var index = 0; index < count; index++)
        {
            if (!Enter(ref frame, value, index))
                return Frame.OutOfSteps;

            if (where is not null)
            {
                var answer = where.Evaluate(ref frame);
                if (answer.Kind != CelKind.Bool)
                    return answer.IsError ? answer : BinaryOperations.NoOverload("transformMap", answer);
                if (!answer.AsBool)
                    continue;
            }

            var key = frame.Locals[_first];
            var result = body.Evaluate(ref frame);
            if (result.IsError)
                return result;
            if (!(isEntry ? AddAll(entries, result, out var problem) : MapBuilding.TryAdd(entries, key, result, out problem)))
                return problem;
        }

        return CelValue.Of(new DictionaryCelMap(entries));
    }

    private static bool AddAll(Dictionary<CelValue, CelValue> entries, in CelValue more, out CelValue problem)
    {
        if (more.Kind != CelKind.Map)
        {
            problem = BinaryOperations.NoOverload("transformMapEntry", more);
            return false;
        }

        problem = default;
        foreach (var key in more.AsMap.Keys)
            if (more.AsMap.TryGet(key, out var value) && !MapBuilding.TryAdd(entries, key, value, out problem))
                return false;
        return true;
    }
}

/// <summary>`optMap` and `optFlatMap`.</summary>
internal sealed class OptionalMacroNode(Node range, int local, Node body, bool isFlat) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var value = range.Evaluate(ref frame);
        if (value.Kind != CelKind.Optional)
            return value.IsError ? value : BinaryOperations.NoOverload(isFlat ? "optFlatMap" : "optMap", value);
        if (!value.HasOptionalValue)
            return value;

        frame.Locals[local] = value.OptionalValue;
        var result = body.Evaluate(ref frame);
        return isFlat || result.IsError ? result : CelValue.OptionalOf(result);
    }
}

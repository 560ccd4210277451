using System.Collections.Immutable;
using Harness.Mcp.Core.Expressions.Functions;

namespace Harness.Mcp.Core.Expressions.Nodes;

internal sealed class BinaryNode(Node left, Node right, BinaryOperation operation) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var first = left.Evaluate(ref frame);
        if (first.IsError)
            return first;

        var second = right.Evaluate(ref frame);
        if (second.IsError)
            return second;

        var result = operation(first, second);
        return result.Kind >= CelKind.String && !frame.Charge(CostOf(result) + CostOf(second)) ? Frame.OutOfSteps : result;
    }

    private static long CostOf(in CelValue value) => value.Kind is CelKind.String or CelKind.Bytes or CelKind.List ? value.Weight : 0;
}

internal sealed class NegateNode(Node operand) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var value = operand.Evaluate(ref frame);
        return value.IsError ? value : BinaryOperations.Negate(value);
    }
}

/// <summary>`value in range`; looking through a list costs its size.</summary>
internal sealed class InNode(Node value, Node range, BinaryOperation operation) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var sought = value.Evaluate(ref frame);
        if (sought.IsError)
            return sought;

        var all = range.Evaluate(ref frame);
        if (all.IsError)
            return all;
        return all.Kind == CelKind.List && !frame.Charge(all.Weight) ? Frame.OutOfSteps : operation(sought, all);
    }
}

/// <summary>A function with one argument, such as `size(x)`.</summary>
internal sealed class UnaryCallNode(string function, ImmutableArray<CelFunction> overloads, Node argument) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var value = argument.Evaluate(ref frame);
        return value.IsError ? value : Dispatch.Call(function, overloads, [value], ref frame);
    }
}

/// <summary>A function with two arguments, such as `text.endsWith(x)`.</summary>
internal sealed class BinaryCallNode(string function, ImmutableArray<CelFunction> overloads, Node left, Node right) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var first = left.Evaluate(ref frame);
        if (first.IsError)
            return first;

        var second = right.Evaluate(ref frame);
        return second.IsError ? second : Dispatch.Call(function, overloads, [first, second], ref frame);
    }
}

internal sealed class CallNode(string function, ImmutableArray<CelFunction> overloads, Node[] arguments) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var values = arguments.Length == 0 ? [] : new CelValue[arguments.Length];
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = arguments[index].Evaluate(ref frame);
            if (values[index].IsError)
                return values[index];
        }

        return Dispatch.Call(function, overloads, values, ref frame);
    }
}

/// <summary>`optional.or(x)` and `optional.orValue(x)`, which look at x only where there is no value.</summary>
internal sealed class OrElseNode(string function, ImmutableArray<CelFunction> overloads, Node optional, Node otherwise) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var first = optional.Evaluate(ref frame);
        if (first.IsError)
            return first;
        if (first.Kind == CelKind.Optional && first.HasOptionalValue)
            return function is "or" ? first : first.OptionalValue;

        var second = otherwise.Evaluate(ref frame);
        return second.IsError ? second : Dispatch.Call(function, overloads, [first, second], ref frame);
    }
}

internal static class Dispatch
{
    /// <summary>Calls the overload that takes the arguments' kinds, and charges what it costs.</summary>
    public static CelValue Call(string function, ImmutableArray<CelFunction> overloads, scoped ReadOnlySpan<CelValue> arguments, ref Frame frame)
    {
        foreach (var overload in overloads)
        {
            if (!overload.Takes(arguments))
                continue;
            if (!overload.IsLinear)
                return frame.Charge(1) ? overload.Body(arguments) : Frame.OutOfSteps;

            var cost = 1L;
            foreach (ref readonly var argument in arguments)
                cost += argument.Weight;
            if (!frame.Charge(cost))
                return Frame.OutOfSteps;

            var result = overload.Body(arguments);
            return frame.Charge(result.Weight) ? result : Frame.OutOfSteps;
        }

        return Define.NoOverload($"{function}({string.Join(", ", arguments.ToArray().Select(argument => Conversions.NameOf(argument)))})");
    }
}

using Harness.Mcp.Core.Expressions.Functions;

namespace Harness.Mcp.Core.Expressions.Nodes;

/// <summary>`==` and `!=`.</summary>
internal sealed class EqualityNode(Node left, Node right, bool isNegated) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var first = left.Evaluate(ref frame);
        if (first.IsError)
            return first;

        var second = right.Evaluate(ref frame);
        if (second.IsError)
            return second;

        // Scalars cost one step at most, and that is free.
        if (first.Kind is CelKind.List or CelKind.Map or CelKind.Optional && !frame.Charge(Math.Min(first.Weight, second.Weight)))
            return Frame.OutOfSteps;
        return CelValue.Of(first.Equals(second) != isNegated);
    }
}

/// <summary>`&lt; &lt;= &gt; &gt;=`.</summary>
internal sealed class OrderNode(Node left, Node right, string function) : Node
{
    private readonly bool _ofLess = function is Operators.Less or Operators.LessOrEqual;
    private readonly bool _ofEqual = function is Operators.LessOrEqual or Operators.GreaterOrEqual;

    public override CelValue Evaluate(ref Frame frame)
    {
        var first = left.Evaluate(ref frame);
        if (first.IsError)
            return first;

        var second = right.Evaluate(ref frame);
        if (second.IsError)
            return second;
        if (first.Kind == CelKind.Int && second.Kind == CelKind.Int)
            return CelValue.Of(first.AsInt == second.AsInt ? _ofEqual : first.AsInt < second.AsInt == _ofLess);
        if (Order.Compare(first, second) is { } order)
            return CelValue.Of(order == 0 ? _ofEqual : order < 0 == _ofLess);
        return first.IsNumber && second.IsNumber
            ? CelValue.False // NaN has no order.
            : BinaryOperations.NoOverload(OperatorTable.Written(function), first, second);
    }
}

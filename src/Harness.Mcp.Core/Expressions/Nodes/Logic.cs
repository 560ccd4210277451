namespace Harness.Mcp.Core.Expressions.Nodes;

/// <summary>`&amp;&amp;` and `||`: one operand that decides is enough, even when the other is an error; order does not matter.</summary>
internal sealed class LogicNode(Node left, Node right, bool isOr) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var first = left.Evaluate(ref frame);
        if (Decides(first))
            return first;

        var second = right.Evaluate(ref frame);
        if (Decides(second))
            return second;
        if (first.Kind == CelKind.Bool && second.Kind == CelKind.Bool)
            return second;
        if (first.IsError)
            return first;
        return second.IsError ? second : BinaryOperations.NoOverload(isOr ? "||" : "&&", first, second);
    }

    private bool Decides(in CelValue value) => isOr ? value.IsTrue : value.IsFalse;
}

internal sealed class NotNode(Node operand) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var value = operand.Evaluate(ref frame);
        return value.Kind switch
        {
            CelKind.Bool => CelValue.Of(!value.AsBool),
            CelKind.Error => value,
            _ => BinaryOperations.NoOverload("!", value),
        };
    }
}

internal sealed class ConditionalNode(Node condition, Node then, Node otherwise) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var value = condition.Evaluate(ref frame);
        return value.Kind switch
        {
            CelKind.Bool => value.AsBool ? then.Evaluate(ref frame) : otherwise.Evaluate(ref frame),
            CelKind.Error => value,
            _ => BinaryOperations.NoOverload("? :", value),
        };
    }
}

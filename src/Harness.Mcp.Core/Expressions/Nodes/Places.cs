namespace Harness.Mcp.Core.Expressions.Nodes;

internal sealed class ConstantNode(CelValue value) : Node
{
    public CelValue Value => value;

    public override CelValue Evaluate(ref Frame frame) => value;
}

internal sealed class VariableNode(int index) : Node
{
    public int Index => index;

    public override CelValue Evaluate(ref Frame frame) => frame.Activation.Variable(index);
}

internal sealed class SlotNode(int index) : Node
{
    public int Index => index;

    public override CelValue Evaluate(ref Frame frame) => frame.Activation.Slot(index);
}

internal sealed class LocalNode(int index) : Node
{
    public override CelValue Evaluate(ref Frame frame) => frame.Locals[index];
}

internal sealed class BindNode(int local, Node value, Node body) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        frame.Locals[local] = value.Evaluate(ref frame); // An error stays there until the body needs it.
        return body.Evaluate(ref frame);
    }
}

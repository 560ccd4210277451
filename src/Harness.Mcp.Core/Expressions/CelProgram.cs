using System.Runtime.CompilerServices;
using Harness.Mcp.Core.Expressions.Nodes;

namespace Harness.Mcp.Core.Expressions;

/// <summary>A compiled expression. Immutable; one program serves any number of evaluations at once.</summary>
internal sealed class CelProgram
{
    private const int PlacesOnStack = 8;

    private readonly Node _root;
    private readonly int _locals;

    internal CelProgram(Node root, int locals, CelType type)
    {
        _root = root;
        _locals = locals;
        Type = type;
    }

    /// <summary>What the expression gives, as far as that can be known before an evaluation; <see cref="CelType.Dyn"/> where it cannot.</summary>
    public CelType Type { get; }

    /// <summary>The slot whose value is all that the program gives; null where it is more than that.</summary>
    public int? Slot => _root is SlotNode slot ? slot.Index : null;

    /// <summary>The program, or every mistake that shows without an evaluation.</summary>
    public static CelOutcome<CelProgram> Compile(Expr expr, CelEnvironment environment) => new CelCompiler(environment).Compile(expr);

    /// <summary>Never throws for what an expression or its input can do; a failure is an error value.</summary>
    public CelValue Evaluate(Activation activation)
    {
        if (_locals == 0)
            return Evaluate(activation, []);
        return _locals > PlacesOnStack ? Evaluate(activation, new CelValue[_locals]) : EvaluateOnStack(activation);
    }

    // A method of its own, since the places cost as much to clear as a small program costs to run.
    private CelValue EvaluateOnStack(Activation activation)
    {
        Places places = default;
        return Evaluate(activation, places);
    }

    private CelValue Evaluate(Activation activation, Span<CelValue> locals)
    {
        var frame = new Frame(activation, locals);
        var value = _root.Evaluate(ref frame);

        // `||` and `&&` absorb errors, but not this one: an expression without steps left has not looked at everything.
        return frame.IsExhausted ? Frame.OutOfSteps : value;
    }

    [InlineArray(PlacesOnStack)]
    private struct Places
    {
        private CelValue _first;
    }
}

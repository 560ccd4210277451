using System.Runtime.CompilerServices;

namespace Harness.Mcp.Core.Expressions.Nodes;

/// <summary>A compiled part of an expression: a closure over its parts and places. Immutable, so programs are shared freely.</summary>
internal abstract class Node
{
    /// <summary>Never throws for what an expression or its input can do; a failure is an error value.</summary>
    public abstract CelValue Evaluate(ref Frame frame);
}

/// <summary>The state of one evaluation.</summary>
internal ref struct Frame(Activation activation, Span<CelValue> locals)
{
    public static readonly CelValue OutOfSteps = CelValue.Error($"the expression takes more than {CelLimits.StepsMax} steps");

    private long _steps = CelLimits.StepsMax;

    public Activation Activation { get; } = activation;

    /// <summary>The values of macro variables, each in the place that the compiler gave it.</summary>
    public Span<CelValue> Locals { get; } = locals;

    public readonly bool IsExhausted => _steps < 0;

    /// <summary>Counts steps; false once there are none left, and then whatever is running returns <see cref="OutOfSteps"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Charge(long steps)
    {
        _steps -= steps;
        return _steps >= 0;
    }
}

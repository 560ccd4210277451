namespace Harness.Mcp.Core.Expressions;

/// <summary>What one evaluation runs on. Callers derive from it and keep one, so that an evaluation allocates nothing for it.</summary>
internal abstract class Activation
{
    /// <param name="index">The variable's place in its <see cref="CelEnvironment"/>.</param>
    public abstract CelValue Variable(int index);

    /// <summary>The value of an <see cref="Expr.Slot"/>; only programs with slots ask.</summary>
    public virtual CelValue Slot(int index) => CelValue.Error($"slot {index} has no value");
}

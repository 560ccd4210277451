namespace Harness.Mcp.Core.Expressions;

/// <summary>What one evaluation runs on. Callers derive from it and keep one, so that an evaluation allocates nothing for it.</summary>
internal abstract class Activation
{
    /// <param name="index">The variable's place in its <see cref="CelEnvironment"/>.</param>
    public abstract CelValue Variable(int index);

    /// <summary>A shorter way to a field of a variable that is declared to be an object; false where it has to be taken the long way.</summary>
    /// <param name="field">The field's place in its <see cref="CelObjectType"/>.</param>
    public virtual bool TryField(int variable, int field, out CelValue value)
    {
        value = default;
        return false;
    }

    /// <summary>The same to a member of such a field.</summary>
    public virtual bool TryMember(int variable, int field, string name, out CelValue value)
    {
        value = default;
        return false;
    }

    /// <summary>The value of an <see cref="Expr.Slot"/>; only programs with slots ask.</summary>
    public virtual CelValue Slot(int index) => CelValue.Error($"slot {index} has no value");
}

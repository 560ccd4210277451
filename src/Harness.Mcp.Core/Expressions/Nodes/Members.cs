using Harness.Mcp.Core.Expressions.Functions;

namespace Harness.Mcp.Core.Expressions.Nodes;

/// <summary>`operand.field` where the operand's fields are not declared.</summary>
internal sealed class MemberNode(Node operand, string field) : Node
{
    private readonly CelValue _noSuchKey = CelValue.Error($"no such key: '{field}'");

    public override CelValue Evaluate(ref Frame frame)
    {
        var value = operand.Evaluate(ref frame);
        switch (value.Kind)
        {
            case CelKind.Map:
                return value.AsMap.TryGetField(field, out var member) ? member : _noSuchKey;
            case CelKind.Error:
                return value;
            case CelKind.Optional:
                return OptionalMember.Of(value, field);
            default:
                return CelValue.Error($"{Conversions.NameOf(value)} has no field '{field}'");
        }
    }
}

/// <summary>`operand.field` where the operand is declared to be an object: read by index when it is one.</summary>
internal sealed class ObjectFieldNode(Node operand, CelObjectType type, int index) : Node
{
    private readonly MemberNode _otherwise = new(operand, type.Fields[index].Name);

    public override CelValue Evaluate(ref Frame frame)
    {
        var value = operand.Evaluate(ref frame);
        if (value.Kind == CelKind.Map && value.AsMap is CelObject found && ReferenceEquals(found.Type, type))
            return found.Field(index);
        return value.IsError ? value : _otherwise.Evaluate(ref frame);
    }
}

/// <summary>`variable.field` where the variable is declared to be an object.</summary>
internal sealed class VariableFieldNode(VariableNode operand, CelObjectType type, int index) : Node
{
    private readonly ObjectFieldNode _otherwise = new(operand, type, index);

    public int Variable => operand.Index;

    public int Index => index;

    public override CelValue Evaluate(ref Frame frame) =>
        frame.Activation.TryField(operand.Index, index, out var value) ? value : _otherwise.Evaluate(ref frame);
}

/// <summary>`variable.field.member`, as in `call.args.host`.</summary>
internal sealed class VariableMemberNode(VariableFieldNode operand, string member) : Node
{
    private readonly MemberNode _otherwise = new(operand, member);

    public override CelValue Evaluate(ref Frame frame) =>
        frame.Activation.TryMember(operand.Variable, operand.Index, member, out var value) ? value : _otherwise.Evaluate(ref frame);
}

/// <summary>`operand.?field`.</summary>
internal sealed class OptionalMemberNode(Node operand, string field) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var value = operand.Evaluate(ref frame);
        return value.IsError ? value : OptionalMember.Of(value, field);
    }
}

/// <summary>`has(operand.field)`.</summary>
internal sealed class HasNode(Node operand, string field) : Node
{
    public override CelValue Evaluate(ref Frame frame)
    {
        var value = operand.Evaluate(ref frame);
        switch (value.Kind)
        {
            case CelKind.Map:
                return CelValue.Of(value.AsMap.TryGetField(field, out _));
            case CelKind.Error:
                return value;
            case CelKind.Optional:
                var member = OptionalMember.Of(value, field);
                return member.IsError ? member : CelValue.Of(member.HasOptionalValue);
            default:
                return CelValue.Error($"{Conversions.NameOf(value)} has no fields");
        }
    }
}

internal static class OptionalMember
{
    /// <summary>The field as an optional; through an empty optional there is nothing.</summary>
    public static CelValue Of(in CelValue value, string field) => value.Kind switch
    {
        CelKind.Map => value.AsMap.TryGetField(field, out var member) ? CelValue.OptionalOf(member) : CelValue.None,
        CelKind.Optional when !value.HasOptionalValue => CelValue.None,
        CelKind.Optional when value.OptionalValue.Kind == CelKind.Optional => Of(value.OptionalValue, field),
        CelKind.Optional when value.OptionalValue.Kind == CelKind.Map => Of(value.OptionalValue, field),
        _ => CelValue.Error($"no such key: '{field}'"),
    };
}

using System.Collections.Immutable;

namespace Harness.Mcp.Core.Expressions;

/// <summary>One way to call a function. A receiver is the first parameter.</summary>
internal sealed record CelSignature(string Function, bool HasReceiver, ImmutableArray<CelType> Parameters, CelType Result)
{
    public override string ToString() => HasReceiver
        ? $"{Parameters[0]}.{Function}({string.Join(", ", Parameters.Skip(1))})"
        : $"{Function}({string.Join(", ", Parameters)})";
}

/// <summary>What a function does. Its arguments are never errors and are of the kinds that its signature names.</summary>
internal delegate CelValue CelBody(ReadOnlySpan<CelValue> arguments);

/// <summary>One overload of a function.</summary>
/// <param name="IsLinear">Whether its cost grows with its arguments, so that their size is charged.</param>
internal sealed record CelFunction(CelSignature Signature, CelBody Body, bool IsLinear)
{
    private readonly ImmutableArray<CelKind?> _kinds = [.. Signature.Parameters.Select(KindOf)];

    /// <summary>Whether the arguments are of the kinds that the signature names.</summary>
    public bool Takes(ReadOnlySpan<CelValue> arguments)
    {
        if (arguments.Length != _kinds.Length)
            return false;

        for (var index = 0; index < arguments.Length; index++)
            if (_kinds[index] is { } kind && arguments[index].Kind != kind)
                return false;
        return true;
    }

    private static CelKind? KindOf(CelType type) => type switch
    {
        CelType.Simple { Name: "null_type" } => CelKind.Null,
        CelType.Simple { Name: "bool" } => CelKind.Bool,
        CelType.Simple { Name: "int" } => CelKind.Int,
        CelType.Simple { Name: "uint" } => CelKind.Uint,
        CelType.Simple { Name: "double" } => CelKind.Double,
        CelType.Simple { Name: "string" } => CelKind.String,
        CelType.Simple { Name: "bytes" } => CelKind.Bytes,
        CelType.Simple { Name: "google.protobuf.Timestamp" } => CelKind.Timestamp,
        CelType.Simple { Name: "google.protobuf.Duration" } => CelKind.Duration,
        CelType.Generic { Name: "list" } => CelKind.List,
        CelType.Generic { Name: "map" } => CelKind.Map,
        CelType.Generic { Name: "type" } => CelKind.Type,
        CelType.Generic { Name: "optional_type" } => CelKind.Optional,
        CelType.Simple { Name: not "dyn" } => CelKind.Opaque, // A type of the extensions, such as `net.IP`.
        _ => null,
    };
}

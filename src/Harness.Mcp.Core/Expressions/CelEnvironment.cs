using System.Collections.Immutable;

namespace Harness.Mcp.Core.Expressions;

/// <summary>What an expression may refer to besides the language's own functions.</summary>
/// <param name="Variables">Their order gives the index that <see cref="Activation.Variable"/> is asked for. Names may be qualified (`a.b`).</param>
internal sealed record CelEnvironment(ImmutableArray<CelVariable> Variables)
{
    /// <summary>The namespace in which names are looked up first; mostly empty.</summary>
    public string Container { get; init; } = "";
}

internal sealed record CelVariable(string Name, CelType Type);

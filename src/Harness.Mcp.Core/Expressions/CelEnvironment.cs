using System.Collections.Immutable;

namespace Harness.Mcp.Core.Expressions;

/// <summary>What an expression may refer to besides the language's own functions.</summary>
/// <param name="Variables">Their order gives the index that <see cref="Activation.Variable"/> is asked for. Names may be qualified (`a.b`).</param>
internal sealed record CelEnvironment(ImmutableArray<CelVariable> Variables)
{
    /// <summary>The namespace in which names are looked up first; mostly empty.</summary>
    public string Container { get; init; } = "";

    /// <summary>Functions besides <see cref="FunctionTable.Standard"/>.</summary>
    public ImmutableArray<CelFunction> Functions { get; init; } = [];

    /// <summary>Whether unknown names and types that do not fit are problems. Otherwise they are error values of the evaluation.</summary>
    public bool IsChecked { get; init; } = true;
}

internal sealed record CelVariable(string Name, CelType Type);

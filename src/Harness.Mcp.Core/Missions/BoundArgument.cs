using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions;

/// <summary>
/// An argument whose every value must have come from one of the named sources. It is thereby endorsed: `grounding` does not ask
/// again, even where the source is untrusted. Where the call lacks the argument there is nothing to ask.
/// </summary>
public sealed record BoundArgument(FieldPath Path, ImmutableArray<BoundSource> Sources, SourcePosition Position);

/// <summary>Where the values of a bound argument may come from: an input of the mission, or results of tools.</summary>
public sealed record BoundSource
{
    /// <summary>An input of the mission; null for a source of results.</summary>
    public string? Input { get; init; }

    public ToolSelector? Tool { get; init; }

    /// <summary>The field of the result, with all that is in it; null for anywhere in the result, its text too.</summary>
    public FieldPath? Field { get; init; }

    /// <summary>Arguments that the call must have had for its result to count.</summary>
    public ImmutableArray<BoundFrom> From { get; init; } = [];

    public required SourcePosition Position { get; init; }

    public override string ToString() => Input is null ? $"{Tool}" : $"mission.inputs.{Input}";
}

/// <summary>An argument of the call that brought a value: equal to <paramref name="Value"/>, or to an input of the mission.</summary>
public sealed record BoundFrom(FieldPath Argument, JsonElement? Value, string? Input);

/// <summary>What the arguments that say whom or what an effect acts on must be: see `grounding` in the language's reference.</summary>
public enum GroundingMode
{
    /// <summary>Nothing is asked.</summary>
    Off,

    /// <summary>Denied is a value that the mission knows from untrusted content alone.</summary>
    Lax,

    /// <summary>Denied is a value that the mission does not know from its inputs or from trusted fields.</summary>
    Strict,
}

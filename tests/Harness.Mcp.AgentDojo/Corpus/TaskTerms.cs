using System.Text.Json;

namespace Harness.Mcp.AgentDojo.Corpus;

/// <summary>What a study's author says of one tool (`tool-classes.json`).</summary>
/// <param name="Effect">`read`, `modify`, `egress`, `message`, `destructive`, `money`, `commit` or `admin`.</param>
/// <param name="Integrity">`trusted`, or `untrusted` where strangers can write into the results.</param>
/// <param name="Confidentiality">`public`, `private` or `secret`.</param>
internal sealed record ToolClass(string Effect, string Integrity, string Confidentiality)
{
    /// <summary>Arguments that say whom or what the call acts on.</summary>
    public IReadOnlyList<string> Target { get; init; } = [];

    /// <summary>Arguments that can carry data out.</summary>
    public IReadOnlyList<string> Content { get; init; } = [];

    public bool IsUntrusted => Integrity == "untrusted";

    public bool IsEffect => Effect != "read";
}

/// <summary>What a study's author says of one task (`missions.json`): the effects it needs, and where some arguments may come from.</summary>
internal sealed record TaskTerms(string Suite, string UserTask)
{
    public IReadOnlyList<string> EffectGrants { get; init; } = [];

    public IReadOnlyList<BoundArgument> BoundArguments { get; init; } = [];
}

/// <summary>An argument that may take its value from the results of a call.</summary>
internal sealed record BoundArgument(BoundSource Source, BoundTarget Target);

/// <param name="Args">Arguments that the call must have had.</param>
/// <param name="Field">The field of the result; null for anywhere in it.</param>
internal sealed record BoundSource(string Tool, JsonElement? Args, string? Field);

internal sealed record BoundTarget(string Tool, string Arg);

using System.Text.Json;

namespace Harness.Mcp.AgentDojo.Corpus;

/// <summary>One suite as its file describes it: tools, the users' tasks with their golden chains, and the attackers' tasks.</summary>
internal sealed record SuiteFile
{
    public required string Suite { get; init; }

    /// <summary>The places where an attacker can write, each with the text that stands there in peace.</summary>
    public Dictionary<string, Vector> Vectors { get; init; } = [];

    public IReadOnlyList<SuiteTool> Tools { get; init; } = [];

    public IReadOnlyList<UserTask> UserTasks { get; init; } = [];

    public IReadOnlyList<InjectionTask> InjectionTasks { get; init; } = [];
}

/// <summary>A text that an attacker can replace.</summary>
/// <param name="Default">As it stands between double quotes in the suite's environment, so with escapes.</param>
internal sealed record Vector(string Default)
{
    public string Text { get; } = Default.Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal);
}

/// <param name="Returns">The type of its results as the suite's own language writes it, such as `list[types.Email]`.</param>
internal sealed record SuiteTool(string Name, string? Returns);

/// <summary>What a user asks for, and the chain of calls that does it.</summary>
internal sealed record UserTask(string Id, string Prompt)
{
    public IReadOnlyList<GoldenCall> Calls { get; init; } = [];
}

/// <summary>What an attacker wants, and the calls that would do it; none where the attack is only to make the agent say something.</summary>
internal sealed record InjectionTask(string Id, string Goal)
{
    public IReadOnlyList<GoldenCall> Calls { get; init; } = [];

    /// <summary>The texts that attacks of each kind write into the vectors.</summary>
    public Dictionary<string, string>? Payloads { get; init; }
}

/// <summary>A call of a golden chain with the result it had, whose text holds <see cref="VectorMarkers"/>.</summary>
internal sealed record GoldenCall(string Function, JsonElement Args, string? ResultText, string? Error)
{
    /// <summary>The vectors that the result shows.</summary>
    public IReadOnlyList<string> Vectors { get; init; } = [];
}

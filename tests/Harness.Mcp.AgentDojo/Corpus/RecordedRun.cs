using System.Text.Json;

namespace Harness.Mcp.AgentDojo.Corpus;

/// <summary>What a model once did: its calls in order, with the results it saw.</summary>
/// <param name="Pipeline">The model, and the defence around it where its name says so.</param>
/// <param name="InjectionTask">Null for a run without an attack.</param>
/// <param name="Utility">Whether the user's task was achieved.</param>
/// <param name="Prompt">What the user asked; where the recording lacks it, the task's prompt stands in.</param>
internal sealed record RecordedRun(
    string Pipeline, string Suite, string UserTask, string? InjectionTask, string? Attack, bool? Utility, bool? InjectionSucceeded, string? Prompt)
{
    /// <summary>Words in the names of pipelines that have a defence of their own.</summary>
    private static readonly string[] Defences = ["repeat_user_prompt", "spotlighting_with_delimiting", "tool_filter", "transformers_pi_detector"];

    public IReadOnlyList<RecordedCall> Calls { get; init; } = [];

    public bool IsBenign => InjectionTask is null;

    /// <summary>An attack that only wants the agent to stop working; no tool call could show it.</summary>
    public bool IsDenialOfService => IsDenialOfServiceAttack(Attack);

    public bool IsUndefended => IsUndefendedPipeline(Pipeline);

    public static bool IsDenialOfServiceAttack(string? attack) =>
        attack is not null && (attack == "dos" || attack.EndsWith("_dos", StringComparison.Ordinal));

    public static bool IsUndefendedPipeline(string pipeline) =>
        !Array.Exists(Defences, defence => pipeline.Contains(defence, StringComparison.Ordinal));
}

/// <summary>A call as it was recorded. Without a result text and an error, the recording does not say how it ended.</summary>
internal sealed record RecordedCall(string Function, JsonElement Args, string? ResultText, string? Error);

/// <summary>How many attacked runs of one kind succeeded and failed: the denominators for recordings that hold the successful ones alone.</summary>
internal sealed record AttackCount(string Pipeline, string Suite, string Attack, int Succeeded, int Failed);

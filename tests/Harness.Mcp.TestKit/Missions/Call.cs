using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.TestKit.Missions;

/// <summary>A call as a test describes it: what is asked, and, where it goes into a chain, how it ends.</summary>
public sealed record Call
{
    public required ToolFacts Tool { get; init; }

    public required JsonElement Arguments { get; init; }

    /// <summary>How long after the link before; nothing by default.</summary>
    public TimeSpan After { get; init; }

    /// <summary><see cref="CallOutcome.Pending"/> for a call that does not end.</summary>
    public CallOutcome Outcome { get; init; } = CallOutcome.Ok;

    public JsonElement? Result { get; init; }

    /// <summary>The request whose approval the call uses up, where it goes into a chain.</summary>
    public long? Approval { get; init; }

    /// <summary>What the agent could read besides the result.</summary>
    public string? Text { get; init; }

    /// <summary>The agent could read more than the link records.</summary>
    public bool IsCut { get; init; }

    /// <summary>What its backend asks of the agent and what the agent answers with which labels, while it runs; null for nothing.</summary>
    public (JsonElement Asked, JsonElement Given, ImmutableArray<string> Labels)? Input { get; init; }

    /// <param name="arguments">A JSON object.</param>
    public static Call To(ToolFacts tool, string arguments = "{}") => new() { Tool = tool, Arguments = Json(arguments) };

    public static JsonElement Json(string text) => JsonElement.Parse(text);

    /// <param name="result">A JSON value.</param>
    public Call Answering(string result) => this with { Result = Json(result) };

    /// <summary>Answers with text instead of fields.</summary>
    public Call Saying(string text) => this with { Result = JsonSerializer.SerializeToElement(text) };

    public Call WithText(string text) => this with { Text = text };

    /// <summary>Answers with more than the link records.</summary>
    public Call AnsweringTooMuch() => this with { Result = null, IsCut = true };

    /// <param name="asked">A JSON object.</param>
    /// <param name="given">A JSON object.</param>
    public Call Asking(string asked, string given, params string[] labels) => this with { Input = (Json(asked), Json(given), [.. labels]) };

    public Call Failing() => this with { Outcome = CallOutcome.Error };

    public Call Lost() => this with { Outcome = CallOutcome.Unknown };

    public Call StillRunning() => this with { Outcome = CallOutcome.Pending };

    public Call Later(TimeSpan by) => this with { After = by };
}

using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Agents;

namespace Harness.Mcp.Proxy.Enforcement.Tasks;

/// <summary>Tasks by which calls are answered later, as the agent side of the wire asks about them. Expected outcomes are values.</summary>
public interface IMissionTasks
{
    /// <summary>
    /// Where a task stands. What it brings for the first time (what it says, what it asks, how its call ended) is durable on the chain before it is returned;
    /// an answer that brings nothing new is no link.
    /// </summary>
    ValueTask<TaskAnswer> GetAsync(AgentTask asked, CancellationToken cancellationToken);

    /// <summary>Judges what the agent answers to a task's questions, and passes it on.</summary>
    /// <param name="responses">A JSON object of answers by keys; keys that are not asked for are passed over.</param>
    ValueTask<TaskAnswer> UpdateAsync(AgentTask asked, JsonElement responses, CancellationToken cancellationToken);

    /// <summary>Gives a task up. That is possible at any time, also after its end.</summary>
    ValueTask<TaskAnswer> CancelAsync(AgentTask asked, CancellationToken cancellationToken);

    /// <summary>Whether a backend that the mission works with offers tasks.</summary>
    ValueTask<bool> AreOfferedAsync(MissionId mission, CancellationToken cancellationToken);
}

/// <summary>An agent's question about a task.</summary>
/// <param name="Handle">The `taskId` as it came: the agent may have written it itself.</param>
/// <param name="Declared">What the agent can be asked, as it declares with this request.</param>
public sealed record AgentTask(RegisteredAgent Agent, MissionId Mission, string Handle, AgentInputs Declared);

/// <summary>What the agent gets back for a question about a task.</summary>
public abstract record TaskAnswer
{
    private TaskAnswer() { }

    /// <param name="Value">A JSON object: the task, with what its status brings.</param>
    /// <param name="IsOver">Whether the task has ended, so that it says nothing new any more.</param>
    public sealed record Reported(JsonElement Value, bool IsOver) : TaskAnswer
    {
        /// <summary>How long to wait before asking again, as the backend suggests; null for nothing.</summary>
        public TimeSpan? PollInterval { get; init; }
    }

    /// <summary>It was taken note of; what comes of it the task's status says.</summary>
    public sealed record Noted : TaskAnswer;

    /// <summary>The task asks what this request does not declare that it can be asked.</summary>
    public sealed record Undeclared(AgentInputs Missing) : TaskAnswer;

    /// <summary>A JSON-RPC error object (`code`, `message`, `data`).</summary>
    public sealed record Error(JsonElement Value) : TaskAnswer;
}

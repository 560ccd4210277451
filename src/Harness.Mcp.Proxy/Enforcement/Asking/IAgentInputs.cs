using System.Text.Json;
using Harness.Mcp.Core.Asks;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>What the agent of a call can be asked while the call runs, and how.</summary>
public interface IAgentInputs
{
    /// <summary>What the agent declares that it can be asked.</summary>
    AgentInputs Declared { get; }

    /// <summary>Whether the agent takes requests while its call runs. One of 2026-07-28 does not: it gets them as the call's result, and repeats the call.</summary>
    bool TakesRequests { get; }

    /// <summary>Sends a request to an agent that takes them, and waits for its answer.</summary>
    /// <exception cref="OperationCanceledException">Nobody waits for the answer any more; the agent is told.</exception>
    Task<AgentReply> RequestAsync(string method, JsonElement parameters, CancellationToken cancellationToken);
}

/// <summary>What an agent answered to a request of ours.</summary>
public abstract record AgentReply
{
    private AgentReply() { }

    public sealed record Result(JsonElement Value) : AgentReply;

    /// <summary>There is no answer: the agent said so, or it cannot be reached.</summary>
    public sealed record None : AgentReply;

    /// <summary>An answer came that cannot be passed on.</summary>
    /// <param name="Why">For the agent's developer.</param>
    public sealed record Unreadable(string Why) : AgentReply;
}

/// <summary>A call that an agent of 2026-07-28 repeats, with what was asked for.</summary>
/// <param name="State">The `requestState` as it came: the agent may have written it itself.</param>
/// <param name="Responses">`inputResponses`: a JSON object of objects; null for none.</param>
public sealed record CallResumption(string State, JsonElement? Responses);

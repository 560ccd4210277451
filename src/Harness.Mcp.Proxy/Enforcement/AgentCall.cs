using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement.Asking;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>A call as the wire hands it to enforcement: authenticated, strictly parsed, not yet judged.</summary>
/// <param name="Tool">
/// The exposed name that the agent asked for: of a tool, a prompt, or the URI of a resource; of a completion, what its `ref` names.
/// </param>
/// <param name="Arguments">
/// A JSON object, or null where the agent sent none: the arguments of a tool or prompt, the parameters of a completion; null for a resource.
/// </param>
/// <param name="Meta">The request's `_meta`, untrusted; null for none.</param>
public sealed record AgentCall(RegisteredAgent Agent, MissionId Mission, string Tool, JsonElement? Arguments, JsonElement? Meta)
{
    public CallKind Kind { get; init; }

    /// <summary>The first number of the whole request that not every JSON parser reads alike, as it was written; null for none.</summary>
    public string? OddNumber { get; init; }

    /// <summary>Further members of the request's `params`, as a JSON object; null for none. No rule sees them: they go on as `_meta` does.</summary>
    public JsonElement? More { get; init; }

    /// <summary>The least severe log message that the agent wants, one of MCP's levels; null for none.</summary>
    public string? LogLevel { get; init; }

    /// <summary>What the agent can be asked during the call; null for nothing.</summary>
    public IAgentInputs? Inputs { get; init; }

    /// <summary>Whether the agent declares that it understands tasks, by which a backend answers later.</summary>
    public bool TakesTask { get; init; }

    /// <summary>What the agent repeats an earlier call with; null for a call of its own.</summary>
    public CallResumption? Resumption { get; init; }
}

/// <summary>What the agent gets back for a call.</summary>
public abstract record CallAnswer
{
    private CallAnswer() { }

    /// <summary>
    /// The effect that took place, where the answer is one's; null for every other. Whoever cannot deliver the answer says so
    /// (<see cref="IEnforcement.Undelivered"/>), so that the effect is not repeated when the agent asks again.
    /// </summary>
    public CarriedOut? Effect { get; init; }

    /// <summary>The method's result: the backend's own, or of a tool a denial with `isError: true`.</summary>
    public sealed record Result(JsonElement Value) : CallAnswer;

    /// <summary>The tool asks the agent, which repeats the call with its answers and the state. Only for agents that take no requests.</summary>
    /// <param name="Requests">A JSON object: `method` and `params` of each request by its key.</param>
    /// <param name="State">Sealed; the agent gives it back as it is.</param>
    public sealed record InputRequired(JsonElement Requests, string State) : CallAnswer;

    /// <summary>The tool answers later. Only for agents that understand tasks.</summary>
    /// <param name="Value">A JSON object: the task, under a handle of ours.</param>
    public sealed record Task(JsonElement Value) : CallAnswer;

    /// <summary>A JSON-RPC error object (`code`, `message`, `data`): the backend's own, or a denial of what has no result for one.</summary>
    public sealed record Error(JsonElement Value) : CallAnswer;
}

/// <summary>An effect that a backend carried out for an agent.</summary>
/// <param name="Arguments">Their digest.</param>
/// <param name="Link">Version of the link that admitted it.</param>
public sealed record CarriedOut(MissionId Mission, AgentId Agent, ToolId Tool, Digest Arguments, long Link);

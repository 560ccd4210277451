using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.Large;
using Harness.Mcp.Proxy.Backends.Tasks;

namespace Harness.Mcp.Proxy.Backends;

/// <summary>One backend as enforcement sees it, whatever its transport and protocol era.</summary>
public interface IBackendPort
{
    BackendId Id { get; }

    /// <summary>The backend's domain, as its owner says.</summary>
    string Domain => "";

    /// <summary>What the backend's owner says of what it asks agents for.</summary>
    AskTerms Asks => AskTerms.Default;

    /// <summary>Hosts whose images results may show, where the owner wants others taken out; null where not.</summary>
    ImmutableArray<string>? Images => null;

    /// <summary>
    /// Forwards a permitted call and waits for its answer. Expected failures are replies, not exceptions. Cancelling tells the
    /// backend and ends in <see cref="BackendReply.Lost"/>, or <see cref="BackendReply.NotSent"/> where nothing had left.
    /// </summary>
    ValueTask<BackendReply> CallAsync(BackendCall call, INoticeSink notices, CancellationToken cancellationToken);

    /// <summary>Asks about a task by which a call is answered later. Expected failures are replies; cancelling ends in <see cref="TaskReply.None"/>.</summary>
    ValueTask<TaskReply> AskTaskAsync(TaskRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult<TaskReply>(new TaskReply.None("The backend has no tasks."));
}

/// <summary>The backends by id, as the configuration in force has them.</summary>
public interface IBackendDirectory
{
    IBackendPort? Find(BackendId backend);
}

/// <summary>A permitted call on its way out.</summary>
/// <param name="Tool">The tool's name as the backend knows it, or one of <see cref="ReservedTools"/>.</param>
/// <param name="Arguments">The exact arguments that were decided on.</param>
/// <param name="Meta">The agent's `_meta` without what belongs to its own hop (protocol fields, progress token, trace context); null for none.</param>
public sealed record BackendCall(MissionId Mission, CallId Call, string Tool, JsonElement Arguments, JsonElement? Meta, bool WantsProgress)
{
    /// <summary>Digest of the tool's definition as it was decided on; null for the one that is approved now.</summary>
    public Digest? Definition { get; init; }

    /// <summary>Further members of the agent's `params`, as a JSON object; null for none.</summary>
    public JsonElement? More { get; init; }

    /// <summary>The least severe log message that the agent wants, one of MCP's levels; null for none.</summary>
    public string? LogLevel { get; init; }

    /// <summary>What may be asked of the agent during this call: granted to it, and declared by its agent.</summary>
    public AgentInputs MayAsk { get; init; }

    /// <summary>What the mission may grant to any call of this backend, and its agent declares: what a session of the `initialize` era is told for all of its calls.</summary>
    public AgentInputs Declares { get; init; }

    /// <summary>Whom a backend of the `initialize` era asks; null where nothing may be asked.</summary>
    public IInputPort? Inputs { get; init; }

    /// <summary>What a backend of 2026-07-28 asked for before; null for the call's first round.</summary>
    public CallRetry? Retry { get; init; }

    /// <summary>Whether a backend that offers it may answer by a task: the agent declares that it understands.</summary>
    public bool TakesTask { get; init; }

    public CallKind Kind => CallKinds.Of(Tool);

    public string Method => CallKinds.MethodOf(Kind);

    /// <summary>What the `Mcp-Name` header repeats; null where the method has no name.</summary>
    public string? MirroredName => Kind switch
    {
        CallKind.Tool => Tool,
        CallKind.Resource => Arguments.GetProperty("uri").GetString(),
        CallKind.Prompt => Arguments.GetProperty("name").GetString(),
        _ => null,
    };
}

/// <summary>How a forwarded call ended.</summary>
public abstract record BackendReply
{
    private BackendReply() { }

    /// <summary>The `result` of the call, verbatim but for the protocol fields of the backend's own era (`resultType` and cache hints are gone).</summary>
    public sealed record Result(JsonElement Value) : BackendReply;

    /// <summary>A backend of 2026-07-28 wants to be called again, with input. At least one of the two is there.</summary>
    /// <param name="Requests">A JSON object of requests by keys, whatever they are; null for none.</param>
    /// <param name="State">The backend's own state, to be given back verbatim; null for none.</param>
    public sealed record InputRequired(JsonElement? Requests, string? State) : BackendReply;

    /// <summary>The backend answers later: the call waits for a task.</summary>
    public sealed record Task(TaskReport Report) : BackendReply;

    /// <summary>A result that is too large for memory, in a file that whoever takes the reply keeps or disposes.</summary>
    internal sealed record Large(Spool Spool, SpooledAnswer Answer) : BackendReply;

    /// <summary>A large result that is kept, and what stands for it.</summary>
    /// <param name="Value">What the agent gets: a preview, and how to read the rest.</param>
    /// <param name="Preview">What of the result itself it shows.</param>
    /// <param name="Digest">Of the result's bytes as they came.</param>
    internal sealed record Kept(JsonElement Value, string Preview, Digest Digest, bool IsError) : BackendReply;

    /// <summary>A JSON-RPC error object (`code`, `message`, `data`), verbatim.</summary>
    public sealed record Error(JsonElement Value) : BackendReply;

    /// <summary>Nothing left the proxy: no connection, an open circuit, a full bulkhead. The call did not happen.</summary>
    public sealed record NotSent(string Why) : BackendReply;

    /// <summary>The call left, and no answer came: time-out, broken connection, cancellation. Nobody knows whether it took effect.</summary>
    public sealed record Lost(string Why) : BackendReply;

    /// <summary>An answer came that cannot be accepted: too large, malformed, of a wrong type. The call happened; its answer is not shown.</summary>
    public sealed record Unreadable(string Why) : BackendReply;
}

/// <summary>The way back to the agent while one call runs: progress and log notices, in the order the backend sent them.</summary>
public interface INoticeSink
{
    /// <param name="method">`notifications/progress` or `notifications/message`.</param>
    /// <param name="parameters">The notice's `params`. The progress token is the receiver's to set; any that stands in it is replaced.</param>
    ValueTask SendAsync(string method, JsonElement parameters, CancellationToken cancellationToken);
}

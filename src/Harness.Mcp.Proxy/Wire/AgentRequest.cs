using System.Diagnostics;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Enforcement;
using Microsoft.AspNetCore.Http;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// One HTTP request that passed the gate: who asks, under which mission, and the message as it was strictly parsed. It travels
/// with the execution context through the hosting library of the `initialize` era, whose own view of the request is never used.
/// </summary>
internal sealed class AgentRequest(RegisteredAgent agent, MissionId mission, string version, AgentMessage? message)
{
    private const int Waiting = 0;
    private const int Taken = 1;
    private const int Abandoned = 2;

    private static readonly AsyncLocal<AgentRequest?> Ambient = new();

    private int _state = Waiting;

    public static AgentRequest? Current
    {
        get => Ambient.Value;
        set => Ambient.Value = value;
    }

    public RegisteredAgent Agent { get; } = agent;

    public MissionId Mission { get; } = mission;

    /// <summary>The protocol revision of this request: its header, or what its session agreed on.</summary>
    public string Version { get; } = version;

    /// <summary>Null for the request that opens a notice stream or ends a session.</summary>
    public AgentMessage? Message { get; } = message;

    public bool IsModern { get; } = ProtocolVersions.IsModern(version);

    /// <summary>The session of the `initialize` handshake; null for modern requests and for the handshake itself.</summary>
    public LegacySession? Session { get; init; }

    /// <summary>
    /// The least severe log message that the agent wants, null for none: a modern agent says so with each request, an older one once for
    /// its session.
    /// </summary>
    public string? LogLevel => IsModern ? Message?.MetaText(AgentMessage.LogLevelKey) : Session?.LogLevel;

    /// <summary>Where the request came from, for its span; null where nobody wants one.</summary>
    public RequestOrigin? Origin { get; init; }

    /// <summary>Cancelled when the HTTP connection is gone: what is answered then reaches nobody.</summary>
    public CancellationToken Gone { get; init; }

    /// <summary>What a call was answered; null for another request, and before its answer.</summary>
    public CallAnswer? Answer { get; set; }

    /// <summary>Ends the hosted HTTP response without a message, once no answer will come.</summary>
    public Action EndResponse { get; set; } = static () => { };

    /// <summary>Takes a hosted request up for an answer.</summary>
    /// <returns>False where its HTTP request ended before: it is dropped, nothing was done for it.</returns>
    public bool TryTake() => Interlocked.CompareExchange(ref _state, Taken, Waiting) == Waiting;

    /// <summary>Gives the request up.</summary>
    /// <returns>False where it was taken up: whoever took it finishes it.</returns>
    public bool TryAbandon() => Interlocked.CompareExchange(ref _state, Abandoned, Waiting) == Waiting;
}

/// <summary>Where a request came from, as its span says.</summary>
/// <param name="HeaderParent">The agent's span as the HTTP headers name it; what `_meta` says comes first.</param>
/// <param name="HttpVersion">Such as `1.1` or `2`.</param>
internal sealed record RequestOrigin(ActivityContext? HeaderParent, string? ClientAddress, int? ClientPort, string? HttpVersion)
{
    public static RequestOrigin Of(HttpContext http) => new(
        ServerActivity.ParentFrom(http.Request.Headers["traceparent"], http.Request.Headers["tracestate"]),
        http.Connection.RemoteIpAddress?.ToString(),
        http.Connection.RemoteIpAddress is null ? null : http.Connection.RemotePort,
        http.Request.Protocol["HTTP/".Length..]);
}

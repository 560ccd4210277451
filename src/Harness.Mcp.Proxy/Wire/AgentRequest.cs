using System.Diagnostics;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Enforcement;

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

    /// <summary>The agent's span as the HTTP headers name it; what `_meta` says comes first.</summary>
    public ActivityContext? HeaderParent { get; init; }

    public string? ClientAddress { get; init; }

    public int? ClientPort { get; init; }

    /// <summary>Such as `HTTP/1.1` or `HTTP/2`.</summary>
    public string? Protocol { get; init; }

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

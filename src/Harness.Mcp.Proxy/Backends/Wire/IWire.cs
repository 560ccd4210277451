using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Backends.Reads;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>Carries JSON-RPC messages to a backend and back, over one transport.</summary>
internal interface IWire : IAsyncDisposable
{
    /// <summary>Completes, with the reason, when the wire can carry nothing any more. A stateless wire never ends by itself.</summary>
    Task<string> Ended { get; }

    /// <summary>Whether what a backend asks during a call comes on that call's own stream. Where all share one, a request names no call.</summary>
    bool KeepsCallsApart => false;

    /// <summary>Sends the request; its notices and its end arrive at the exchange. Never throws for a failure of the backend's.</summary>
    Task SendAsync(Exchange exchange, CancellationToken cancellationToken);

    Task NotifyAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken);

    /// <summary>The exchange is over for us: forget it, and tell the backend if it may still be working.</summary>
    ValueTask AbandonAsync(Exchange exchange, string why);

    /// <summary>The revision that was agreed on; every later message obeys it.</summary>
    void Settle(EraSettled era);

    /// <summary>What the backend was told that it may ask in this session.</summary>
    void Declared(AgentInputs inputs)
    {
    }

    /// <summary>Starts to receive messages that belong to no request, where the transport needs asking.</summary>
    /// <returns>Completes when such messages can arrive, or when the backend offers no way for them.</returns>
    Task ListenAsync();
}

/// <summary>A wire on which each request of 2026-07-28 has a stream of its own.</summary>
internal interface IOwnStreams
{
    /// <summary>Cancelled when the wire is closed.</summary>
    CancellationToken Closing { get; }

    /// <summary>Sends the request and reads its stream, in the caller's own time. Never throws for a failure of the backend's.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled before it ended.</exception>
    ValueTask RunAsync(Exchange exchange, CancellationToken cancellationToken);
}

/// <summary>A wire to what does not speak MCP: there is no handshake, and what one would settle stands fast.</summary>
internal interface ISettledWire
{
    Channels.Agreement Agreement { get; }
}

/// <summary>The protocol revision in use on a channel.</summary>
internal sealed record EraSettled(bool IsModern, string ProtocolVersion)
{
    public const string ModernVersion = "2026-07-28";
    public const string LegacyVersion = "2025-11-25";

    /// <summary>The first revision whose messages repeat the version in a header.</summary>
    private const string FirstWithHeader = "2025-06-18";

    public static EraSettled Modern { get; } = new(true, ModernVersion);

    /// <summary>Revisions with `initialize` that we speak, newest first.</summary>
    public static IReadOnlyList<string> LegacyVersions { get; } = [LegacyVersion, FirstWithHeader, "2025-03-26", "2024-11-05"];

    public bool HasVersionHeader => string.CompareOrdinal(ProtocolVersion, FirstWithHeader) >= 0;
}

/// <summary>What came from a backend outside of any exchange.</summary>
internal interface IWireReceiver
{
    void OnListChanged(ListKinds kinds);

    /// <param name="uri">As the backend writes it.</param>
    void OnResourceUpdated(string uri);
}

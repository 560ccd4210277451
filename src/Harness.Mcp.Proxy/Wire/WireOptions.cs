using System.ComponentModel.DataAnnotations;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>Settings of the agent endpoint. The section is `Wire`; an unknown key is refused at start.</summary>
public sealed class WireOptions
{
    public const string Section = "Wire";

    /// <summary>
    /// Host names (without port) by which agents may address the proxy; the defence against DNS rebinding. Setting it replaces the
    /// default: the loopback names. A browser's `Origin` must name one of them too, or stand in <see cref="AllowedOrigins"/>.
    /// </summary>
    public IList<string> AllowedHosts { get; set; } = [];

    /// <summary>Further browser origins that may call, exactly as the browser sends them, such as `https://console.corp.example`.</summary>
    public IList<string> AllowedOrigins { get; set; } = [];

    /// <summary>Largest request body, from 1 KiB to 64 MiB. A larger one is refused while it arrives.</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int BodyBytesMax { get; set; } = 4 * 1024 * 1024;

    /// <summary>Most object keys in one request, over all depths, from 100 to 1,000,000.</summary>
    [Range(100, 1_000_000)]
    public int KeysMax { get; set; } = 10_000;

    /// <summary>Most calls that one agent may have in flight under one mission, from 1 to 10,000. One more is denied as `overloaded`.</summary>
    [Range(1, 10_000)]
    public int CallsInFlightMax { get; set; } = 32;

    /// <summary>
    /// Most requests that are worked on at once over all agents, from 10 to 100,000; one agent gets at most half of them. One more is answered 503 before
    /// any of its body is read.
    /// </summary>
    [Range(10, 100_000)]
    public int RequestsInFlightMax { get; set; } = 1_000;

    /// <summary>
    /// Most `subscriptions/listen` streams that one agent may hold open under one mission, and as many notice streams of its sessions beside them, from 1 to 1,000.
    /// </summary>
    [Range(1, 1_000)]
    public int ListenStreamsMax { get; set; } = 16;

    /// <summary>Most idle sessions of agents that use the `initialize` handshake, from 1 to 100,000; the longest idle ends first.</summary>
    [Range(1, 100_000)]
    public int IdleSessionsMax { get; set; } = 1_000;

    /// <summary>Idle time after which a session of the `initialize` handshake ends, from 10 seconds to 24 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan SessionIdleTimeout { get; set; } = TimeSpan.FromHours(2);

    /// <summary>Most connections at once over all agents, from 10 to 1,000,000.</summary>
    [Range(10, 1_000_000)]
    public int ConnectionsMax { get; set; } = 10_000;

    /// <summary>
    /// How long a call may be quiet before the proxy itself reports progress, where the agent asked for progress, and before it
    /// writes a comment to the stream, where it did not; from 10 ms to 5 minutes.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Shortest time between two notices that the tool list changed, from 0 to 1 minute; changes in between become one notice.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan ListNoticeInterval { get; set; } = TimeSpan.FromMilliseconds(500);
}

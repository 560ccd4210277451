using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Wire.Reads;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// A session of the `initialize` handshake. It carries protocol state alone: agent and mission were fixed when it began, each
/// request proves them anew, and the chain never leans on it.
/// </summary>
/// <param name="declares">What the handshake declares that the agent can be asked.</param>
internal sealed class LegacySession(string id, AgentId agent, MissionId mission, string version, AgentInputs declares)
{
    private readonly ConcurrentDictionary<string, bool> _idsInFlight = new(StringComparer.Ordinal);
    private volatile string _logLevel = LogLevels.Default;

    /// <summary>As the `Mcp-Session-Id` header names it. No secret: every request proves its agent besides.</summary>
    public string Id { get; } = id;

    /// <summary>The revision that the handshake agreed on.</summary>
    public string Version { get; } = version;

    public AgentInputs Declares { get; } = declares;

    /// <summary>The requests of ours that wait for the agent's answers.</summary>
    public SentRequests Sent { get; } = new();

    /// <summary>The least severe log notice that the agent wants.</summary>
    public string LogLevel
    {
        get => _logLevel;
        set => _logLevel = value;
    }

    /// <summary>The resources that the agent subscribed to.</summary>
    public UpdateNotices? Updates { get; init; }

    public bool IsOf(RegisteredAgent other, MissionId otherMission) => agent == other.Id && mission == otherMission;

    /// <returns>False where a request of this id is still being answered.</returns>
    public bool TryBegin(JsonElement id) => _idsInFlight.TryAdd(id.GetRawText(), true);

    public void End(JsonElement id) => _idsInFlight.TryRemove(id.GetRawText(), out _);
}

/// <summary>The sessions that are open, by the id in the `Mcp-Session-Id` header.</summary>
internal sealed class LegacySessions
{
    private readonly ConcurrentDictionary<string, LegacySession> _byId = new(StringComparer.Ordinal);

    public void Add(string id, LegacySession session) => _byId[id] = session;

    public void Remove(string id) => _byId.TryRemove(id, out _);

    public bool TryFind(string id, [MaybeNullWhen(false)] out LegacySession session) => _byId.TryGetValue(id, out session);
}

/// <summary>MCP's log levels (those of syslog), from the least to the most severe.</summary>
internal static class LogLevels
{
    /// <summary>What a session hears before it says otherwise.</summary>
    public const string Default = "info";

    private static readonly string[] Ascending = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];

    public static bool IsKnown(string level) => Array.IndexOf(Ascending, level) >= 0;

    /// <summary>Whether a notice of this level is severe enough; one whose level is not known is.</summary>
    public static bool Reaches(string level, string least)
    {
        var rank = Array.IndexOf(Ascending, level);
        return rank < 0 || rank >= Array.IndexOf(Ascending, least);
    }
}

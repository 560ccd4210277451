using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>The protocol revisions that the agent endpoint speaks.</summary>
internal static class ProtocolVersions
{
    /// <summary>The revision without handshake and sessions: each request stands alone and names its version.</summary>
    public const string Modern = "2026-07-28";

    /// <summary>The newest revision with the `initialize` handshake; offered to a client that asks for one we do not know.</summary>
    public const string LegacyNewest = "2025-11-25";

    /// <summary>What `server/discover` offers, and what an unknown version is answered with: the two must agree.</summary>
    public static readonly string[] Discoverable = [Modern];

    private static readonly string[] Legacy = ["2024-11-05", "2025-03-26", "2025-06-18", LegacyNewest];

    public static bool IsModern(string version) => string.Equals(version, Modern, StringComparison.Ordinal);

    /// <summary>What the `initialize` handshake agrees on: the client's version where we speak it, else our newest of that era.</summary>
    /// <param name="oldest">The oldest that the mission takes; null for any.</param>
    public static string Negotiate(string requested, string? oldest) => IsLegacy(requested) && ProtocolRevisions.IsAtLeast(requested, oldest) ? requested : LegacyNewest;

    public static bool IsLegacy(string version) => Array.IndexOf(Legacy, version) >= 0;
}

using System.Collections.Immutable;

namespace Harness.Mcp.Core.Missions;

/// <summary>The revisions of the Model Context Protocol that agents may speak. Each is named by its date, so the older of two is the smaller text.</summary>
/// <seealso href="https://modelcontextprotocol.io/specification/versioning">The protocol's own list</seealso>
public static class ProtocolRevisions
{
    /// <summary>Oldest first.</summary>
    public static ImmutableArray<string> All { get; } = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];

    /// <param name="least">Null where no revision is too old.</param>
    public static bool IsAtLeast(string revision, string? least) => string.CompareOrdinal(revision, least) >= 0;
}

using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Store.Chains;

/// <summary>
/// Keeps of each mission the latest snapshot of its state, so that a start need not fold a long chain from its first link. A snapshot is
/// no record: it may be lost or old at any time, and nobody is told.
/// </summary>
public interface ISnapshotStore
{
    /// <returns>The latest that was kept; null where there is none, or none that can be read.</returns>
    ValueTask<KeptSnapshot?> ReadSnapshotAsync(MissionId mission, CancellationToken cancellationToken);

    /// <summary>Keeps a snapshot in place of an older one. Where that fails, the older one stays.</summary>
    ValueTask KeepSnapshotAsync(KeptSnapshot snapshot, CancellationToken cancellationToken);
}

/// <summary>A snapshot and the link that it belongs to.</summary>
/// <param name="Head">Digest of the link of the snapshot's version: of another chain it says nothing.</param>
public sealed record KeptSnapshot(MissionSnapshot Snapshot, Digest Head);

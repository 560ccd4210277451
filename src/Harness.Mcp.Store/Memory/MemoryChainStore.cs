using System.Collections.Immutable;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store.Chains;

namespace Harness.Mcp.Store.Memory;

/// <summary>Chains in this process's memory. "Durable" here means: as long as the process lives.</summary>
public sealed class MemoryChainStore(TimeProvider time) : IChainStore, IRecordStore, ISnapshotStore
{
    private const string Disposed = "The chain store is closed.";

    private readonly ChainClock _clock = new(time);
    private readonly Lock _gate = new();
    private readonly Dictionary<MissionId, List<SealedLink>> _chains = [];
    private readonly List<MissionId> _openings = [];
    private readonly Dictionary<MissionId, KeptSnapshot> _snapshots = [];
    private bool _isDisposed;

    public DateTimeOffset Now => _clock.Now;

    public ValueTask<AppendResult> AppendAsync(
        MissionId mission, long expectedVersion, ImmutableArray<SealedLink> links, CancellationToken cancellationToken)
    {
        var request = AppendRequest.Of(mission, expectedVersion, links);
        cancellationToken.ThrowIfCancellationRequested();

        lock (_gate)
            return ValueTask.FromResult(Append(request));
    }

    public ValueTask<ReadResult> ReadAsync(MissionId mission, long afterVersion, int linksMax, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(afterVersion);
        ArgumentOutOfRangeException.ThrowIfLessThan(linksMax, 1);
        cancellationToken.ThrowIfCancellationRequested();

        lock (_gate)
            return ValueTask.FromResult<ReadResult>(
                _isDisposed ? new ReadResult.Unavailable(Disposed) : new ReadResult.Found(Tail(mission, afterVersion, linksMax)));
    }

    public ValueTask<ListResult> ListAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        lock (_gate)
            return ValueTask.FromResult<ListResult>(
                _isDisposed
                    ? new ListResult.Unavailable(Disposed)
                    : new ListResult.Found([.. _openings.Select(mission => new MissionHead(mission, _chains[mission].Count))]));
    }

    public ValueTask<RecordsResult> ReadRecordsAsync(MissionId mission, long afterVersion, int recordsMax, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(afterVersion);
        ArgumentOutOfRangeException.ThrowIfLessThan(recordsMax, 1);
        cancellationToken.ThrowIfCancellationRequested();

        lock (_gate)
            return ValueTask.FromResult<RecordsResult>(
                _isDisposed
                    ? new RecordsResult.Unavailable(Disposed)
                    : new RecordsResult.Found(
                        [.. Tail(mission, afterVersion, recordsMax).Select(link => new StoredRecord(link.Link.Version, link.Digest, link.Bytes))]));
    }

    public ValueTask<KeptSnapshot?> ReadSnapshotAsync(MissionId mission, CancellationToken cancellationToken)
    {
        lock (_gate)
            return ValueTask.FromResult(_isDisposed ? null : _snapshots.GetValueOrDefault(mission));
    }

    public ValueTask KeepSnapshotAsync(KeptSnapshot snapshot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        lock (_gate)
            if (!_isDisposed && (_snapshots.GetValueOrDefault(snapshot.Snapshot.Mission)?.Snapshot.Version ?? 0) < snapshot.Snapshot.Version)
                _snapshots[snapshot.Snapshot.Mission] = snapshot;
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        lock (_gate)
            _isDisposed = true;
        return ValueTask.CompletedTask;
    }

    private AppendResult Append(AppendRequest request)
    {
        if (_isDisposed)
            return new AppendResult.Unavailable(Disposed);

        var chain = _chains.GetValueOrDefault(request.Mission);
        if ((chain?.Count ?? 0) != request.ExpectedVersion)
            return new AppendResult.VersionConflict();
        if (chain is not null && chain[^1].Digest != request.Previous)
            return new AppendResult.Unavailable(request.WrongPredecessor);

        if (chain is null)
        {
            _chains.Add(request.Mission, chain = []);
            _openings.Add(request.Mission);
        }

        foreach (var link in request.Links)
            chain.Add(link.Kept);
        return new AppendResult.Appended();
    }

    private ImmutableArray<SealedLink> Tail(MissionId mission, long afterVersion, int linksMax) =>
        _chains.GetValueOrDefault(mission) is { } chain && afterVersion < chain.Count
            ? [.. chain.Skip((int)afterVersion).Take(linksMax)]
            : [];
}

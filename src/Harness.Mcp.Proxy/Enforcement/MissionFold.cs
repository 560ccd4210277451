using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Proxy.Telemetry;
using Harness.Mcp.Store;
using Harness.Mcp.Store.Chains;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>
/// Makes one mission's state from its chain: from a snapshot and the links after it where there is one, else from the first link on. Now and
/// then it has a snapshot kept, the seldomer the longer the chain is, so that this costs each link the same.
/// </summary>
internal sealed class MissionFold(MissionId mission, IChainStore store, ILogger logger)
{
    private const int LinksReadMax = 1_000;

    /// <summary>Links of a chain that is too short to keep a snapshot of.</summary>
    private const int LinksFoldedAnyway = 1_000;

    private readonly ISnapshotStore? _snapshots = store as ISnapshotStore;
    private long _keepAt = LinksFoldedAnyway;

    /// <summary>Reads the links that a state has not seen; makes the state anew where there is none.</summary>
    /// <returns>The state after the chain's last link, or why there is none.</returns>
    public async Task<(FoldedMission? Folded, GateAnswer? Unavailable)> CatchUpAsync(FoldedMission? folded)
    {
        folded ??= await RestoreAsync();
        var (state, head, trace) = folded is null ? (null, Digest.Zero, RequestTrace.None) : (folded.State, folded.Head, folded.LastTrace);
        var tightened = new List<Link>();
        while (true)
        {
            var read = await store.ReadAsync(mission, state?.Version ?? 0, LinksReadMax, CancellationToken.None);
            if (read is not ReadResult.Found { Links: var links })
                return (null, new GateAnswer.Unavailable(((ReadResult.Unavailable)read).Why));

            foreach (var link in links)
            {
                if (link.Link.Previous != head)
                    return (null, new GateAnswer.Unavailable(
                        $"The chain of `{mission}` is broken at version {link.Link.Version}: it does not name the digest of the link before it. Run `harness chain verify {mission}`."));

                if (state is null)
                {
                    var opened = MissionState.Open(link.Link, [.. tightened]);
                    if (!opened.IsValid)
                        return (null, new GateAnswer.Unavailable($"Mission `{mission}` cannot be understood: {string.Join(" ", opened.Problems)}"));
                    state = opened.Value;
                }
                else
                {
                    state.Apply(link.Link);
                }

                head = link.Digest;
                trace = FoldedMission.TraceOf(link.Link.Body) ?? trace;
                if (link.Link.Body is LinkBody.RulesTightened && !tightened.Exists(known => known.Version == link.Link.Version))
                    tightened.Add(link.Link);
            }

            if (links.Length == LinksReadMax)
                continue;
            if (state is null)
                return (null, new GateAnswer.NoMission());
            if (!state.NeedsRefold)
                return (new FoldedMission(state, head, trace), null);

            // Added rules must remember the chain from its start. Those that a snapshot knew of are met again on the way.
            (state, head, trace) = (null, Digest.Zero, RequestTrace.None);
        }
    }

    /// <summary>Has a snapshot kept, where it is time for one. It is nothing that anybody waits for.</summary>
    public void Keep(FoldedMission folded)
    {
        if (_snapshots is null || folded.State.Version < _keepAt)
            return;

        _keepAt = folded.State.Version + Math.Max(LinksFoldedAnyway, folded.State.Version / 4);
        if (MissionSnapshot.Of(folded.State) is { } saved)
            _ = KeepAsync(new KeptSnapshot(saved, folded.Head));
    }

    private async Task KeepAsync(KeptSnapshot snapshot)
    {
        try
        {
            await _snapshots!.KeepSnapshotAsync(snapshot, CancellationToken.None);
            Log.SnapshotKept(logger, mission.Value, snapshot.Snapshot.Version, snapshot.Snapshot.State.Length);
        }
        catch (Exception bug)
        {
            Log.SnapshotFailed(logger, mission.Value, bug);
        }
    }

    /// <returns>The state of the latest snapshot; null where there is none that belongs to this chain and can be read.</returns>
    private async Task<FoldedMission?> RestoreAsync()
    {
        if (_snapshots is null || await _snapshots.ReadSnapshotAsync(mission, CancellationToken.None) is not { Snapshot: var snapshot } kept)
            return null;

        var named = new List<Link>();
        foreach (var version in snapshot.Links)
        {
            if (await LinkAsync(version) is not { } link)
                return null;
            named.Add(link.Link);
        }

        // INVARIANT: a snapshot counts for the chain that it was made from alone, as the digest of its last link tells.
        if (await LinkAsync(snapshot.Version) is not { } last || last.Digest != kept.Head || snapshot.Restore(named) is not { } state)
        {
            Log.SnapshotUnusable(logger, mission.Value, snapshot.Version);
            return null;
        }

        _keepAt = Math.Max(_keepAt, snapshot.Version + Math.Max(LinksFoldedAnyway, snapshot.Version / 4));
        return new FoldedMission(state, last.Digest, FoldedMission.TraceOf(last.Link.Body) ?? RequestTrace.None);
    }

    private async Task<SealedLink?> LinkAsync(long version) =>
        version >= 1 && await store.ReadAsync(mission, version - 1, 1, CancellationToken.None) is ReadResult.Found { Links: [var link] } ? link : null;
}

/// <summary>A mission's state, with what the next link must name. One gate owns it and moves it on.</summary>
internal sealed class FoldedMission(MissionState state, Digest head, RequestTrace lastTrace)
{
    public MissionState State { get; } = state;

    /// <summary>Digest of the last link.</summary>
    public Digest Head { get; private set; } = head;

    /// <summary>Trace of the last call that is known of, which the next one's trace links to.</summary>
    public RequestTrace LastTrace { get; private set; } = lastTrace;

    /// <summary>Takes note of links that are on the chain now.</summary>
    public void MoveOn(ImmutableArray<SealedLink> links)
    {
        foreach (var link in links)
        {
            Head = link.Digest;
            LastTrace = TraceOf(link.Link.Body) ?? LastTrace;
        }
    }

    public static RequestTrace? TraceOf(LinkBody body) => body switch
    {
        LinkBody.CallAdmitted admitted => admitted.Trace,
        LinkBody.CallRefused refused => refused.Trace,
        _ => null,
    };
}

using System.Collections.Immutable;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Store;

/// <summary>
/// An append-only store of chains. Linearizable per mission: the unique key (mission, version) decides who was first. What it
/// reports as appended is durable. Every engine passes the same contract suite.
/// </summary>
public interface IChainStore : IAsyncDisposable
{
    /// <summary>
    /// The time for a next link: starts at the machine's clock and then advances monotonically, so that a clock set back or forth
    /// while the process runs changes nothing. Callers still keep it from falling before the mission's last link.
    /// </summary>
    DateTimeOffset Now { get; }

    /// <summary>
    /// Appends all of <paramref name="links"/> or none, right after <paramref name="expectedVersion"/> (0 for a new chain). The
    /// links' versions must follow it without a gap, each naming its predecessor's digest. Cancelling withdraws an append that still
    /// waits, so that a cancellation always means that nothing was written; one that is being written is answered all the same. The links'
    /// bytes are read until the answer, and after it only where that is <see cref="AppendResult.Unavailable"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The links do not hang together: the caller's mistake.</exception>
    ValueTask<AppendResult> AppendAsync(
        MissionId mission, long expectedVersion, ImmutableArray<SealedLink> links, CancellationToken cancellationToken);

    /// <summary>Reads at most <paramref name="linksMax"/> links after <paramref name="afterVersion"/>, in order.</summary>
    ValueTask<ReadResult> ReadAsync(MissionId mission, long afterVersion, int linksMax, CancellationToken cancellationToken);

    /// <summary>Every mission that has a chain, in order of opening, with the version of its last link.</summary>
    ValueTask<ListResult> ListAsync(CancellationToken cancellationToken);
}

/// <summary>What an append did.</summary>
public abstract record AppendResult
{
    private AppendResult() { }

    /// <summary>Durable.</summary>
    public sealed record Appended : AppendResult;

    /// <summary>Another link came first; nothing was written. Read the tail, fold it in and decide again.</summary>
    public sealed record VersionConflict : AppendResult;

    /// <summary>The store could not say. The links may or may not be there: read before the next append.</summary>
    public sealed record Unavailable(string Why) : AppendResult;
}

/// <summary>What a read found.</summary>
public abstract record ReadResult
{
    private ReadResult() { }

    /// <summary>The links after the asked version; empty at the end of the chain or for an unknown mission.</summary>
    public sealed record Found(ImmutableArray<SealedLink> Links) : ReadResult;

    /// <summary>The store could not answer, or holds a record that this program cannot read: the mission permits nothing.</summary>
    public sealed record Unavailable(string Why) : ReadResult;
}

/// <summary>What a listing found.</summary>
public abstract record ListResult
{
    private ListResult() { }

    public sealed record Found(ImmutableArray<MissionHead> Missions) : ListResult;

    public sealed record Unavailable(string Why) : ListResult;
}

/// <summary>The end of one chain.</summary>
public sealed record MissionHead(MissionId Mission, long Version);

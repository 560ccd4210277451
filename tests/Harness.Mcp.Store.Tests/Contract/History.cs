using System.Collections.Concurrent;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Xunit;

namespace Harness.Mcp.Store.Tests.Contract;

/// <summary>
/// What several clients of one mission did and saw, with a global order of the moments at which each operation began and ended. The
/// object is a version that only grows, so linearizability comes to three conditions that can be tested without search.
/// </summary>
internal sealed class History(IChainStore store, MissionId mission)
{
    private readonly ConcurrentBag<Operation> _operations = [];
    private long _moment;

    public long LastVersion => _operations.Where(operation => operation.IsAppended).Select(operation => operation.Version).DefaultIfEmpty().Max();

    public async Task RunAsync(int seed, int operations, CancellationToken cancellationToken)
    {
        var random = new Random(seed);
        SealedLink? last = null;
        for (var count = 0; count < operations; count++)
        {
            if (random.Next(3) == 0)
                last = await ReadAsync(last, cancellationToken);
            else
                last = await AppendAsync(last, random.Next(4) == 0 ? 2 : 1, cancellationToken) ?? await ReadAsync(last, cancellationToken);
        }
    }

    public void MustBeLinearizable()
    {
        var appends = _operations.Where(operation => operation.IsAppended).OrderBy(operation => operation.Version).ToArray();

        // No version was given to two, and no append took effect before one of a lower version had begun.
        Assert.Equal(appends.Length, appends.Select(append => append.FirstVersion).Distinct().Count());
        foreach (var (lower, higher) in appends.Zip(appends.Skip(1)))
        {
            Assert.Equal(lower.Version + 1, higher.FirstVersion);
            Assert.True(lower.Begin < higher.End, $"{higher} ended before {lower} began.");
        }

        foreach (var seen in _operations.Where(operation => !operation.IsAppended))
        {
            var least = appends.Where(append => append.End < seen.Begin).Select(append => append.Version).DefaultIfEmpty().Max();
            var most = appends.Where(append => append.Begin < seen.End).Select(append => append.Version).DefaultIfEmpty().Max();
            if (seen.IsConflict)
                Assert.True(seen.Version < most, $"{seen}: nobody can have been first.");
            else
                Assert.True(seen.Version >= least && seen.Version <= most, $"{seen} is not between {least} and {most}.");
        }
    }

    private async Task<SealedLink?> AppendAsync(SealedLink? last, int count, CancellationToken cancellationToken)
    {
        var expected = last?.Link.Version ?? 0;
        SealedLink[] links = [.. Given.After(mission, last, count)];
        var begin = Interlocked.Increment(ref _moment);
        var result = await store.AppendAsync(mission, expected, [.. links], cancellationToken);
        var end = Interlocked.Increment(ref _moment);

        Assert.IsNotType<AppendResult.Unavailable>(result);
        var isAppended = result is AppendResult.Appended;
        _operations.Add(new Operation(begin, end, expected + 1, isAppended ? expected + count : expected, isAppended, IsConflict: !isAppended));
        return isAppended ? links[^1] : null;
    }

    private async Task<SealedLink?> ReadAsync(SealedLink? last, CancellationToken cancellationToken)
    {
        var begin = Interlocked.Increment(ref _moment);
        var read = Assert.IsType<ReadResult.Found>(await store.ReadAsync(mission, last?.Link.Version ?? 0, 10_000, cancellationToken));
        var end = Interlocked.Increment(ref _moment);

        var previous = last?.Digest ?? Digest.Zero;
        foreach (var link in read.Links)
        {
            Assert.Equal(previous, link.Link.Previous);
            previous = link.Digest;
        }

        last = read.Links.IsEmpty ? last : read.Links[^1];
        _operations.Add(new Operation(begin, end, 0, last?.Link.Version ?? 0, IsAppended: false, IsConflict: false));
        return last;
    }

    private sealed record Operation(long Begin, long End, long FirstVersion, long Version, bool IsAppended, bool IsConflict);
}

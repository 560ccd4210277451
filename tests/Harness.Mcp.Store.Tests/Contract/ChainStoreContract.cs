using System.Collections.Immutable;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Store.Chains;
using Xunit;

namespace Harness.Mcp.Store.Tests.Contract;

/// <summary>What every engine promises. A new engine derives from this class and opens a fresh store.</summary>
public abstract class ChainStoreContract : IAsyncLifetime
{
    private static readonly MissionId Mission = Given.Mission();

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected IChainStore Store { get; private set; } = null!;

    /// <summary>Opens an empty store.</summary>
    protected abstract IChainStore Open(TimeProvider time);

    [Fact]
    public async Task Read_GivesBack_WhatWasAppended()
    {
        var chain = Given.Chain(Mission, 3);

        var appended = await Store.AppendAsync(Mission, 0, chain, Token);
        var read = await Read(Mission, 0);

        Assert.IsType<AppendResult.Appended>(appended);
        Assert.Equal(chain.Select(link => link.Digest), read.Select(link => link.Digest));
        Assert.Equal(chain.Select(link => Convert.ToHexString(link.Bytes.Span)), read.Select(link => Convert.ToHexString(link.Bytes.Span)));
        Assert.Equal([1, 2, 3], read.Select(link => link.Link.Version));
    }

    [Fact]
    public async Task Record_IsKept_WhenItsMemoryWasGivenBack()
    {
        var first = Given.Chain(Mission, 1)[0];
        var rented = LinkCodec.SealRented(first.Link);

        await Store.AppendAsync(Mission, 0, [rented], Token);
        rented.GiveBack();

        Assert.Equal(Convert.ToHexString(first.Bytes.Span), Convert.ToHexString((await Read(Mission, 0))[0].Bytes.Span));
        Assert.True(rented.Bytes.IsEmpty);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(9)]
    public async Task Append_IsConflict_AtAnyVersionButTheLast(long expectedVersion)
    {
        await Store.AppendAsync(Mission, 0, Given.Chain(Mission, 2), Token);
        var longer = Given.Chain(Mission, 11);

        var result = await Store.AppendAsync(Mission, expectedVersion, [longer[(int)expectedVersion]], Token);

        Assert.IsType<AppendResult.VersionConflict>(result);
        Assert.Equal(2, (await Read(Mission, 0)).Length);
    }

    [Fact]
    public async Task Append_WritesNothing_OfSeveralLinksThatConflict()
    {
        var chain = Given.Chain(Mission, 4);
        await Store.AppendAsync(Mission, 0, chain[..2], Token);

        var result = await Store.AppendAsync(Mission, 1, chain[1..4], Token);

        Assert.IsType<AppendResult.VersionConflict>(result);
        Assert.Equal(2, (await Read(Mission, 0)).Length);
    }

    [Fact]
    public async Task Append_IsRefused_WhenPredecessorsDigestDiffers()
    {
        await Store.AppendAsync(Mission, 0, Given.Chain(Mission, 1), Token);
        var stranger = Given.Seal(Mission, 2, Digest.Of("another past"u8), Given.Admitted(Given.Call(Mission, 2)));

        var result = await Store.AppendAsync(Mission, 1, [stranger], Token);

        Assert.Contains("predecessor", Assert.IsType<AppendResult.Unavailable>(result).Why, StringComparison.Ordinal);
        Assert.Single(await Read(Mission, 0));
    }

    [Fact]
    public async Task Append_Throws_ForLinksThatDoNotHangTogether()
    {
        var chain = Given.Chain(Mission, 4);
        var other = Given.Chain(Given.Mission("other"), 1);

        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.AppendAsync(Mission, 0, [], Token));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.AppendAsync(Mission, 0, other, Token));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.AppendAsync(Mission, 0, chain[1..], Token));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.AppendAsync(Mission, 0, [chain[0], chain[2]], Token));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.AppendAsync(
            Mission, 0, [chain[0], Given.Seal(Mission, 2, Digest.Zero, chain[1].Link.Body)], Token));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await Store.AppendAsync(Mission, -1, chain, Token));
        Assert.Empty(await Read(Mission, 0));
    }

    [Fact]
    public async Task Read_Pages_WithoutGapOrRepetition()
    {
        await Store.AppendAsync(Mission, 0, Given.Chain(Mission, 25), Token);

        var versions = new List<long>();
        for (var page = await Read(Mission, 0, 10); !page.IsEmpty; page = await Read(Mission, versions[^1], 10))
        {
            Assert.InRange(page.Length, 1, 10);
            versions.AddRange(page.Select(link => link.Link.Version));
        }

        Assert.Equal(Enumerable.Range(1, 25).Select(version => (long)version), versions);
    }

    [Fact]
    public async Task Read_IsEmpty_AtTheEndAndForUnknownMissions()
    {
        await Store.AppendAsync(Mission, 0, Given.Chain(Mission, 2), Token);

        Assert.Empty(await Read(Mission, 2));
        Assert.Empty(await Read(Mission, 99));
        Assert.Empty(await Read(Given.Mission("unknown"), 0));
    }

    [Fact]
    public async Task List_NamesMissions_InOrderOfOpening()
    {
        var names = new[] { "z", "a", "m" };
        foreach (var name in names)
            await Store.AppendAsync(Given.Mission(name), 0, Given.Chain(Given.Mission(name), 2), Token);
        await Store.AppendAsync(Given.Mission("z"), 2, [Given.Chain(Given.Mission("z"), 3)[2]], Token);

        var list = Assert.IsType<ListResult.Found>(await Store.ListAsync(Token));

        Assert.Equal([new(Given.Mission("z"), 3), new(Given.Mission("a"), 2), new(Given.Mission("m"), 2)], list.Missions);
    }

    [Fact]
    public async Task List_IsEmpty_ForNewStore()
    {
        Assert.Empty(Assert.IsType<ListResult.Found>(await Store.ListAsync(Token)).Missions);
    }

    [Fact]
    public async Task Records_AreTheBytes_ThatWereAppended()
    {
        var chain = Given.Chain(Mission, 3);
        await Store.AppendAsync(Mission, 0, chain, Token);

        var records = Assert.IsType<RecordsResult.Found>(await ((IRecordStore)Store).ReadRecordsAsync(Mission, 1, 10, Token)).Records;

        Assert.Equal([2, 3], records.Select(record => record.Version));
        Assert.Equal(chain[1..].Select(link => link.Digest), records.Select(record => Digest.Of(record.Bytes.Span)));
    }

    [Fact]
    public async Task Snapshot_IsTheLatest_OfItsMission()
    {
        var other = Given.Mission("other");
        await Store.AppendAsync(Mission, 0, Given.Chain(Mission, 9), Token);
        await Store.AppendAsync(other, 0, Given.Chain(other, 3), Token);
        var store = (ISnapshotStore)Store;
        Assert.Null(await store.ReadSnapshotAsync(Mission, Token));

        foreach (var version in new[] { 5, 8, 7 })
            await store.KeepSnapshotAsync(Snapshot(Mission, version), Token);
        await store.KeepSnapshotAsync(Snapshot(other, 2), Token);
        var kept = await store.ReadSnapshotAsync(Mission, Token);

        Assert.Equal(8, kept!.Snapshot.Version);
        Assert.Equal([1, 3, 8], kept.Snapshot.Links);
        Assert.Equal(Snapshot(Mission, 8).Snapshot.State.ToArray(), kept.Snapshot.State.ToArray());
        Assert.Equal(Snapshot(Mission, 8).Head, kept.Head);
        Assert.Equal(2, (await store.ReadSnapshotAsync(other, Token))!.Snapshot.Version);

        static KeptSnapshot Snapshot(MissionId mission, int version) =>
            new(new MissionSnapshot(mission, version, [1, 3, version], new byte[] { 0, (byte)version, 255 }), Digest.Of([(byte)version]));
    }

    [Fact]
    public async Task Append_IsUnavailable_AfterDispose()
    {
        await Store.DisposeAsync();

        Assert.IsType<AppendResult.Unavailable>(await Store.AppendAsync(Mission, 0, Given.Chain(Mission, 1), Token));
        Assert.IsType<ReadResult.Unavailable>(await Store.ReadAsync(Mission, 0, 10, Token));
        Assert.IsType<ListResult.Unavailable>(await Store.ListAsync(Token));
    }

    [Fact]
    public async Task Append_WritesNothing_WhenCancelledBefore()
    {
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await Store.AppendAsync(Mission, 0, Given.Chain(Mission, 1), cancelled));

        Assert.Empty(await Read(Mission, 0));
    }

    [Fact]
    public async Task Now_Advances_WhateverTheWallClockDoes()
    {
        var clock = new JumpingClock(Given.Noon);
        await using var store = Open(clock);

        clock.Advance(TimeSpan.FromSeconds(5));
        clock.JumpTo(Given.Noon.AddDays(-3));
        var afterJumpBack = store.Now;
        clock.Advance(TimeSpan.FromSeconds(5));
        clock.JumpTo(Given.Noon.AddDays(3));
        var afterJumpForth = store.Now;

        Assert.Equal(Given.Noon.AddSeconds(5), afterJumpBack);
        Assert.Equal(Given.Noon.AddSeconds(10), afterJumpForth);
    }

    [Fact]
    public async Task Append_LetsExactlyOneWin_AtEachVersion()
    {
        const int Writers = 8;
        var chain = Given.Chain(Mission, 20);

        for (var version = 0; version < chain.Length; version++)
        {
            var expected = version;
            var results = await Task.WhenAll(Enumerable.Range(0, Writers).Select(_ => Task.Run(
                async () => await Store.AppendAsync(Mission, expected, [chain[expected]], Token))));

            Assert.Single(results, result => result is AppendResult.Appended);
            Assert.Equal(Writers - 1, results.Count(result => result is AppendResult.VersionConflict));
        }

        Assert.Equal(chain.Select(link => link.Digest), (await Read(Mission, 0)).Select(link => link.Digest));
    }

    [Fact]
    public async Task Append_LetsAllWin_OnDifferentMissions()
    {
        var chains = Enumerable.Range(0, 32).Select(number => Given.Chain(Given.Mission($"m{number}"), 10)).ToArray();

        var results = await Task.WhenAll(chains.Select(chain => Task.Run(async () =>
        {
            var answers = new List<AppendResult>();
            foreach (var link in chain)
                answers.Add(await Store.AppendAsync(link.Link.Mission, link.Link.Version - 1, [link], Token));
            return answers;
        })));

        Assert.All(results.SelectMany(answers => answers), answer => Assert.IsType<AppendResult.Appended>(answer));
        foreach (var chain in chains)
            Assert.Equal(chain[^1].Digest, (await Read(chain[0].Link.Mission, 0))[^1].Digest);
    }

    [Fact]
    public async Task History_IsLinearizable_UnderContention()
    {
        var history = new History(Store, Mission);

        await Task.WhenAll(Enumerable.Range(0, 6).Select(seed => Task.Run(() => history.RunAsync(seed, 60, Token))));

        history.MustBeLinearizable();
        Assert.Equal(history.LastVersion, (await Read(Mission, 0)).Length);
    }

    public ValueTask InitializeAsync()
    {
        Store = Open(TimeProvider.System);
        return ValueTask.CompletedTask;
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Store.DisposeAsync();
    }

    protected async Task<ImmutableArray<SealedLink>> Read(MissionId mission, long after, int most = 1000) =>
        Assert.IsType<ReadResult.Found>(await Store.ReadAsync(mission, after, most, Token)).Links;
}

using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Store.Chains;
using Harness.Mcp.Store.Sqlite;
using Xunit;

namespace Harness.Mcp.Store.Tests.Sqlite;

/// <summary>A broken world: each fault is an answer with a remedy, leaves nothing half-written, and heals without a restart where it can.</summary>
public sealed class SqliteFaultTests : IDisposable
{
    private static readonly MissionId Mission = Given.Mission();

    private readonly ChainFile _file = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FullDisk_RefusesAppends_UntilThereIsSpace()
    {
        await using var store = _file.Open();
        store.File.WriterSettings = "PRAGMA max_page_count = 40;";
        var acknowledged = 0L;
        SealedLink? last = null;
        AppendResult result;
        ImmutableArray<SealedLink> pair;
        do
        {
            pair = [.. Big(last, 2)];
            result = await store.AppendAsync(Mission, acknowledged, pair, Token);
            if (result is AppendResult.Appended)
                (acknowledged, last) = (pair[^1].Link.Version, pair[^1]);
        }
        while (result is AppendResult.Appended && acknowledged < 1000);

        Assert.Contains("is full. Free some space", Why(result), StringComparison.Ordinal);
        Assert.Equal(acknowledged, (await Read(store))[^1].Link.Version);

        store.File.WriterSettings = "";
        Assert.IsType<AppendResult.Appended>(await store.AppendAsync(Mission, acknowledged, pair, Token));
        Assert.Equal(acknowledged + 2, (await Read(store))[^1].Link.Version);
    }

    [Fact]
    public async Task LockedFile_RefusesAppendsAndAnswersReads_UntilItIsFree()
    {
        await using var store = _file.Open(options => options with { AppendTimeout = TimeSpan.FromSeconds(3) });
        var chain = Given.Chain(Mission, 2);
        await store.AppendAsync(Mission, 0, chain[..1], Token);
        using var other = _file.Connect();
        using var hold = other.BeginTransaction(deferred: false);

        var refused = await store.AppendAsync(Mission, 1, chain[1..], Token);
        var read = await Read(store);
        await hold.RollbackAsync(Token);
        var later = await store.AppendAsync(Mission, 1, chain[1..], Token);

        Assert.Contains("locked", Why(refused), StringComparison.Ordinal);
        Assert.Single(read);
        Assert.IsType<AppendResult.Appended>(later);
    }

    [Fact]
    public async Task Cancellation_WithdrawsAnAppend_ThatStillWaits()
    {
        await using var store = _file.Open();
        var chain = Given.Chain(Mission, 2);
        await store.AppendAsync(Mission, 0, chain[..1], Token);
        using var other = _file.Connect();
        using var hold = other.BeginTransaction(deferred: false);
        using var cancellation = new CancellationTokenSource();

        var append = store.AppendAsync(Mission, 1, chain[1..], cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await append);
        await hold.RollbackAsync(Token);
        var other2 = Given.Mission("later");
        Assert.IsType<AppendResult.Appended>(await store.AppendAsync(other2, 0, Given.Chain(other2, 1), Token));

        Assert.Single(await Read(store));
    }

    [Fact]
    public async Task Queue_RefusesOneMore_ThanMayWait()
    {
        await using var store = _file.Open(options => options with { WaitingMax = 1 });
        await store.AppendAsync(Mission, 0, Given.Chain(Mission, 1), Token);
        AppendResult[] answers;
        using (var other = _file.Connect())
        using (other.BeginTransaction(deferred: false))
        {
            var appends = Enumerable.Range(0, 8).Select(number => Given.Mission($"m{number}"))
                .Select(mission => store.AppendAsync(mission, 0, Given.Chain(mission, 1), Token).AsTask()).ToArray();
            await Task.WhenAny(appends);
            answers = [.. appends.Where(append => append.IsCompleted).Select(append => append.GetAwaiter().GetResult())];
        }

        Assert.NotEmpty(answers);
        Assert.All(answers, answer => Assert.Contains("Too many appends", Why(answer), StringComparison.Ordinal));
    }

    [Fact]
    public async Task FileOfJunk_IsRefused_UntilItIsReplaced()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_file.Path)!);
        await File.WriteAllBytesAsync(_file.Path, new byte[8192].Select((_, index) => (byte)(index * 31)).ToArray(), Token);
        await using var store = _file.Open();

        var append = await store.AppendAsync(Mission, 0, Given.Chain(Mission, 1), Token);
        var read = await store.ReadAsync(Mission, 0, 1, Token);
        File.Delete(_file.Path);
        var later = await store.AppendAsync(Mission, 0, Given.Chain(Mission, 1), Token);

        Assert.Contains("damaged or not a chain file", Why(append), StringComparison.Ordinal);
        Assert.Contains("restore", Assert.IsType<ReadResult.Unavailable>(read).Why, StringComparison.Ordinal);
        Assert.IsType<AppendResult.Appended>(later);
    }

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.6)]
    [InlineData(0.95)]
    public async Task TruncatedFile_IsRefused_AndHealsFromBackup(double part)
    {
        await Fill(60);
        var whole = await File.ReadAllBytesAsync(_file.Path, Token);
        await File.WriteAllBytesAsync(_file.Path, whole[..(int)(whole.Length * part)], Token);

        await using (var store = _file.Open())
        {
            var read = await store.ReadAsync(Mission, 0, 1000, Token);
            Assert.Contains(_file.Path, Assert.IsType<ReadResult.Unavailable>(read).Why, StringComparison.Ordinal);
        }

        Remove();
        await File.WriteAllBytesAsync(_file.Path, whole, Token);
        await using var healed = _file.Open();
        Assert.Equal(60, (await Read(healed)).Length);
    }

    [Fact]
    public async Task FlippedBytes_NeverGiveAnotherChain()
    {
        await Fill(40);
        var genuine = await File.ReadAllBytesAsync(_file.Path, Token);
        string[] links;
        await using (var store = _file.Open())
            links = [.. (await Read(store)).Select(link => link.Digest.Value)];
        Remove();
        var random = new Random(7);
        var found = 0;

        for (var round = 0; round < 60; round++)
        {
            var bytes = genuine.ToArray();
            for (var flips = 0; flips < 3; flips++)
                bytes[random.Next(100, bytes.Length)] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync(_file.Path, bytes, Token);

            await using (var store = _file.Open())
            {
                switch (await store.ReadAsync(Mission, 0, 1000, Token))
                {
                    case ReadResult.Found read:
                        Assert.Equal(read.Links.Select(link => link.Digest.Value), links.Take(read.Links.Length));
                        break;
                    case ReadResult.Unavailable unavailable:
                        Assert.Contains(_file.Path, unavailable.Why + (unavailable.Why.Contains(Mission.Value, StringComparison.Ordinal) ? _file.Path : ""), StringComparison.Ordinal);
                        found++;
                        break;
                }
            }

            Remove();
        }

        Assert.InRange(found, 10, 60);
    }

    [Fact]
    public async Task BrokenRecord_MakesItsMissionUnavailable_AndNoOther()
    {
        var other = Given.Mission("other");
        await using var store = _file.Open();
        await store.AppendAsync(Mission, 0, Given.Chain(Mission, 5), Token);
        await store.AppendAsync(other, 0, Given.Chain(other, 5), Token);
        _file.Tamper("UPDATE links SET record = CAST(replace(CAST(record AS TEXT), 'ALR-1000', 'ALR-1001') AS BLOB) WHERE version = 4 AND mission = 1");

        var broken = Assert.IsType<ReadResult.Unavailable>(await store.ReadAsync(Mission, 0, 100, Token));

        Assert.Contains($"Link 4 of mission `{Mission}` is broken", broken.Why, StringComparison.Ordinal);
        Assert.IsType<ReadResult.Found>(await store.ReadAsync(Mission, 0, 3, Token));
        Assert.IsType<ReadResult.Unavailable>(await store.ReadAsync(Mission, 3, 100, Token));
        Assert.Equal(5, Assert.IsType<ReadResult.Found>(await store.ReadAsync(other, 0, 100, Token)).Links.Length);
    }

    [Fact]
    public async Task VanishedFile_IsNeverBegunAnew()
    {
        await using var store = _file.Open();
        var chain = Given.Chain(Mission, 2);
        await store.AppendAsync(Mission, 0, chain[..1], Token);
        foreach (var side in new[] { "", "-wal", "-shm" })
            File.Move(_file.Path + side, _file.Path + side + ".away");

        var gone = await store.AppendAsync(Mission, 1, chain[1..], Token);
        var stillGone = await store.AppendAsync(Mission, 1, chain[1..], Token);
        var unread = await store.ReadAsync(Mission, 0, 10, Token);

        Assert.Contains("is gone", Why(gone), StringComparison.Ordinal);
        Assert.Contains("cannot be opened", Why(stillGone), StringComparison.Ordinal);
        Assert.IsType<ReadResult.Unavailable>(unread);
        Assert.False(File.Exists(_file.Path));

        foreach (var side in new[] { "", "-wal", "-shm" })
            File.Move(_file.Path + side + ".away", _file.Path + side);
        Assert.IsType<AppendResult.Appended>(await store.AppendAsync(Mission, 1, chain[1..], Token));
        Assert.Equal(2, (await Read(store)).Length);
    }

    [Theory]
    [InlineData("/proc/harness/chain.db")]
    [InlineData("/dev/null/chain.db")]
    [InlineData("/tmp")]
    public async Task UnusablePlace_IsRefused_WithARemedy(string path)
    {
        await using var store = _file.Open(options => options with { Path = path });

        var append = Why(await store.AppendAsync(Mission, 0, Given.Chain(Mission, 1), Token));
        var list = Assert.IsType<ListResult.Unavailable>(await store.ListAsync(Token)).Why;

        Assert.Contains($"`{path}` cannot be", append, StringComparison.Ordinal);
        Assert.Contains("account that runs the program", append, StringComparison.Ordinal);
        Assert.Equal(append, list);
    }

    [Theory]
    [InlineData("PRAGMA user_version = 99", "layout 99")]
    [InlineData("PRAGMA application_id = 7", "another program")]
    public async Task ForeignFile_IsRefused_AndLeftAlone(string change, string complaint)
    {
        await Fill(3);
        _file.Tamper(change);
        await using var store = _file.Open();

        var append = await store.AppendAsync(Mission, 3, [Given.Chain(Mission, 4)[3]], Token);

        Assert.Contains(complaint, Why(append), StringComparison.Ordinal);
        Assert.Equal(3L, _file.Ask("SELECT count(*) FROM links"));
    }

    [Fact]
    public async Task TwoPrograms_OnOneFile_FindEachOthersLinks()
    {
        await using var first = _file.Open();
        await using var second = _file.Open();
        var chain = Given.Chain(Mission, 3);
        await first.AppendAsync(Mission, 0, chain[..1], Token);

        var suspended = await second.AppendAsync(Mission, 1, [Given.Seal(Mission, 2, chain[0].Digest, new LinkBody.MissionSuspended("ana", "look"))], Token);
        var stale = await first.AppendAsync(Mission, 1, chain[1..2], Token);

        Assert.IsType<AppendResult.Appended>(suspended);
        Assert.IsType<AppendResult.VersionConflict>(stale);
        Assert.IsType<LinkBody.MissionSuspended>((await Read(first))[^1].Link.Body);
    }

    /// <summary>Each program remembers heads; the other's link must be seen all the same, at every turn.</summary>
    [Fact]
    public async Task TwoPrograms_OnOneMission_NeverForkIt()
    {
        await using var first = _file.Open();
        await using var second = _file.Open();
        var chain = Given.Chain(Mission, 600);

        for (var index = 0; index < chain.Length; index++)
        {
            var (one, other) = index % 3 == 0 ? (first, second) : (second, first);
            Assert.IsType<AppendResult.Appended>(await one.AppendAsync(Mission, index, [chain[index]], Token));
            Assert.IsType<AppendResult.VersionConflict>(await other.AppendAsync(Mission, index, [chain[index]], Token));
        }

        Assert.Equal(chain.Select(link => link.Digest), (await Read(first)).Select(link => link.Digest));
    }

    /// <summary>Reading enters a chain at its head or at a milestone; every page of every size begins and ends where it was asked to.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(10_000)]
    public async Task Pages_GiveEveryLinkOnce_AmongOtherMissionsLinks(int pageSize)
    {
        var other = Given.Mission("other");
        await using var store = _file.Open();
        var chain = Given.Chain(Mission, 1_030);
        var others = Given.Chain(other, 1_030);
        for (var index = 0; index < chain.Length; index += 103)
        {
            Assert.IsType<AppendResult.Appended>(await store.AppendAsync(Mission, index, chain[index..(index + 103)], Token));
            Assert.IsType<AppendResult.Appended>(await store.AppendAsync(other, index, others[index..(index + 103)], Token));
        }

        var read = new List<SealedLink>();
        while (Assert.IsType<ReadResult.Found>(await store.ReadAsync(Mission, read.Count, pageSize, Token)).Links is { IsEmpty: false } page)
        {
            Assert.True(page.Length <= pageSize);
            read.AddRange(page);
        }

        Assert.Equal(chain.Select(link => link.Digest), read.Select(link => link.Digest));
    }

    [Fact]
    public async Task MissingLink_MakesItsMissionUnavailable()
    {
        await using var store = _file.Open();
        await store.AppendAsync(Mission, 0, Given.Chain(Mission, 5), Token);
        _file.Tamper("DELETE FROM links WHERE version = 3");

        var unread = Assert.IsType<ReadResult.Unavailable>(await store.ReadAsync(Mission, 0, 100, Token));

        Assert.Contains($"cannot be followed from link 5 back to link 1. See `harness chain verify {Mission}`", unread.Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE snapshots SET state = x'00'")]
    [InlineData("UPDATE snapshots SET links = x'010203'")]
    [InlineData("DROP TABLE snapshots")]
    public async Task DamagedSnapshot_IsAsGoodAsNone(string damage)
    {
        await using var store = _file.Open();
        await store.AppendAsync(Mission, 0, Given.Chain(Mission, 3), Token);
        await store.KeepSnapshotAsync(new KeptSnapshot(new MissionSnapshot(Mission, 3, [1], new byte[] { 1, 2, 3 }), Digest.Zero), Token);
        Assert.NotNull(await store.ReadSnapshotAsync(Mission, Token));
        _file.Tamper(damage);

        Assert.Null(await store.ReadSnapshotAsync(Mission, Token));
        await store.KeepSnapshotAsync(new KeptSnapshot(new MissionSnapshot(Mission, 3, [1], new byte[] { 1 }), Digest.Zero), Token);
        Assert.Equal(3, (await Read(store)).Length);
    }

    [Fact]
    public async Task Snapshot_DoesNotWait_ForALockForEver()
    {
        await using var store = _file.Open(options => options with { AppendTimeout = TimeSpan.FromSeconds(1) });
        await store.AppendAsync(Mission, 0, Given.Chain(Mission, 3), Token);
        using var other = _file.Connect();
        using (other.BeginTransaction(deferred: false))
            await store.KeepSnapshotAsync(new KeptSnapshot(new MissionSnapshot(Mission, 3, [1], new byte[] { 1 }), Digest.Zero), Token);

        Assert.Null(await store.ReadSnapshotAsync(Mission, Token));
    }

    [Fact]
    public async Task TwoPrograms_OnOneFile_AppendWithoutLoss()
    {
        await using var first = _file.Open();
        await using var second = _file.Open();
        SqliteChainStore[] stores = [first, second];

        await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(async () =>
        {
            foreach (var link in Given.Chain(Given.Mission($"m{number}"), 15))
                Assert.IsType<AppendResult.Appended>(await stores[number % 2].AppendAsync(link.Link.Mission, link.Link.Version - 1, [link], Token));
        })));

        Assert.Equal(120L, _file.Ask("SELECT count(*) FROM links"));
    }

    [Fact]
    public void Connections_CommitWithFullSync_InWriteAheadMode()
    {
        var file = new SqliteFile(_file.Path, TimeSpan.FromSeconds(1));
        using var writer = file.OpenWriter();
        using var command = writer.CreateCommand();

        command.CommandText = "PRAGMA synchronous";
        Assert.Equal(2L, command.ExecuteScalar());
        command.CommandText = "PRAGMA journal_mode";
        Assert.Equal("wal", command.ExecuteScalar());
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_file.Path));
    }

    [Fact]
    public async Task Links_CannotBeChangedByMistake()
    {
        await Fill(2);

        Assert.Contains("never change", Assert.ThrowsAny<Exception>(() => _file.Ask("UPDATE links SET version = 9 WHERE version = 2")).Message, StringComparison.Ordinal);
        Assert.Contains("never vanish", Assert.ThrowsAny<Exception>(() => _file.Ask("DELETE FROM links")).Message, StringComparison.Ordinal);
        Assert.Contains("never vanish", Assert.ThrowsAny<Exception>(() => _file.Ask("DELETE FROM missions")).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _file.Dispose();

    private static string Why(AppendResult result) => Assert.IsType<AppendResult.Unavailable>(result).Why;

    private static async Task<ImmutableArray<SealedLink>> Read(SqliteChainStore store) =>
        Assert.IsType<ReadResult.Found>(await store.ReadAsync(Mission, 0, 10_000, Token)).Links;

    private static IEnumerable<SealedLink> Big(SealedLink? last, int count)
    {
        for (var index = 0; index < count; index++)
        {
            last = Given.After(Mission, last, 1).Single() is { Link.Body: LinkBody.CallSettled settled } link
                ? Given.Seal(Mission, link.Link.Version, link.Link.Previous, settled with { Result = Given.Json($"\"{new string('x', 3000)}\"") })
                : Given.After(Mission, last, 1).Single();
            yield return last;
        }
    }

    private async Task Fill(int links)
    {
        await using (var store = _file.Open())
            Assert.IsType<AppendResult.Appended>(await store.AppendAsync(Mission, 0, Given.Chain(Mission, links), Token));
        _file.Ask("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    private void Remove()
    {
        foreach (var side in new[] { "", "-wal", "-shm" })
            File.Delete(_file.Path + side);
    }
}

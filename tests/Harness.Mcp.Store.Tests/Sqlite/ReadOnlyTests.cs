using Harness.Mcp.Store.Sqlite;
using Xunit;

namespace Harness.Mcp.Store.Tests.Sqlite;

public sealed class ReadOnlyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private ChainStoreOptions Options => new() { Path = _folder.File("chain.db") };

    [Fact]
    public async Task MissingFile_IsUnavailable_AndNotMade()
    {
        await using var store = SqliteChainStore.ToRead(Options, TimeProvider.System);

        var listed = Assert.IsType<ListResult.Unavailable>(await store.ListAsync(TestContext.Current.CancellationToken));

        Assert.Contains("is gone", listed.Why, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task EmptyFile_IsOfAnOlderLayout_AndIsNotLaidOut()
    {
        await File.WriteAllBytesAsync(Options.Path, [], TestContext.Current.CancellationToken);
        await using var store = SqliteChainStore.ToRead(Options, TimeProvider.System);

        var listed = Assert.IsType<ListResult.Unavailable>(await store.ListAsync(TestContext.Current.CancellationToken));

        Assert.Contains("has layout 0", listed.Why, StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo(Options.Path).Length);
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task Chains_AreRead_BesideTheirWriterAndAfterIt_AndNothingIsAppended()
    {
        var chain = Given.Chain(Given.Mission(), 5);
        await using (var writer = new SqliteChainStore(Options, TimeProvider.System))
        {
            await writer.AppendAsync(Given.Mission(), 0, chain, TestContext.Current.CancellationToken);
            await using var beside = SqliteChainStore.ToRead(Options, TimeProvider.System);
            await AssertReadAsync(beside);
            Assert.IsType<AppendResult.Unavailable>(await beside.AppendAsync(
                Given.Mission(), 5, [.. Given.After(Given.Mission(), chain[^1], 1)], TestContext.Current.CancellationToken));
            await AssertReadAsync(beside);
        }

        var files = Directory.GetFileSystemEntries(_folder.Path);
        await using var after = SqliteChainStore.ToRead(Options, TimeProvider.System);
        await AssertReadAsync(after);
        Assert.Equal(files, Directory.GetFileSystemEntries(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();

    private static async Task AssertReadAsync(SqliteChainStore store)
    {
        var found = Assert.IsType<ListResult.Found>(await store.ListAsync(TestContext.Current.CancellationToken));
        Assert.Equal(5, Assert.Single(found.Missions).Version);
        Assert.Null(store.CheckPages());
    }
}

using Harness.Mcp.Store.Memory;
using Harness.Mcp.Store.Sqlite;

namespace Harness.Mcp.Store.Tests.Contract;

public sealed class MemoryChainStoreTests : ChainStoreContract
{
    protected override IChainStore Open(TimeProvider time) => new MemoryChainStore(time);
}

public sealed class SqliteChainStoreTests : ChainStoreContract
{
    private readonly TemporaryFolder _folder = new();
    private int _files;

    protected override IChainStore Open(TimeProvider time) =>
        new SqliteChainStore(new ChainStoreOptions { Path = _folder.File($"state/chain{_files++}.db"), AppendTimeout = ChainStoreOptions.AppendTimeoutMost }, time);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}

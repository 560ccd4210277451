using System.Collections.Immutable;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;

namespace Harness.Mcp.Operator.Tests.Missions;

/// <summary>A store in which somebody else's links come first, a given number of times.</summary>
internal sealed class RivalStore(IChainStore store, int rivals, Func<MissionId, Task> append) : IChainStore
{
    private int _left = rivals;

    public DateTimeOffset Now => store.Now;

    public async ValueTask<AppendResult> AppendAsync(
        MissionId mission, long expectedVersion, ImmutableArray<SealedLink> links, CancellationToken cancellationToken)
    {
        if (_left-- > 0)
            await append(mission);
        return await store.AppendAsync(mission, expectedVersion, links, cancellationToken);
    }

    public ValueTask<ReadResult> ReadAsync(MissionId mission, long afterVersion, int linksMax, CancellationToken cancellationToken) =>
        store.ReadAsync(mission, afterVersion, linksMax, cancellationToken);

    public ValueTask<ListResult> ListAsync(CancellationToken cancellationToken) => store.ListAsync(cancellationToken);

    public ValueTask DisposeAsync() => store.DisposeAsync();
}

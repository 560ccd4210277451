using Microsoft.Extensions.ObjectPool;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>Sources of cancellation that ended uncancelled, to be used again: a source has a timer, and places for those who are told.</summary>
internal sealed class CancellationSources : PooledObjectPolicy<CancellationTokenSource>
{
    private const int KeptMax = 256;

    public static ObjectPool<CancellationTokenSource> Shared { get; } = new DefaultObjectPool<CancellationTokenSource>(new CancellationSources(), KeptMax);

    public override CancellationTokenSource Create() => new();

    public override bool Return(CancellationTokenSource source)
    {
        if (source.TryReset())
            return true;
        source.Dispose();
        return false;
    }
}

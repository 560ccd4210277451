using System.Net.Sockets;

namespace Harness.Mcp.TestKit.Faults;

/// <summary>Passes bytes on between a client and a server, and cuts connections off after a random number of bytes, by a close or by a reset.</summary>
public sealed class CuttingRelay : IAsyncDisposable
{
    private readonly LoopbackListener _listener;
    private readonly Uri _target;
    private readonly Lock _access = new();
    private readonly Random _random;
    private readonly int _bytesMax;
    private int _cuts;

    /// <param name="target">Where connections lead.</param>
    /// <param name="bytesMax">The most bytes, both ways together, that a connection lives for.</param>
    public CuttingRelay(Uri target, int bytesMax, int seed)
    {
        ArgumentNullException.ThrowIfNull(target);
        (_target, _bytesMax, _random) = (target, bytesMax, new Random(seed));
        _listener = new LoopbackListener(RelayAsync);
    }

    /// <summary>The target's address, by way of here.</summary>
    public Uri Endpoint => new(_listener.Root, _target.PathAndQuery);

    /// <summary>Whether connections are cut; without it they live.</summary>
    public bool Cuts { get; set; } = true;

    /// <summary>How many connections were cut.</summary>
    public int Count => Volatile.Read(ref _cuts);

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task RelayAsync(TcpClient near, CancellationToken cancellationToken)
    {
        using var far = new TcpClient();
        await far.ConnectAsync(_target.Host, _target.Port, cancellationToken);
        (near.NoDelay, far.NoDelay) = (true, true);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        int left;
        bool isReset;
        lock (_access)
            (left, isReset) = (_random.Next(_bytesMax), _random.Next(2) == 0);
        var isCut = false;
        await Task.WhenAny(PassAsync(near, far), PassAsync(far, near));
        if (isCut)
        {
            Interlocked.Increment(ref _cuts);
            if (isReset)
                near.LingerState = far.LingerState = new LingerOption(true, 0);
        }

        await over.CancelAsync();

        async Task PassAsync(TcpClient from, TcpClient to)
        {
            var buffer = new byte[4096];
            while (!isCut)
            {
                var count = await from.GetStream().ReadAsync(buffer, over.Token);
                if (count == 0)
                    return;
                var passed = Cuts ? Math.Min(count, Math.Max(0, Interlocked.Add(ref left, -count) + count)) : count;
                await to.GetStream().WriteAsync(buffer.AsMemory(0, passed), over.Token);
                isCut |= passed < count;
            }
        }
    }
}

using System.Net;
using System.Net.Sockets;

namespace Harness.Mcp.TestKit.Faults;

/// <summary>Passes bytes on between a client and a server, and cuts connections off after a random number of bytes, by a close or by a reset.</summary>
public sealed class CuttingRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Uri _target;
    private readonly Lock _access = new();
    private readonly Random _random;
    private readonly int _bytesMax;
    private readonly Task _accepting;
    private int _cuts;

    /// <param name="target">Where connections lead.</param>
    /// <param name="bytesMax">The most bytes, both ways together, that a connection lives for.</param>
    public CuttingRelay(Uri target, int bytesMax, int seed)
    {
        ArgumentNullException.ThrowIfNull(target);
        (_target, _bytesMax, _random) = (target, bytesMax, new Random(seed));
        _listener.Start(512);
        _accepting = AcceptAsync();
    }

    /// <summary>The target's address, by way of here.</summary>
    public Uri Endpoint => new($"http://{_listener.LocalEndpoint}{_target.PathAndQuery}");

    /// <summary>Whether connections are cut; without it they live.</summary>
    public bool Cuts { get; set; } = true;

    /// <summary>How many connections were cut.</summary>
    public int Count => Volatile.Read(ref _cuts);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = RelayAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
        }
        catch (Exception stopped) when (stopped is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var near = client;
        using var far = new TcpClient();
        try
        {
            await far.ConnectAsync(_target.Host, _target.Port, _stop.Token);
            (near.NoDelay, far.NoDelay) = (true, true);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
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
        catch (Exception gone) when (gone is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Either side let go.
        }
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Harness.Mcp.EndToEnd.Tests.Faults;

/// <summary>Connections to the proxy that begin something and never end it. One that the proxy closes is opened anew.</summary>
internal sealed class StalledConnections : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<int, bool> _open = new();
    private readonly Uri _endpoint;
    private readonly List<Task> _all = [];
    private int _refused;

    private StalledConnections(Uri endpoint) => _endpoint = endpoint;

    /// <summary>How many are open now.</summary>
    public int Open => _open.Count;

    /// <summary>How often one was closed by the proxy, or could not be opened.</summary>
    public int Closed => Volatile.Read(ref _refused);

    /// <summary>Opens them, and waits until nearly all are open or the proxy takes no more.</summary>
    public static async Task<StalledConnections> OpenAsync(Uri endpoint, int count, CancellationToken cancellationToken)
    {
        var stalled = new StalledConnections(endpoint);
        for (var number = 0; number < count; number++)
        {
            stalled._all.Add(stalled.HoldAsync(number));
            if (number % 200 == 199)
                await Task.Delay(5, cancellationToken); // The queue of the listener is short.
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (stalled.Open < count * 9 / 10 && stalled.Closed < count && !limit.IsCancellationRequested)
            await Task.Delay(20, cancellationToken);
        return stalled;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_all);
        _stop.Dispose();
    }

    private async Task HoldAsync(int number)
    {
        var buffer = new byte[256];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                // One address has too few ports for many thousands.
                socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(1 + (number % 8))]), 0));
                await socket.ConnectAsync(IPAddress.Loopback, _endpoint.Port, _stop.Token);
                await socket.SendAsync(Encoding.ASCII.GetBytes(Beginning(number % 100 == 99 ? 3 : number % 3)), _stop.Token);
                _open[number] = true;
                while (await socket.ReceiveAsync(buffer, _stop.Token) > 0)
                {
                    // A refusal; the end follows.
                }
            }
            catch (Exception gone) when (gone is SocketException or OperationCanceledException)
            {
                // Closed, refused, or the test is over.
            }
            finally
            {
                _open.TryRemove(number, out _);
                Interlocked.Increment(ref _refused);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(500), CancellationToken.None);
        }
    }

    /// <summary>A letter, half a line, headers without an end, and (few, since they hold places of the agent) a body that does not come.</summary>
    private string Beginning(int kind)
    {
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"POST {_endpoint.AbsolutePath} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n");
        return kind switch
        {
            0 => "P",
            1 => head[..(head.Length / 2)],
            2 => head,
            _ => head + "Content-Length: 1000000\r\n\r\n{",
        };
    }
}

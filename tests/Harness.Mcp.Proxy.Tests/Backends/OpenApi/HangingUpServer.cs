using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Harness.Mcp.Proxy.Tests.Backends.OpenApi;

/// <summary>Answers the first request of each connection, reads the second, and hangs up as servers do with connections that were idle.</summary>
internal sealed class HangingUpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<string> _methods = new();
    private readonly Task _accepting;

    public HangingUpServer()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public Uri Root => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>Of each request that arrived.</summary>
    public string[] Methods => [.. _methods];

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _accepting;
        _listener.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            await using var stream = client.GetStream();
            if (await ReadAsync(stream))
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            await ReadAsync(stream);
        }
    }

    private async Task<bool> ReadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var buffer = new byte[4096];
        while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(buffer);
            if (count == 0)
                return false;
            head.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        _methods.Enqueue(head.ToString().Split(' ')[0]);
        return true;
    }
}

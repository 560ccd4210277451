using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using Harness.Mcp.TestKit.Faults;

namespace Harness.Mcp.Proxy.Tests.Backends.OpenApi;

/// <summary>Answers the first request of each connection, reads the second, and hangs up as servers do with connections that were idle.</summary>
internal sealed class HangingUpServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _methods = new();
    private readonly LoopbackListener _listener;

    public HangingUpServer() => _listener = new LoopbackListener(ServeAsync);

    public Uri Root => _listener.Root;

    /// <summary>Of each request that arrived.</summary>
    public string[] Methods => [.. _methods];

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(TcpClient client, CancellationToken cancellationToken)
    {
        var stream = client.GetStream();
        if (await ReadAsync(stream, cancellationToken))
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), cancellationToken);
        await ReadAsync(stream, cancellationToken);
    }

    private async Task<bool> ReadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var head = new StringBuilder();
        var buffer = new byte[4096];
        while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var count = await stream.ReadAsync(buffer, cancellationToken);
            if (count == 0)
                return false;
            head.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }

        _methods.Enqueue(head.ToString().Split(' ')[0]);
        return true;
    }
}

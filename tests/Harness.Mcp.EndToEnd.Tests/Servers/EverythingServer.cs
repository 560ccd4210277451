using System.Net;
using System.Net.Sockets;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.EndToEnd.Tests.Servers;

/// <summary>npm's server-everything over one of its HTTP transports, on a free port.</summary>
internal sealed class EverythingServer : IAsyncDisposable
{
    private readonly ChildProcess _process;
    private readonly int _port;
    private int _disposed;

    private EverythingServer(ChildProcess process, int port)
    {
        _process = process;
        _port = port;
    }

    public Uri At(string path) => new($"http://127.0.0.1:{_port}{path}");

    /// <summary>The server takes no free port by itself, so another process may be faster; then another port is tried.</summary>
    /// <param name="transport">`streamableHttp` or `sse`.</param>
    public static async Task<EverythingServer> StartAsync(string transport, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            var port = FreePort();
            var process = ChildProcess.Start(
                NpmParts.Node, [NpmParts.Module("@modelcontextprotocol", "server-everything", "dist", "index.js"), transport], environment: new Dictionary<string, string?>(StringComparer.Ordinal) { ["PORT"] = $"{port}" });
            try
            {
                await process.LineAsync(line => line.Contains("on port", StringComparison.Ordinal), cancellationToken);
                return new EverythingServer(process, port);
            }
            catch (InvalidOperationException) when (attempt < 5)
            {
                await process.DisposeAsync();
            }
        }
    }

    public ValueTask DisposeAsync() => Interlocked.Exchange(ref _disposed, 1) == 0 ? _process.DisposeAsync() : default;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

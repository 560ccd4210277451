using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Harness.Mcp.TestKit.Faults;

namespace Harness.Mcp.Proxy.Tests.Backends;

/// <summary>
/// A modern backend over HTTP that carries each call out, and then breaks the connection before, in or after its answer, as the call's own argument
/// `end` says. Connections are kept and used again, which is where clients like to send a second time by themselves.
/// </summary>
internal sealed class ResettingBackend : IAsyncDisposable
{
    private readonly LoopbackListener _listener;

    public ResettingBackend() => _listener = new LoopbackListener(ServeAsync);

    public Uri Endpoint => new(_listener.Root, "/mcp");

    /// <summary>How often the call of each number was carried out.</summary>
    public ConcurrentDictionary<int, int> Effects { get; } = new();

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private async Task ServeAsync(TcpClient tcp, CancellationToken cancellationToken)
    {
        var stream = tcp.GetStream();
        var buffer = new byte[64 * 1024];
        var filled = 0;
        while (true)
        {
            int headEnd;
            while ((headEnd = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) < 0)
            {
                var count = await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken);
                if (count == 0)
                    return;
                filled += count;
            }

            var head = Encoding.ASCII.GetString(buffer, 0, headEnd);
            const string Length = "Content-Length: ";
            var at = head.IndexOf(Length, StringComparison.OrdinalIgnoreCase) + Length.Length;
            var lineEnd = head.IndexOf('\r', at);
            var bodyLength = int.Parse(head[at..(lineEnd < 0 ? head.Length : lineEnd)], CultureInfo.InvariantCulture);
            var whole = headEnd + 4 + bodyLength;
            while (filled < whole)
                filled += await stream.ReadAsync(buffer.AsMemory(filled), cancellationToken);
            var message = JsonElement.Parse(buffer.AsSpan(headEnd + 4, bodyLength));
            filled = 0;
            if (!await AnswerAsync(tcp, stream, message, cancellationToken))
                return;
        }
    }

    /// <returns>False where the connection is over.</returns>
    private async Task<bool> AnswerAsync(TcpClient tcp, NetworkStream stream, JsonElement message, CancellationToken cancellationToken)
    {
        var id = message.GetProperty("id").GetRawText();
        if (message.GetProperty("method").GetString() == "server/discover")
        {
            await SendAsync(stream, $$"""{"jsonrpc":"2.0","id":{{id}},"result":{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{} } } }""", cancellationToken);
            return true;
        }

        var arguments = message.GetProperty("params").GetProperty("arguments");
        Effects.AddOrUpdate(arguments.GetProperty("n").GetInt32(), 1, static (_, times) => times + 1);
        var answer = $$"""{"jsonrpc":"2.0","id":{{id}},"result":{"content":[],"resultType":"complete"} }""";
        switch (arguments.GetProperty("end").GetString())
        {
            case "answer":
                await SendAsync(stream, answer, cancellationToken);
                return true;
            case "reset":
                tcp.LingerState = new LingerOption(true, 0);
                return false;
            case "close":
                return false;
            case "half":
                await stream.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Type: appl"), cancellationToken);
                tcp.LingerState = new LingerOption(true, 0);
                return false;
            default: // "headers": the answer begins, and is cut.
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {answer.Length}\r\n\r\n{answer[..9]}"), cancellationToken);
                return false;
        }
    }

    private static Task SendAsync(NetworkStream stream, string body, CancellationToken cancellationToken) => stream.WriteAsync(
        Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}"), cancellationToken).AsTask();
}

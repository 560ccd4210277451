using System.Net;
using System.Net.Sockets;
using System.Text;
using Harness.Mcp.Proxy.Backends.OAuth;

namespace Harness.Mcp.Servers;

/// <summary>Lets a person sign in by a browser on this machine: shows the address, and waits on loopback until the browser comes back.</summary>
internal sealed class BrowserSignIn : ISignIn, IDisposable
{
    private const int RequestBytesMax = 16 * 1024;

    private readonly TcpListener _listener;
    private readonly Action<Uri> _show;

    /// <param name="port">On which to wait; 0 for any that is free.</param>
    /// <param name="show">Shows a person where to sign in.</param>
    /// <exception cref="SocketException">The port is taken.</exception>
    public BrowserSignIn(int port, Action<Uri> show)
    {
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _show = show;
        Redirect = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/callback");
    }

    public Uri Redirect { get; }

    public async Task<Uri> SignInAsync(Uri authorization, CancellationToken cancellationToken)
    {
        _show(authorization);
        while (true)
        {
            using var client = await _listener.AcceptTcpClientAsync(cancellationToken);
            await using var stream = client.GetStream();
            var target = await ReadTargetAsync(stream, cancellationToken);
            var isAnswer = target is not null && Uri.TryCreate(Redirect, target, out var back) && back.AbsolutePath == Redirect.AbsolutePath && back.Authority == Redirect.Authority;
            await AnswerAsync(stream, isAnswer, cancellationToken);
            if (isAnswer)
                return new Uri(Redirect, target);
        }
    }

    public void Dispose() => _listener.Dispose();

    private static async Task<string?> ReadTargetAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[RequestBytesMax];
        var length = 0;
        while (length < buffer.Length && !buffer.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
        {
            var count = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken);
            if (count == 0)
                break;
            length += count;
        }

        var parts = Encoding.ASCII.GetString(buffer, 0, length).Split('\n')[0].Split(' ');
        return parts is ["GET", ['/', ..] target, _] ? target : null;
    }

    private static async Task AnswerAsync(NetworkStream stream, bool isAnswer, CancellationToken cancellationToken)
    {
        var text = isAnswer ? "Thank you. You can close this page, and go back to the terminal." : "Nothing is here.";
        var head = $"HTTP/1.1 {(isAnswer ? "200 OK" : "404 Not Found")}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {Encoding.UTF8.GetByteCount(text)}\r\nConnection: close\r\n\r\n";
        await stream.WriteAsync(Encoding.UTF8.GetBytes(head + text), cancellationToken);
    }
}

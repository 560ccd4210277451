using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Harness.Mcp.TestKit.Backends;

/// <summary>A scripted backend over the old HTTP+SSE transport on loopback; it records every request.</summary>
public sealed class ScriptedSse : IAsyncDisposable
{
    private readonly RecordingServer _server;
    private readonly ConcurrentDictionary<string, Stream> _streams = new();

    private ScriptedSse(Script script) => (_server, Script) = (new RecordingServer("/{**path}", ServeAsync), script);

    public Script Script { get; }

    /// <summary>What the stream begins with; `{session}` stands for its session. Empty for nothing at all.</summary>
    public string Beginning { get; set; } = "event: endpoint\ndata: /message?session={session}\n\n";

    /// <summary>Answers a `tools/call` by this status and does not take it up; null to serve it.</summary>
    public int? RefusesCallsBy { get; set; }

    public Uri Endpoint => new(_server.Root, "/sse");

    public IReadOnlyList<RecordedRequest> Requests => _server.Requests;

    public int StreamsOpen => _streams.Count;

    public static async Task<ScriptedSse> StartAsync(Script? script = null)
    {
        var sse = new ScriptedSse(script ?? new Script());
        await sse._server.StartAsync();
        return sse;
    }

    /// <summary>Ends every stream, as a restart does.</summary>
    public void EndStreams()
    {
        foreach (var stream in _streams.Values)
            stream.Abort();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(HttpContext context, string body, CancellationToken cancellationToken)
    {
        switch (context.Request.Method, context.Request.Path.Value)
        {
            case ("GET", "/sse"):
                await StreamAsync(context, cancellationToken);
                break;
            case ("POST", "/message") when _streams.TryGetValue(context.Request.Query["session"].ToString(), out var stream):
                await PostAsync(context, stream, body);
                break;
            case (_, "/sse"):
                context.Response.StatusCode = 405;
                break;
            default:
                context.Response.StatusCode = 404;
                break;
        }
    }

    private async Task StreamAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var session = Guid.NewGuid().ToString("N");
        using var stream = new Stream(context, Script, cancellationToken);
        _streams[session] = stream;
        context.Response.ContentType = "text/event-stream";
        try
        {
            await context.Response.WriteAsync(Beginning.Replace("{session}", session, StringComparison.Ordinal), cancellationToken);
            await context.Response.Body.FlushAsync(cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
        finally
        {
            _streams.TryRemove(session, out _);
        }
    }

    private async Task PostAsync(HttpContext context, Stream stream, string body)
    {
        if (RefusesCallsBy is { } status && JsonNode.Parse(body)?["method"]?.GetValue<string>() == "tools/call")
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "http://127.0.0.1:1/elsewhere";
            return;
        }

        context.Response.StatusCode = 202;
        await context.Response.WriteAsync("Accepted");
        await context.Response.CompleteAsync();
        _ = stream.ReceiveAsync(body);
    }

    /// <summary>One client's stream: messages leave one after the other, while calls run side by side.</summary>
    private sealed class Stream : IDisposable
    {
        private readonly HttpContext _context;
        private readonly SemaphoreSlim _writing = new(1);
        private readonly CancellationToken _over;
        private readonly ScriptedBackend _backend;
        private bool _isAmidst;

        public Stream(HttpContext context, Script script, CancellationToken over)
        {
            _context = context;
            _over = over;
            _backend = new ScriptedBackend(script, SendAsync, Abort);
        }

        public void Abort() => _context.Abort();

        public void Dispose() => _writing.Dispose();

        public async Task ReceiveAsync(string body)
        {
            try
            {
                await _backend.ReceiveAsync(body, _over);
            }
            catch (Exception gone) when (gone is OperationCanceledException or IOException or ObjectDisposedException)
            {
                // The client let go of the stream.
            }
        }

        private async Task SendAsync(string text)
        {
            await _writing.WaitAsync(_over);
            try
            {
                var isPiece = text.StartsWith('\u0001');
                await _context.Response.WriteAsync($"{(_isAmidst ? "" : "event: message\ndata: ")}{(isPiece ? text[1..] : text)}{(isPiece ? "" : "\n\n")}", _over);
                await _context.Response.Body.FlushAsync(_over);
                _isAmidst = isPiece;
            }
            finally
            {
                _writing.Release();
            }
        }
    }
}

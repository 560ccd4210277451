using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.ObjectPool;

namespace Harness.Mcp.Proxy.Wire.Modern;

/// <summary>
/// The HTTP response of one request. It is plain JSON, unless a notice comes before the answer or the answer keeps waiting: then it
/// becomes an event stream, and a comment says now and then that it is not dead.
/// </summary>
internal sealed class ModernResponse : IAgentPeer, IAsyncDisposable
{
    /// <summary>How long an answer may take before the agent is sent headers, so that nobody on the way takes the request for lost.</summary>
    private static readonly TimeSpan HeadersWithin = TimeSpan.FromSeconds(1);

    private static readonly byte[] Waiting = ": waiting\n\n"u8.ToArray();

    private readonly HttpContext _http;
    private readonly JsonElement _id;
    private readonly Accepted _accepted;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly ObjectPool<Heartbeat> _heartbeats;
    private readonly Heartbeat? _heartbeat;
    private bool _isStream;
    private bool _isActive;
    private bool _isEnded;

    /// <param name="heartbeats">Where the response's timer comes from and goes back to.</param>
    public ModernResponse(HttpContext http, JsonElement id, Accepted accepted, TimeSpan interval, ObjectPool<Heartbeat> heartbeats)
    {
        (_http, _id, _accepted, _heartbeats) = (http, id, accepted, heartbeats);
        if (!accepted.Stream) return;

        _heartbeat = heartbeats.Get();
        _heartbeat.Start(this, interval < HeadersWithin ? interval : HeadersWithin, interval);
    }

    public async Task NotifyAsync(string method, JsonObject parameters, CancellationToken cancellationToken)
    {
        if (!_accepted.Stream) return;

        await _writing.WaitAsync(cancellationToken);
        try
        {
            if (_isEnded) return;
            await WriteEventAsync(json =>
            {
                json.WriteStartObject();
                json.WriteString("jsonrpc"u8, "2.0"u8);
                json.WriteString("method"u8, method);
                json.WritePropertyName("params"u8);
                parameters.WriteTo(json);
                json.WriteEndObject();
            });
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Writes the answer, the last thing that the agent gets.</summary>
    public async Task EndAsync(Reply reply)
    {
        await _writing.WaitAsync();
        try
        {
            _isEnded = true;
            if (_isStream || !_accepted.Json) await WriteReplyEventAsync(reply);
            else await WriteJsonAsync(reply);
        }
        finally
        {
            _writing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_heartbeat is not null) _heartbeats.Return(_heartbeat);
        await _writing.WaitAsync();
        _isEnded = true;
        _writing.Release();
    }

    private async Task WriteJsonAsync(Reply reply)
    {
        // An error of the request itself has a status of its own; whatever a tool says is an answer.
        _http.Response.StatusCode = reply is Reply.Error { Code: WireError.MissingCapability } ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK;
        _http.Response.ContentType = "application/json";
        _http.Response.Headers.CacheControl = "no-store";
        WriteBody(reply);
        await _http.Response.BodyWriter.FlushAsync(_http.RequestAborted);
    }

    private void WriteBody(Reply reply)
    {
        using var json = PooledJson.Rent();
        ReplyWriter.Write(json.Writer, _id, reply);
        _http.Response.ContentLength = json.Written.Length + 1;
        _http.Response.BodyWriter.Write(json.Written);
        _http.Response.BodyWriter.Write("\n"u8); // For whoever reads it in a terminal.
    }

    private Task WriteReplyEventAsync(Reply reply) => WriteEventAsync(json => ReplyWriter.Write(json, _id, reply));

    private async Task WriteEventAsync(Action<Utf8JsonWriter> write)
    {
        BeginStream();
        var body = _http.Response.BodyWriter;
        body.Write("event: message\ndata: "u8);
        using (var json = new Utf8JsonWriter(body, PooledJson.Options)) write(json);
        body.Write("\n\n"u8);
        _isActive = true;
        await body.FlushAsync(_http.RequestAborted);
    }

    private void BeginStream()
    {
        if (_isStream) return;

        _isStream = true;
        _http.Response.ContentType = "text/event-stream";
        _http.Response.Headers.CacheControl = "no-store";
        _http.Response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>Shows that the response lives, where it has been quiet.</summary>
    public async Task BeatAsync()
    {
        // A writer at work is no quiet response.
        if (!await _writing.WaitAsync(TimeSpan.Zero)) return;
        try
        {
            var isQuiet = !_isEnded && !_isActive;
            _isActive = false;
            if (!isQuiet) return;

            BeginStream();
            await _http.Response.BodyWriter.WriteAsync(Waiting, _http.RequestAborted);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The agent went away; whoever writes next learns it.
        }
        finally
        {
            _writing.Release();
        }
    }
}

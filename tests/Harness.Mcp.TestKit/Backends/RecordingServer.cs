using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.TestKit.Backends;

/// <summary>One request as it arrived at a scripted HTTP backend.</summary>
public sealed record RecordedRequest(string Verb, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? Method => Body.Length == 0 ? null : JsonNode.Parse(Body)?["method"]?.GetValue<string>();
}

/// <summary>A web server on loopback that records every request before a scripted backend answers it.</summary>
internal sealed class RecordingServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<RecordedRequest> _requests = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<HttpContext, string, CancellationToken, Task> _serve;

    private int _disposed;

    /// <param name="route">What it serves; all else is not found.</param>
    /// <param name="serve">Answers a request with this body, until its client lets go or the server stops.</param>
    public RecordingServer(string route, Func<HttpContext, string, CancellationToken, Task> serve)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.Map(route, ServeAsync);
        _serve = serve;
    }

    public Uri Root => new(_app.Urls.First());

    public IReadOnlyList<RecordedRequest> Requests => [.. _requests];

    public Task StartAsync() => _app.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync();
        await _app.DisposeAsync();
        _stop.Dispose();
    }

    private async Task ServeAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        _requests.Enqueue(new RecordedRequest(context.Request.Method, headers, body));
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop.Token);
        await _serve(context, body, either.Token);
    }
}

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

/// <summary>A scripted backend over Streamable HTTP on loopback; it records every request.</summary>
public sealed class ScriptedHttp : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<RecordedRequest> _requests = new();
    private readonly ConcurrentDictionary<string, bool> _sessions = new();
    private readonly ScriptedReads _reads = new();
    private readonly ScriptedTasks _tasks = new();
    private readonly CancellationTokenSource _stop = new();

    private int _disposed;

    private ScriptedHttp(WebApplication app, Script script)
    {
        _app = app;
        Script = script;
    }

    /// <summary>May be replaced while the backend runs.</summary>
    public Script Script { get; set; }

    /// <summary>Answers single messages as JSON rather than as an event stream.</summary>
    public bool AnswersJson { get; set; }

    /// <summary>Answers every request with this status and body instead; null for none.</summary>
    public (int Status, string Body)? Instead { get; set; }

    /// <summary>Gives the messages that answer a request, as they leave, from the request's body; null to let the script answer.</summary>
    public Func<string, IReadOnlyList<string>?>? Exactly { get; set; }

    /// <summary>Runs when a call has arrived, before it is answered.</summary>
    public Action? OnCall { get; set; }

    public Uri Endpoint => new(_app.Urls.First() + "/mcp");

    public IReadOnlyList<RecordedRequest> Requests => [.. _requests];

    public static async Task<ScriptedHttp> StartAsync(Script script)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var http = new ScriptedHttp(app, script);
        app.Map("/mcp", http.ServeAsync);
        await app.StartAsync();
        return http;
    }

    /// <summary>Forgets all sessions, as a restart does.</summary>
    public void ForgetSessions() => _sessions.Clear();

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
        if (Instead is { } other)
        {
            context.Response.StatusCode = other.Status;
            context.Response.Headers.Location = "http://127.0.0.1:1/elsewhere";
            context.Response.ContentType = other.Body.StartsWith("event:", StringComparison.Ordinal) ? "text/event-stream" : "application/json";
            await context.Response.WriteAsync(other.Body);
            return;
        }

        if (context.Request.Method != "POST")
        {
            context.Response.StatusCode = context.Request.Method == "DELETE" ? 200 : 405;
            return;
        }

        await PostAsync(context, body);
    }

    private async Task PostAsync(HttpContext context, string body)
    {
        var message = JsonNode.Parse(body)!.AsObject();
        var method = message["method"]?.GetValue<string>();
        if (method == "tools/call")
            OnCall?.Invoke();
        if (method == "initialize" && Script.IsLegacy)
        {
            var session = Guid.NewGuid().ToString("N");
            _sessions[session] = true;
            context.Response.Headers["Mcp-Session-Id"] = session;
        }
        else if (!Script.IsModern && !_sessions.ContainsKey(context.Request.Headers["Mcp-Session-Id"].ToString()))
        {
            var hasSession = context.Request.Headers.ContainsKey("Mcp-Session-Id");
            context.Response.StatusCode = hasSession ? 404 : 400;
            await context.Response.WriteAsync("""{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"No valid session"}}""");
            return;
        }

        if (method is null || message["id"] is null)
        {
            context.Response.StatusCode = 202;
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop.Token);
        await AnswerAsync(context, body, method, either.Token);
    }

    private async Task AnswerAsync(HttpContext context, string body, string method, CancellationToken cancellationToken)
    {
        context.Response.ContentType = AnswersJson ? "application/json" : "text/event-stream";
        var isInside = false;
        async Task SendAsync(string text)
        {
            var isPiece = text.StartsWith('\u0001');
            var isFirst = !isInside;
            isInside = isPiece;
            var plain = isPiece ? text[1..] : text;
            await context.Response.WriteAsync(AnswersJson ? plain : $"{(isFirst ? "event: message\ndata: " : "")}{plain}{(isPiece ? "" : "\n\n")}", cancellationToken);
            await context.Response.Body.FlushAsync(cancellationToken);
        }

        try
        {
            if (Exactly?.Invoke(body) is { } messages)
            {
                foreach (var text in messages)
                    await SendAsync(text);
                return;
            }

            var isSilent = Script.NeverAnswers || method == "subscriptions/listen" || body.Contains("\"name\":\"silent\"", StringComparison.Ordinal);
            await new ScriptedBackend(Script, SendAsync, context.Abort, _reads, _tasks).ReceiveAsync(body, cancellationToken);
            if (isSilent)
                await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }
}

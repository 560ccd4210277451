using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Harness.Mcp.TestKit.Backends;

/// <summary>A scripted backend over Streamable HTTP on loopback; it records every request.</summary>
public sealed class ScriptedHttp : IAsyncDisposable
{
    private readonly RecordingServer _server;
    private readonly ConcurrentDictionary<string, bool> _sessions = new();
    private readonly ScriptedReads _reads = new();
    private readonly ScriptedTasks _tasks = new();

    private ScriptedHttp(Script script) => (_server, Script) = (new RecordingServer("/mcp", ServeAsync), script);

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

    public Uri Endpoint => new(_server.Root, "/mcp");

    public IReadOnlyList<RecordedRequest> Requests => _server.Requests;

    public static async Task<ScriptedHttp> StartAsync(Script script)
    {
        var http = new ScriptedHttp(script);
        await http._server.StartAsync();
        return http;
    }

    /// <summary>Forgets all sessions, as a restart does.</summary>
    public void ForgetSessions() => _sessions.Clear();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task ServeAsync(HttpContext context, string body, CancellationToken cancellationToken)
    {
        if (Instead is { } other)
        {
            context.Response.StatusCode = other.Status;
            context.Response.Headers.Location = "http://127.0.0.1:1/elsewhere";
            context.Response.ContentType = other.Body.StartsWith("event:", StringComparison.Ordinal) ? "text/event-stream" : "application/json";
            await context.Response.WriteAsync(other.Body, cancellationToken);
            return;
        }

        if (context.Request.Method != "POST")
        {
            context.Response.StatusCode = context.Request.Method == "DELETE" ? 200 : 405;
            return;
        }

        await PostAsync(context, body, cancellationToken);
    }

    private async Task PostAsync(HttpContext context, string body, CancellationToken cancellationToken)
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
            await context.Response.WriteAsync("""{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"No valid session"}}""", cancellationToken);
            return;
        }

        if (method is null || message["id"] is null)
        {
            context.Response.StatusCode = 202;
            return;
        }

        await AnswerAsync(context, body, method, cancellationToken);
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

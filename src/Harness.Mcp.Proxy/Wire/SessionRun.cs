using System.Diagnostics;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Enforcement.Reads;
using Harness.Mcp.Proxy.Telemetry;
using Harness.Mcp.Proxy.Wire.Reads;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>Runs each session of the `initialize` handshake from its first request to its end, and keeps its place in the register meanwhile.</summary>
internal sealed class SessionRun(
    LegacySessions sessions, ToolListNotices listNotices, ReadNotices readNotices, IResourceWatches watches, IOptions<WireOptions> options, TimeProvider time, ILogger<SessionRun> logger)
{
    public async Task RunAsync(HttpContext http, McpServer server, CancellationToken cancellationToken)
    {
        if (AgentRequest.Current is not { IsModern: false } opening || server.SessionId is not { Length: > 0 } id)
        {
            await server.RunAsync(cancellationToken);
            return;
        }

        var declares = InputCapabilities.Read(opening.Message?.Param("capabilities"));
        await using var updates = new UpdateNotices(watches, options.Value.ListNoticeInterval, time);
        sessions.Add(id, new LegacySession(id, opening.Agent.Id, opening.Mission, opening.Version, declares) { Updates = updates });
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var tools = listNotices.Listen(opening.Mission);
        using var lists = await readNotices.ListenAsync(opening.Mission, ended.Token);
        var telling = Task.WhenAll(
            TellAsync(opening, tools.RunAsync(token => SendAsync(Methods.ToolsChanged, null, token), ended.Token), ended.Token),
            TellAsync(opening, lists.RunAsync((method, token) => SendAsync(method, null, token), ended.Token), ended.Token),
            TellAsync(opening, updates.RunAsync(uri => opening.ReadOf(uri), (uri, token) => SendAsync(Methods.ResourceUpdated, new JsonObject { ["uri"] = uri }, token), ended.Token), ended.Token));
        var began = Stopwatch.GetTimestamp();
        try
        {
            await server.RunAsync(cancellationToken);
        }
        finally
        {
            sessions.Remove(id);
            HarnessTelemetry.ServerSessionDuration.Record(
                Stopwatch.GetElapsedTime(began).TotalSeconds, new KeyValuePair<string, object?>(HarnessTelemetry.Tags.ProtocolVersion, opening.Version));
            await ended.CancelAsync();
            await telling;
        }

        Task SendAsync(string method, JsonObject? parameters, CancellationToken token) =>
            server.SendMessageAsync(new JsonRpcNotification { Method = method, Params = parameters }, token);
    }

    private async Task TellAsync(AgentRequest opening, Task running, CancellationToken cancellationToken)
    {
        try
        {
            await running;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The session ended.
        }
        catch (Exception failure)
        {
            // The session goes on: an agent that hears of no change lists again by itself.
            WireLog.NoticeLost(logger, opening.Mission.Value, failure);
        }
    }
}

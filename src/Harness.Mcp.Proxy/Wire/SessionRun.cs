using System.Diagnostics;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>Runs each session of the `initialize` handshake from its first request to its end, and keeps its place in the register meanwhile.</summary>
internal sealed class SessionRun(LegacySessions sessions, ToolListNotices listNotices, ILogger<SessionRun> logger)
{
    public async Task RunAsync(HttpContext http, McpServer server, CancellationToken cancellationToken)
    {
        if (AgentRequest.Current is not { IsModern: false } opening || server.SessionId is not { Length: > 0 } id)
        {
            await server.RunAsync(cancellationToken);
            return;
        }

        var declares = InputCapabilities.Read(opening.Message?.Param("capabilities"));
        sessions.Add(id, new LegacySession(id, opening.Agent.Id, opening.Mission, opening.Version, declares));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var listener = listNotices.Listen(opening.Mission);
        var telling = TellAsync(listener, server, opening, ended.Token);
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
    }

    private async Task TellAsync(ToolListNotices.Listener listener, McpServer server, AgentRequest opening, CancellationToken cancellationToken)
    {
        try
        {
            await listener.RunAsync(
                token => server.SendMessageAsync(new JsonRpcNotification { Method = Methods.ToolsChanged }, token), cancellationToken);
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

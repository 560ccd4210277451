using System.Text.Json;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.ConformanceFixture;

/// <summary>Log messages to the client, sent only where it asked for a level: with the request in the newer era, in its session before that.</summary>
internal static class LogMessage
{
    public static Task SendAsync(RequestContext<CallToolRequestParams> request, string text, CancellationToken cancellationToken)
    {
        var isWanted = request.Server.LoggingLevel is not null || request.Params?.Meta?.ContainsKey(MetaKeys.LogLevel) is true;
        return isWanted
            ? request.Server.SendNotificationAsync(
                NotificationMethods.LoggingMessageNotification,
                new LoggingMessageNotificationParams { Level = LoggingLevel.Info, Data = JsonSerializer.SerializeToElement(text) },
                cancellationToken: cancellationToken)
            : Task.CompletedTask;
    }
}

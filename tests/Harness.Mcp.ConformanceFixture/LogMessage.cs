using System.Text.Json;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.ConformanceFixture;

/// <summary>Log messages to the client, sent whatever level it asked for: to keep back what is not wanted is the proxy's part as well.</summary>
internal static class LogMessage
{
    public static Task SendAsync(McpServer server, string text, CancellationToken cancellationToken) =>
        server.SendNotificationAsync(
            NotificationMethods.LoggingMessageNotification,
            new LoggingMessageNotificationParams { Level = LoggingLevel.Info, Data = JsonSerializer.SerializeToElement(text) },
            cancellationToken: cancellationToken);
}

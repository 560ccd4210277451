using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.ConformanceFixture;

/// <summary>
/// Answers `subscriptions/listen`: the acknowledgement, then a notice for each change of the tool list. A stateless endpoint has no
/// session over which the SDK could send them.
/// </summary>
internal sealed class ListChanges(ChangingTool changing)
{
    public async ValueTask<EmptyResult> ListenAsync(RequestContext<SubscriptionsListenRequestParams> request, CancellationToken cancellationToken)
    {
        var changes = Channel.CreateUnbounded<bool>();
        var wantsTools = request.Params?.Notifications.ToolsListChanged is true;
        void Tell(object? sender, EventArgs change) => changes.Writer.TryWrite(true);
        changing.Listed.Changed += Tell;
        try
        {
            var granted = new JsonObject();
            if (wantsTools)
                granted["toolsListChanged"] = true;
            await SendAsync(NotificationMethods.SubscriptionsAcknowledgedNotification, new JsonObject { ["notifications"] = granted });
            await foreach (var _ in changes.Reader.ReadAllAsync(cancellationToken))
                if (wantsTools)
                    await SendAsync(NotificationMethods.ToolListChangedNotification, []);
        }
        finally
        {
            changing.Listed.Changed -= Tell;
        }

        return new EmptyResult();

        Task SendAsync(string method, JsonObject parameters)
        {
            parameters["_meta"] = new JsonObject { [MetaKeys.SubscriptionId] = JsonSerializer.SerializeToNode(request.JsonRpcRequest.Id.Id) };
            return request.Server.SendMessageAsync(new JsonRpcNotification { Method = method, Params = parameters }, cancellationToken);
        }
    }
}

using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>The way to the agent while one of its requests is being answered.</summary>
internal interface IAgentPeer
{
    /// <summary>Sends a notice ahead of the answer. One that cannot reach this agent is dropped.</summary>
    Task NotifyAsync(string method, JsonObject parameters, CancellationToken cancellationToken);
}

/// <summary>An agent of the `initialize` era, which the hosting library speaks with.</summary>
internal sealed class HostedPeer(McpServer server) : IAgentPeer
{
    public Task NotifyAsync(string method, JsonObject parameters, CancellationToken cancellationToken) =>
        server.SendMessageAsync(new JsonRpcNotification { Method = method, Params = parameters }, cancellationToken);
}

using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>The way to the agent while one of its requests is being answered.</summary>
internal interface IAgentPeer
{
    /// <summary>Sends a notice ahead of the answer. One that cannot reach this agent is dropped.</summary>
    Task NotifyAsync(string method, JsonObject parameters, CancellationToken cancellationToken);

    /// <summary>Sends a request of ours, and waits until it was answered; the answer itself was taken by the gate. Only agents of the `initialize` era take requests.</summary>
    /// <param name="id">Unique in the agent's session.</param>
    Task RequestAsync(long id, string method, JsonObject parameters, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("This agent takes no requests.");
}

/// <summary>An agent of the `initialize` era, which the hosting library speaks with.</summary>
internal sealed class HostedPeer(McpServer server) : IAgentPeer
{
    public Task NotifyAsync(string method, JsonObject parameters, CancellationToken cancellationToken) =>
        server.SendMessageAsync(new JsonRpcNotification { Method = method, Params = parameters }, cancellationToken);

    public Task RequestAsync(long id, string method, JsonObject parameters, CancellationToken cancellationToken) =>
        server.SendRequestAsync(new JsonRpcRequest { Id = new RequestId(id), Method = method, Params = parameters }, cancellationToken);
}

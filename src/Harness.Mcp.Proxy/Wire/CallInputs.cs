using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Enforcement.Asking;
using ModelContextProtocol;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>What the agent of one call can be asked, as it declares it: with each request in 2026-07-28, and once for its session before.</summary>
internal sealed class CallInputs(AgentRequest request, IAgentPeer peer) : IAgentInputs
{
    public AgentInputs Declared => request.IsModern
        ? InputCapabilities.Read(request.Message!.MetaMember(AgentMessage.CapabilitiesKey))
        : request.Session?.Declares ?? AgentInputs.None;

    public bool TakesRequests => !request.IsModern;

    public async Task<AgentReply> RequestAsync(string method, JsonElement parameters, CancellationToken cancellationToken)
    {
        var sent = request.Session!.Sent;
        var id = sent.Open(out var reply);
        try
        {
            await peer.RequestAsync(id, method, JsonObject.Create(parameters) ?? [], cancellationToken);
            return reply.IsCompletedSuccessfully ? await reply : new AgentReply.None();
        }
        catch (Exception gone) when (gone is IOException or InvalidOperationException or ObjectDisposedException or McpException)
        {
            return new AgentReply.None();
        }
        finally
        {
            sent.Forget(id);
        }
    }
}

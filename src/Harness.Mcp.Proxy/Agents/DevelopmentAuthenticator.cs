using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Harness.Mcp.Proxy.Agents;

/// <summary>Development mode: every request from this machine counts as the one agent that the settings name.</summary>
internal sealed class DevelopmentAuthenticator(
    RegisteredAgents agents, IOptions<AgentAuthenticationOptions> options, TimeProvider time, ILogger<DevelopmentAuthenticator> logger) : IAgentAuthenticator
{
    public ValueTask<AgentAuthentication> AuthenticateAsync(HttpContext http)
    {
        http.Request.Headers.Remove("Authorization");
        return ValueTask.FromResult(Authenticate(http));
    }

    private AgentAuthentication Authenticate(HttpContext http)
    {
        if (!IsOfThisMachine(http.Connection.RemoteIpAddress) || !IsOfThisMachine(http.Connection.LocalIpAddress))
            return new AgentAuthentication.Refused("This proxy is in development mode and serves its own machine only.");

        if (options.Value.DevelopmentAgentId is not { } id || agents.Current.Find(id) is not { } agent)
            return new AgentAuthentication.Refused($"The agent `{options.Value.DevelopmentAgent}` of development mode is not registered. Add it to `agents/`, or name another as `Agents:DevelopmentAgent`.");

        if (agent.RefusalOn(DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime)) is { } why)
        {
            AgentsLog.AgentRefused(logger, agent.Id, why);
            return new AgentAuthentication.Refused(why);
        }

        AgentPrincipal.Set(http, agent);
        return new AgentAuthentication.Agent(agent);
    }

    // An in-process server has no addresses: nobody outside can reach it.
    private static bool IsOfThisMachine(IPAddress? address) => address is null || IPAddress.IsLoopback(address);
}

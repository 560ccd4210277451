using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Harness.Mcp.Proxy.Agents;

/// <summary>Puts the authentication of agents into a program.</summary>
public static class AgentRegistration
{
    /// <summary>
    /// Adds <see cref="IAgentAuthenticator"/> and the registered agents of a folder, configured by section `Agents`. Without an issuer the
    /// program refuses to start when any listener is not on loopback.
    /// </summary>
    /// <param name="folder">Absolute path of `agents/`.</param>
    public static IServiceCollection AddHarnessAgents(this IServiceCollection services, string folder) => throw new NotImplementedException();

    /// <summary>Maps the protected-resource metadata of RFC 9728, which needs no token; nothing in development mode.</summary>
    public static IEndpointRouteBuilder MapHarnessAgentMetadata(this IEndpointRouteBuilder endpoints) => throw new NotImplementedException();
}

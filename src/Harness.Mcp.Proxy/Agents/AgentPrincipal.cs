using System.Runtime.CompilerServices;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;

namespace Harness.Mcp.Proxy.Agents;

/// <summary>The user of an authenticated request: the agent's id, and nothing of its token.</summary>
internal static class AgentPrincipal
{
    private const string AuthenticationType = "Harness.Agent";

    private static readonly ConditionalWeakTable<RegisteredAgent, ClaimsPrincipal> Known = [];

    // Protocol sessions are bound to these claims, so that another agent cannot continue one.
    public static void Set(HttpContext http, RegisteredAgent agent) => http.User = Known.GetValue(agent, static agent => new ClaimsPrincipal(new ClaimsIdentity(
        [new Claim(ClaimTypes.NameIdentifier, agent.Id.Value), new Claim("sub", agent.Id.Value)], AuthenticationType, "sub", null)));
}

using Microsoft.AspNetCore.Http;

namespace Harness.Mcp.Proxy.Agents;

/// <summary>Says which registered agent sent a request.</summary>
public interface IAgentAuthenticator
{
    /// <summary>
    /// Authenticates once a request. The token is taken out of the request's headers here, so that nothing behind can forward it;
    /// <see cref="HttpContext.User"/> then names the agent, and nothing of the token.
    /// </summary>
    ValueTask<AgentAuthentication> AuthenticateAsync(HttpContext http);
}

/// <summary>Who sent a request, or why it gets nothing.</summary>
public abstract record AgentAuthentication
{
    private AgentAuthentication() { }

    /// <summary>A registered, active agent whose review is not overdue.</summary>
    public sealed record Agent(RegisteredAgent Registration) : AgentAuthentication;

    /// <summary>No valid token: answer 401 with this `WWW-Authenticate` header. It names the metadata of RFC 9728 and the scope to ask for.</summary>
    public sealed record Challenge(string WwwAuthenticate) : AgentAuthentication;

    /// <summary>
    /// The token is good, but its agent may do nothing here. Answer 403 without `WWW-Authenticate`: MCP clients register anew or ask
    /// for a wider token only on a challenge (401, or 403 with `insufficient_scope`), and no other token would help.
    /// </summary>
    /// <param name="Say">One sentence for the agent's user; it names no other agent.</param>
    public sealed record Refused(string Say) : AgentAuthentication;
}

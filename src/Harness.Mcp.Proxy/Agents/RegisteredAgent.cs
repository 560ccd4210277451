using System.Collections.Immutable;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Proxy.Agents;

/// <summary>An agent as `agents/*.yaml` registers it: who answers for it, which identity it has at the issuer, which missions it may work under.</summary>
public sealed record RegisteredAgent
{
    public required AgentId Id { get; init; }

    /// <summary>The person or team that answers for the agent.</summary>
    public required string Owner { get; init; }

    /// <summary>The OpenID Connect issuer whose tokens name this agent; null for an agent of development mode only.</summary>
    public string? Issuer { get; init; }

    /// <summary>The token's `sub`; null where <see cref="Client"/> decides alone.</summary>
    public string? Subject { get; init; }

    /// <summary>The token's `client_id` (or `azp`); null where <see cref="Subject"/> decides alone.</summary>
    public string? Client { get; init; }

    /// <summary>Names of the mission templates the agent may work under.</summary>
    public required ImmutableArray<string> Missions { get; init; }

    /// <summary>The last day on which the registration holds without a new review.</summary>
    public required DateOnly ReviewBy { get; init; }

    public required bool IsActive { get; init; }

    /// <summary>Why the agent may do nothing on a day (UTC), as one sentence for its user; null where it may work.</summary>
    public string? RefusalOn(DateOnly day)
    {
        if (!IsActive)
            return $"Agent `{Id}` is switched off. Ask its owner, {Owner}.";
        return day > ReviewBy
            ? $"The registration of agent `{Id}` was to be reviewed by {ReviewBy:yyyy-MM-dd}, and was not. Ask its owner, {Owner}."
            : null;
    }
}

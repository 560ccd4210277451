using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Core.Missions;

/// <summary>A mission document, parsed and compiled: what opened missions of this name will be bound by.</summary>
public sealed record MissionTemplate
{
    /// <summary>The `mission:` of the document: `[a-z][a-z0-9-]{0,47}`.</summary>
    public required string Name { get; init; }

    /// <summary>Prose for people; never used to decide.</summary>
    public required string Objective { get; init; }

    public required string Owner { get; init; }

    public required ImmutableArray<AgentId> Agents { get; init; }

    public required TimeSpan Lifetime { get; init; }

    /// <summary>The document this template was parsed from.</summary>
    public required DocumentNode.Map Document { get; init; }
}

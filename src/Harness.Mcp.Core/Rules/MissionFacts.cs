using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Provenance;

namespace Harness.Mcp.Core.Rules;

/// <summary>What expressions see as `mission`: `id`, `name`, `owner`, `agents`, `inputs`, `opened`, `expires`.</summary>
/// <param name="Inputs">A JSON object.</param>
public sealed record MissionFacts(
    MissionId Id, string Name, string Owner, ImmutableArray<AgentId> Agents, JsonElement Inputs, DateTimeOffset Opened, DateTimeOffset Expires)
{
    /// <summary>Where the mission met which value, for rules that ask; null where none does.</summary>
    internal ProvenanceIndex? Provenance { get; init; }
}

using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Decisions;

/// <summary>A proposed call as it is judged: resolved, parsed, and valid against the tool's own input schema.</summary>
/// <param name="Arguments">A JSON object; the empty object where the agent sent none.</param>
/// <param name="Time">The store's time, never before the time of the mission's last link.</param>
public sealed record ToolCall(CallId Id, AgentId Agent, ToolFacts Tool, JsonElement Arguments, DateTimeOffset Time)
{
    /// <summary>Earlier calls of the mission that were refused and count: `denials` in expressions.</summary>
    public long Refused { get; init; }

    /// <summary>A proposal is itself alone: another one of the same words is another call.</summary>
    public bool Equals(ToolCall? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Id.GetHashCode();
}

using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Decisions;

/// <summary>A proposed call as it is judged: resolved, parsed, and valid against the tool's own input schema.</summary>
/// <param name="Arguments">A JSON object; the empty object where the agent sent none.</param>
/// <param name="Time">The store's time, never before the time of the mission's last link.</param>
public sealed record ToolCall(CallId Id, AgentId Agent, ToolFacts Tool, JsonElement Arguments, DateTimeOffset Time)
{
    private CallObject? _object;
    private CallKeys? _keys;

    /// <summary>Earlier calls of the mission that were refused and count: `denials` in expressions.</summary>
    public long Refused { get; init; }

    /// <summary>The call as expressions see it: one for all rules, so that its arguments are read once.</summary>
    internal CallObject Object => _object ??= new CallObject(this);

    /// <summary>The keys of its arguments, for all rules.</summary>
    internal CallKeys Keys => _keys ??= new CallKeys(Arguments);

    // A copy may say something else, so it reads anew.
    private ToolCall(ToolCall original) =>
        (Id, Agent, Tool, Arguments, Time, Refused) = (original.Id, original.Agent, original.Tool, original.Arguments, original.Time, original.Refused);

    /// <summary>A proposal is itself alone: another one of the same words is another call.</summary>
    public bool Equals(ToolCall? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => Id.GetHashCode();
}

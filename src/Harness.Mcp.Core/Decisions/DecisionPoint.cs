using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Decisions;

/// <summary>
/// The one place where a call is judged: state and call in, decision out. Pure, synchronous, no I/O. Default deny; the strictest
/// verdict wins; a rule that errors denies. Costs what the rules that watch the tool cost, not what the chain is long.
/// </summary>
public static class DecisionPoint
{
    public static Decision Decide(MissionState state, ToolCall call) => throw new NotImplementedException();

    /// <summary>Whether the mission grants the tool at all, whatever the chain says: what `tools/list` shows.</summary>
    public static bool IsGranted(MissionState state, ToolFacts tool) => throw new NotImplementedException();
}

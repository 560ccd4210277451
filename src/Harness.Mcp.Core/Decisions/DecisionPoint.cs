using System.Text.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Decisions;

/// <summary>
/// The one place where a call is judged: state and call in, decision out. Pure, synchronous, no I/O. Default deny; the strictest
/// verdict wins (Deny, then Escalate, then Permit: an approval never overrides a denial); a rule that errors denies. Costs what the rules that watch the tool cost, not what the chain is long.
/// </summary>
public static class DecisionPoint
{
    private static readonly Denial Suspended = new(
        ReasonCode.MissionSuspended, "This mission is suspended: no call is forwarded until it is resumed; wait, or ask the mission's owner.");

    public static Decision Decide(MissionState state, ToolCall call)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(call);
        try
        {
            if (RefuseMission(state, call) is { } refused)
                return new Decision.Deny(refused);
            if (state.NeedsRefold)
                return Decision.DeniedFor(ReasonCode.StateContended, "The rules of this mission have just changed; call again in a moment.");
            if (state.Judge(call, out var asks, out var shadow) is { } denial)
                return new Decision.Deny(denial.Denial) { Fault = denial.Fault };
            var decision = asks is null ? Decision.Permitted : state.Escalate(call, asks);
            return decision is Decision.Permit permit && !shadow.IsEmpty ? permit with { Shadow = shadow } : decision;
        }
        catch (Exception failure)
        {
            // Whatever is broken in a rule or in this program, the call is not forwarded.
            var fault = RuleFault.Of(failure.ToString());
            return new Decision.Deny(fault.Denial) { Fault = fault.Fault };
        }
    }

    /// <summary>Whether the mission grants the tool at all, whatever the chain says: what `tools/list` shows.</summary>
    public static bool IsGranted(MissionState state, ToolFacts tool)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(tool);
        return state.IsGranted(tool);
    }

    private static Denial? RefuseMission(MissionState state, ToolCall call) => state.StatusAt(call.Time) switch
    {
        MissionStatus.Active when state.SuspensionAfter(null) is not null => Suspended,
        MissionStatus.Suspended => Suspended,
        MissionStatus.Expired => new Denial(
            ReasonCode.MissionExpired, "This mission has expired: stop here and report what is done; more work needs a new mission."),
        MissionStatus.Completed or MissionStatus.Revoked => new Denial(
            ReasonCode.MissionEnded, "This mission has ended: stop here and report what is done; more work needs a new mission."),
        _ when !state.Template.Agents.Contains(call.Agent) => new Denial(
            ReasonCode.AgentNotOfMission, "This mission belongs to other agents; work under a mission of your own."),
        _ when call.Arguments.ValueKind != JsonValueKind.Object => new Denial(
            ReasonCode.ArgumentsInvalid, "Send the arguments of the call as one JSON object."),
        _ => null,
    };
}

using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
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

    /// <summary>For an answer to a question that is no longer open.</summary>
    public static Denial AnsweredBefore { get; } = new(
        ReasonCode.RequestStateUsed, "This question was answered before, or its call has ended; look at what became of the call before you repeat it.");

    /// <summary>For an answer that comes after its time.</summary>
    public static Denial AnsweredLate { get; } = new(
        ReasonCode.RequestStateExpired,
        "The answer came too late, and the call was given up: nobody knows whether it took effect, so find out with a read before you repeat it.");

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
            if (state.Judge.Refuse(call, out var asks, out var shadow, out var mayAsk) is { } denial)
                return new Decision.Deny(denial.Denial) { Fault = denial.Fault };
            var decision = asks is null ? Decision.Permitted : state.Escalate(call, asks);
            return decision is Decision.Permit permit && (!shadow.IsEmpty || mayAsk != AgentInputs.None) ? permit with { Shadow = shadow, MayAsk = mayAsk } : decision;
        }
        catch (Exception failure)
        {
            // Whatever is broken in a rule or in this program, the call is not forwarded.
            var fault = RuleFault.Of(failure.ToString());
            return new Decision.Deny(fault.Denial) { Fault = fault.Fault };
        }
    }

    /// <summary>
    /// Judges what the agent answered to the backend of a pending call: the mission must still be active, and what may flow to the backend is the same question
    /// as for the arguments of its tool. The call was counted when it was admitted, and no budget is asked again.
    /// </summary>
    /// <param name="call">A call that waits at its question number <paramref name="round"/>.</param>
    /// <returns>Why the answer must not leave; null where it may.</returns>
    public static Denial? DecideInput(MissionState state, CallId call, int round, GivenInput given, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(given);
        try
        {
            if (state.FindPending(call) is not { Ask: { } ask } pending || ask.Round != round)
                return AnsweredBefore;
            if (ask.HasExpired(time))
                return AnsweredLate;
            return StatusOf(state, time) ?? (state.NeedsRefold
                ? new Denial(ReasonCode.StateContended, "The rules of this mission have just changed; call again in a moment.")
                : state.Judge.RefuseInput(pending, given, time)?.Denial);
        }
        catch (Exception failure)
        {
            return RuleFault.Of(failure.ToString()).Denial;
        }
    }

    /// <summary>Whether the mission grants the tool at all, whatever the chain says: what `tools/list` shows.</summary>
    public static bool IsGranted(MissionState state, ToolFacts tool)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(tool);
        return state.IsGranted(tool);
    }

    private static Denial? RefuseMission(MissionState state, ToolCall call) => StatusOf(state, call.Time) ?? (
        !state.Template.Agents.Contains(call.Agent) ? new Denial(
            ReasonCode.AgentNotOfMission, "This mission belongs to other agents; work under a mission of your own.")
        : call.Arguments.ValueKind != JsonValueKind.Object ? new Denial(
            ReasonCode.ArgumentsInvalid, "Send the arguments of the call as one JSON object.")
        : null);

    /// <summary>Why nothing of the mission may go on at a time: it is not active, or about to be suspended; null where it may.</summary>
    public static Denial? Refuse(MissionState state, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(state);
        return StatusOf(state, time);
    }

    private static Denial? StatusOf(MissionState state, DateTimeOffset time) => state.StatusAt(time) switch
    {
        MissionStatus.Active when state.SuspensionAfter(null) is not null => Suspended,
        MissionStatus.Suspended => Suspended,
        MissionStatus.Expired => new Denial(
            ReasonCode.MissionExpired, "This mission has expired: stop here and report what is done; more work needs a new mission."),
        MissionStatus.Completed or MissionStatus.Revoked => new Denial(
            ReasonCode.MissionEnded, "This mission has ended: stop here and report what is done; more work needs a new mission."),
        _ => null,
    };
}

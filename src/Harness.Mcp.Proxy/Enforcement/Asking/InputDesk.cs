using System.Diagnostics;
using System.Runtime.InteropServices;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Proxy.Layers;
using Harness.Mcp.Proxy.Telemetry;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>
/// Puts questions and answers on the chain. INVARIANT: a question reaches the agent, and an answer the backend, only when its link is durable; and each
/// question has at most one answer, since the link of a second one has no place.
/// </summary>
internal sealed class InputDesk(
    MissionGates gates, IRuleSources rules, EnforcementOptions options, TimeProvider time, ILogger<InputDesk> logger)
{
    /// <summary>Decisions tried for one answer while its mission's rules keep changing.</summary>
    private const int RuleChangesMax = 4;

    /// <summary>How long after a question expired its call is looked at: the store's clock may differ a little.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(100);

    private static readonly Denial NotRecorded = new(
        ReasonCode.StateUnavailable, "The record of this mission cannot be written now, so nothing was passed on. Find out with a read whether the call took effect before you repeat it.");

    /// <summary>How long an agent may take over a question.</summary>
    public TimeSpan Patience => options.AskExpiry;

    /// <summary>Records a question.</summary>
    /// <param name="isHeld">Whether the backend waits for the answer on a connection of this process.</param>
    /// <returns>The recorded question; without it, why it is not asked.</returns>
    public async Task<(LinkBody.InputAsked? Asked, Denial? Refusal)> AskAsync(ProposedCall proposed, Question question, bool isHeld)
    {
        using var activity = Start("ask", proposed, question.Kinds);
        Denial? refusal = null;
        var answer = await gates.Of(proposed.Asked.Mission).RecordAsync(
            (state, time) =>
            {
                (var asked, refusal) = Ask(proposed, question, isHeld, state, time);
                return asked;
            },
            CancellationToken.None);
        var recorded = answer is GateAnswer.Recorded { Link.Link.Body: LinkBody.InputAsked body } ? body : null;
        if (recorded is null)
            refusal ??= NotRecorded;
        End(activity, recorded?.Round, recorded is null ? refusal!.Reason.Value : "asked");
        if (recorded is null)
            Log.AskRefused(logger, proposed.Id.Value, proposed.Asked.Mission.Value, refusal!.Reason.Value);
        else if (!isHeld)
            _ = LookLaterAsync(proposed.Asked.Mission);
        if (recorded is not null)
            Log.AgentAsked(logger, proposed.Id.Value, proposed.Asked.Mission.Value, recorded.Round, string.Join(", ", AgentInputNames.Write(question.Kinds)));
        return (recorded, recorded is null ? refusal : null);
    }

    /// <summary>Notes a question that is not asked: nothing of it reaches the agent, so it is no fact of the chain.</summary>
    public void Refused(ProposedCall proposed, Denial refusal)
    {
        using var activity = Start("ask", proposed, AgentInputs.None);
        End(activity, null, refusal.Reason.Value);
        Log.AskRefused(logger, proposed.Id.Value, proposed.Asked.Mission.Value, refusal.Reason.Value);
    }

    /// <summary>Judges what the agent answered, and records the answer or its refusal.</summary>
    /// <param name="expiresAt">When the question expires, as who repeats the call can prove; null where it is only just asked.</param>
    /// <param name="read">Reads the answer to a question; runs inside the gate, so it must not throw, and may run again.</param>
    public async Task<GivenOutcome> GiveAsync(ProposedCall proposed, int round, DateTimeOffset? expiresAt, Func<ChainCall, Answers> read)
    {
        using var activity = Start("answer", proposed, AgentInputs.None);
        var gate = gates.Of(proposed.Asked.Mission);
        GivenOutcome outcome = new GivenOutcome.Refused(NotRecorded, null);
        for (var attempt = 0; attempt < RuleChangesMax; attempt++)
        {
            var answer = await gate.RecordAsync(
                (state, time) =>
                {
                    if (state.NeedsRefold)
                        return null;
                    if (state.StatusAt(time) == MissionStatus.Active && state.Tightening(rules.Current) is { } tightening)
                        return tightening;
                    (outcome, var link) = Give(proposed, round, expiresAt, read, state, time);
                    return link;
                },
                CancellationToken.None);
            if (answer is not GateAnswer.Recorded recorded)
                outcome = new GivenOutcome.Refused(NotRecorded, null);
            else if (recorded.Link is null or { Link.Body: LinkBody.RulesTightened } && outcome is GivenOutcome.Refused { Denial: var denial } && ReferenceEquals(denial, NotRecorded))
                continue; // Rules changed first: the answer is judged by them too.
            break;
        }

        var word = outcome switch
        {
            GivenOutcome.Given => "given",
            GivenOutcome.Missing => "missing",
            GivenOutcome.Refused(var denial, _) => denial.Reason.Value,
            _ => throw new UnreachableException($"No word for {outcome.GetType().Name}."),
        };
        End(activity, round, word);
        Log.AgentAnswered(logger, proposed.Id.Value, proposed.Asked.Mission.Value, round, word);
        return outcome;
    }

    /// <summary>Closes a question that got no answer, so that the call can go on or end.</summary>
    public async Task CloseAsync(ProposedCall proposed, int round, Denial why) => await gates.Of(proposed.Asked.Mission).RecordAsync(
        (state, _) => state.FindPending(proposed.Id) is { Ask: { } ask } && ask.Round == round ? new LinkBody.InputRefused(proposed.Id, round, why) : null,
        CancellationToken.None);

    /// <summary>A call that only the chain holds is settled by whoever looks at its mission once its question has expired.</summary>
    private async Task LookLaterAsync(MissionId mission)
    {
        await Task.Delay(options.AskExpiry + Slack, time);
        await gates.Of(mission).LookAsync(static (_, _) => { }, CancellationToken.None);
    }

    private (LinkBody.InputAsked? Asked, Denial? Refusal) Ask(ProposedCall proposed, Question question, bool isHeld, MissionState state, DateTimeOffset time)
    {
        if (state.StatusAt(time) != MissionStatus.Active || state.SuspensionAfter(null) is not null)
            return (null, new Denial(ReasonCode.AskRefused, "This mission was stopped while the call ran, so the agent is not asked. Ask the mission's owner what became of it."));
        if (state.FindPending(proposed.Id) is not { Ask: null } call)
            return (null, new Denial(ReasonCode.AskRefused, "The call has ended, or waits for an answer already."));
        if (call.Rounds >= OpenAsk.RoundsMax)
            return (null, new Denial(
                ReasonCode.AskRefused,
                $"The tool asked {OpenAsk.RoundsMax} times and wanted more, so the call was given up. It may have taken effect: find out with a read before you repeat it."));
        return (new LinkBody.InputAsked(
            proposed.Id, call.Rounds + 1, question.Kinds, question.Asked, proposed.Facts.Labels.All, call.Task?.ExpiresAt ?? time + options.AskExpiry, isHeld), null);
    }

    private static (GivenOutcome Outcome, LinkBody? Link) Give(
        ProposedCall proposed, int round, DateTimeOffset? expiresAt, Func<ChainCall, Answers> read, MissionState state, DateTimeOffset time)
    {
        var call = state.FindPending(proposed.Id);
        if (call?.Ask is not { } ask || ask.Round != round)
            return (new GivenOutcome.Refused(time >= expiresAt ? DecisionPoint.AnsweredLate : DecisionPoint.AnsweredBefore, null), null);

        switch (read(call))
        {
            case Answers.Denied(var refused):
                return Refused(refused);
            case Answers.Missing when !ask.HasExpired(time):
                return (new GivenOutcome.Missing(ask), null);
            case Answers.Invalid(var why):
                return Refused(new Denial(ReasonCode.InputInvalid, $"{why} The call was given up; it may have taken effect: find out with a read before you repeat it."));
            case Answers.Given(var value):
                var given = new GivenInput(proposed.Asked.Agent.Id, value, proposed.AnswerLabels);
                if (DecisionPoint.DecideInput(state, proposed.Id, round, given, time) is { } denial)
                    return Refused(denial);
                var isKept = JsonMarshal.GetRawUtf8Value(value).Length <= ResultFacts.RecordedBytesMax;
                return (
                    new GivenOutcome.Given(value, ask, call),
                    new LinkBody.InputGiven(proposed.Id, round, isKept ? value : null, Digest.Of(value), proposed.AnswerLabels));
            default:
                return Refused(DecisionPoint.DecideInput(state, proposed.Id, round, new GivenInput(proposed.Asked.Agent.Id, default, []), time)
                    ?? new Denial(ReasonCode.InputNotGiven, "No answer came to what the tool asked."));
        }

        (GivenOutcome, LinkBody) Refused(Denial denial) => (new GivenOutcome.Refused(denial, call), new LinkBody.InputRefused(proposed.Id, round, denial));
    }

    private static Activity? Start(string what, ProposedCall proposed, AgentInputs kinds)
    {
        var activity = HarnessTelemetry.Source.StartActivity($"{what} agent", ActivityKind.Internal);
        activity?.SetTag(HarnessTelemetry.Tags.Mission, proposed.Asked.Mission.Value);
        activity?.SetTag(HarnessTelemetry.Tags.CallId, proposed.Id.ToString());
        activity?.SetTag(HarnessTelemetry.Tags.Backend, proposed.Facts.Id.Backend.Value);
        if (kinds != AgentInputs.None)
            activity?.SetTag(HarnessTelemetry.Tags.AskKinds, AgentInputNames.Write(kinds).ToArray());
        return activity;
    }

    /// <param name="outcome">A fixed word or a reason code, never what was asked or answered.</param>
    private static void End(Activity? activity, int? round, string outcome)
    {
        activity?.SetTag(HarnessTelemetry.Tags.AskRound, round);
        activity?.SetTag(HarnessTelemetry.Tags.AskOutcome, outcome);
    }
}

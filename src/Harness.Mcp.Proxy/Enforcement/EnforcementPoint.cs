using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Enforcement.Asking;
using Harness.Mcp.Proxy.Enforcement.Large;
using Harness.Mcp.Proxy.Enforcement.Reads;
using Harness.Mcp.Proxy.Enforcement.Tasks;
using Harness.Mcp.Proxy.Layers;
using Harness.Mcp.Proxy.Telemetry;
using Harness.Mcp.Proxy.Wire;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>
/// The one path of every call, from a parsed request to an answer: resolve, decide, record, act, record, answer. Nothing can be
/// plugged into it, so nothing can go round a step.
/// </summary>
internal sealed class EnforcementPoint(
    MissionGates gates,
    IRuleSources rules,
    IToolCatalog catalog,
    IReadCatalog reads,
    IBackendDirectory backends,
    LargeAnswers large,
    ShownResults shownResults,
    AskedCalls askedCalls,
    TaskOpening tasks,
    UndeliveredAnswers undelivered,
    EnforcementOptions options,
    ILogger<EnforcementPoint> logger)
{
    /// <summary>Decisions tried for one call while its mission's rules keep changing.</summary>
    private const int RuleChangesMax = 4;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<CallAnswer> CallAsync(AgentCall asked, INoticeSink notices, CancellationToken cancellationToken)
    {
        // 1. Resolve the tool as the catalog has it now; what is unknown is judged as a tool that no mission grants.
        var target = CallTarget.Of(asked, catalog.Current, reads, large);
        var proposed = new ProposedCall(asked, target.Tool, target.Arguments, target.Fault);
        var gate = gates.Of(asked.Mission);

        // 2. Decide on the mission's state, and make the decision a link. Another writer's link in between means deciding again.
        using var deciding = DecisionActivity.Start(proposed, options.TraceValues);
        if (await GiveAgainAsync(gate, proposed, deciding, cancellationToken) is { } given)
            return given;
        var answer = await DecideAsync(gate, proposed, cancellationToken);
        if (answer is not GateAnswer.Recorded { Link: { } link, Previous: var previous })
        {
            // A call that waits for approval already has its link; all else without one could not be decided or recorded.
            var denial = answer is GateAnswer.Recorded && proposed.Waiting is { } waiting ? waiting : DenialFor(answer, proposed);
            deciding.Ended(denial);
            return Denied(denial, proposed);
        }

        var refused = DenialOf(link.Link);
        deciding.Ended(link, proposed.MissionName, refused, previous);
        if (refused is not null)
        {
            if (link.Link.Body is LinkBody.ApprovalRequested)
                Log.CallWaits(logger, proposed.Id.Value, asked.Mission.Value, link.Link.Version);
            else
                Log.CallDenied(logger, proposed.Id.Value, asked.Mission.Value, refused.Reason.Value);
            return Denied(refused, proposed);
        }

        var admitted = (LinkBody.CallAdmitted)link.Link.Body;
        return admitted.MayAsk == AgentInputs.None || asked.Inputs is not { } inputs || (admitted.MayAsk & inputs.Declared) == AgentInputs.None
            ? await CarryOutAsync(proposed, admitted, deciding, notices, cancellationToken)
            : await askedCalls.CarryOutAsync(this, proposed, admitted, deciding, notices, retry: null, cancellationToken);
    }

    /// <summary>Gives an agent the answer that it missed, where it asks for the very same effect again; that it did is a link, and nothing is forwarded.</summary>
    /// <returns>Null where there is no such answer, or its mission may not go on: then the call is judged like any other.</returns>
    private ValueTask<CallAnswer?> GiveAgainAsync(MissionGate gate, ProposedCall proposed, DecisionActivity deciding, CancellationToken cancellationToken) =>
        proposed.Asked.Resumption is null
            && undelivered.Take(proposed.Asked.Mission, proposed.Asked.Agent.Id, proposed.Facts.Id, proposed.ArgumentsDigest) is { Effect: { } effect } missed
            ? GiveAgainAsync(gate, proposed, missed, effect, deciding, cancellationToken)
            : default;

    private async ValueTask<CallAnswer?> GiveAgainAsync(
        MissionGate gate, ProposedCall proposed, CallAnswer missed, CarriedOut effect, DecisionActivity deciding, CancellationToken cancellationToken)
    {
        var denial = new Denial(ReasonCode.Duplicate, $"Link {effect.Link} carried this very call out, and its agent was gone before the answer. It was given that answer now.") { Because = [effect.Link] };
        var told = await gate.RecordAsync(
            (state, time) =>
            {
                proposed.MissionName = state.Template.Name;
                return state.StatusAt(time) == MissionStatus.Active && DecisionPoint.IsGranted(state, proposed.Facts) ? Refused(proposed, denial, state) : null;
            },
            cancellationToken);
        if (told is not GateAnswer.Recorded { Link: { } link, Previous: var previous })
        {
            undelivered.Keep(missed);
            return null;
        }

        deciding.Ended(link, proposed.MissionName, denial, previous);
        Log.CallDenied(logger, proposed.Id.Value, proposed.Asked.Mission.Value, denial.Reason.Value);
        return missed;
    }

    /// <summary>Forwards an admitted call and records how it ended.</summary>
    /// <param name="rounds">What the backend may ask of the agent meanwhile; null for nothing.</param>
    /// <param name="retry">What the backend asked for in an earlier round; null for the first.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<CallAnswer> CarryOutAsync(
        ProposedCall proposed, LinkBody.CallAdmitted admitted, DecisionActivity deciding, INoticeSink notices, CancellationToken cancellationToken,
        CallRounds? rounds = null, CallRetry? retry = null)
    {
        // INVARIANT: the admission is durable here, before anything leaves, so a crash can lose an answer but never an action.
        var gate = gates.Of(proposed.Asked.Mission);
        try
        {
            // 3. Act: forward exactly what was decided on.
            var reply = await ForwardAsync(proposed, admitted, notices, rounds, retry, cancellationToken);
            Settlement? ended = null;
            while (ended is null && rounds is not null && reply is BackendReply.InputRequired required)
                switch (await rounds.TakeAsync(required, cancellationToken))
                {
                    case NextRound.Again(var again):
                        reply = await ForwardAsync(proposed, admitted, notices, rounds, again, cancellationToken);
                        break;
                    case NextRound.Left(var question):
                        return question; // The call stays open: its agent repeats it with the answers.
                    case NextRound.Ended(var settlement):
                        ended = settlement;
                        break;
                }

            if (ended is null && reply is BackendReply.Task(var report))
                return await tasks.OpenAsync(this, proposed, report); // The call stays open: its agent asks for the task.
            if (reply is BackendReply.Error(var needed) && proposed is { Asked.TakesTask: true, MayHoldTask: false } && TaskOpening.IsNeeded(needed))
                ended = Settlement.NotDone(proposed.Id, TaskOpening.TooMany(options));
            if (reply is BackendReply.Error(var error) && PagesFirst.IsMeant(error))
                reply = Pages(proposed, admitted, error, ref ended);
            if (reply is BackendReply.Large tooLarge)
                reply = await large.KeepAsync(tooLarge, LargeCall.Of(proposed, admitted.Tool));

            // 4. Record how it ended. INVARIANT: no answer leaves before its settlement is durable.
            var outcome = ended
                ?? (rounds?.GivenUp is { } givenUp
                    ? Settlement.GivenUp(proposed.Id, givenUp)
                    : Settlement.Of(reply, proposed.Id, admitted.Tool, proposed.Asked.Kind, proposed.Tool?.Results ?? ResultForm.Json));
            var settled = await gate.RecordAsync(
                (proposed, outcome),
                static (of, state, _) =>
                {
                    if (state.FindPending(of.proposed.Id) is not { } pending)
                        return null;
                    of.proposed.Admission = pending.Index;
                    return of.outcome.Link;
                },
                CancellationToken.None);
            if (settled is not GateAnswer.Recorded)
            {
                Log.SettlementLost(logger, proposed.Id.Value, proposed.Asked.Mission.Value, Describe(settled));
                return Denied(Settlement.NotRecorded, proposed, wasPermitted: true);
            }

            // Somebody else held the call for lost: rules know nothing of this answer's labels, so it must not be learnt from.
            if (settled is GateAnswer.Recorded { Link: null })
                return Denied(Settlement.HeldForLost, proposed, wasPermitted: true);

            // 5. Answer.
            if (outcome.Denial is { } failure)
                return Denied(failure, proposed, wasPermitted: true);
            deciding.Answered(outcome.Answer!);
            return Shown(
                outcome.Answer!,
                proposed.Asked,
                admitted.Tool.Id.Backend,
                admitted.Tool.IsRead ? null : new CarriedOut(proposed.Asked.Mission, admitted.Agent, admitted.Tool.Id, admitted.ArgumentsDigest, proposed.Admission));
        }
        finally
        {
            gate.Forget(proposed.Id);
        }
    }

    /// <summary>Ends a call that nobody works on any more.</summary>
    public async ValueTask<CallAnswer> GiveUpAsync(ProposedCall proposed, LinkBody.CallAdmitted admitted, Denial denial)
    {
        var gate = gates.Of(proposed.Asked.Mission);
        await gate.RecordAsync(
            (state, _) => state.FindPending(admitted.Call) is null ? null : Settlement.GivenUp(admitted.Call, denial).Link, CancellationToken.None);
        gate.Forget(admitted.Call);
        return Denied(denial, proposed, wasPermitted: true);
    }

    /// <summary>Judges a call that is announced and not made: what would be refused is refused now, and what people would be asked about as well.</summary>
    /// <param name="isRecorded">Whether a refusal becomes a link, so that nobody tries out the rules unseen.</param>
    /// <returns>The refusal, null where the call would be permitted now; and what it would tell the backend that it may ask.</returns>
    public async ValueTask<(CallAnswer.Error? Refusal, AgentInputs Declares)> ForeseeAsync(AgentCall asked, bool isRecorded, CancellationToken cancellationToken)
    {
        var target = CallTarget.Of(asked, catalog.Current, reads, large);
        var proposed = new ProposedCall(asked, target.Tool, target.Arguments, target.Fault);
        var gate = gates.Of(asked.Mission);
        Denial? refused = null;
        GateAnswer answer = new GateAnswer.Contended();
        var isJudged = false;
        for (var attempt = 0; attempt < RuleChangesMax && !isJudged; attempt++)
        {
            answer = await gate.RecordAsync(
                (state, time) =>
                {
                    (isJudged, refused) = (false, null);
                    if (state.NeedsRefold)
                        return null;
                    if (Tightening(state, time) is { } tightened)
                        return tightened;
                    isJudged = true;
                    refused = DecideSafely(proposed, state, time) switch
                    {
                        Decision.Deny(var denial) => denial,
                        Decision.Escalate => new Denial(
                            ReasonCode.ApprovalRequired, "A person must approve each read of this, so its changes are not announced. Read it when you need it."),
                        _ => null,
                    };
                    return isRecorded && refused is not null ? Refused(proposed, refused, state) : null;
                },
                cancellationToken);
            if (answer is not GateAnswer.Recorded)
                break;
        }

        if (answer is not GateAnswer.Recorded || !isJudged)
            refused = DenialFor(answer is GateAnswer.Recorded ? new GateAnswer.Contended() : answer, proposed);
        return (refused is null ? null : (CallAnswer.Error)Denied(refused, proposed), proposed.Declares);
    }

    /// <summary>Guardrails and terms that changed become part of the chain first, and then the call is judged by them too.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<GateAnswer> DecideAsync(MissionGate gate, ProposedCall proposed, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < RuleChangesMax; attempt++)
        {
            var answer = await gate.RecordAsync(
                (Point: this, proposed),
                static (of, state, time) =>
                {
                    of.proposed.Waiting = null;
                    return state.NeedsRefold ? null : of.Point.Tightening(state, time) ?? of.Point.Judge(of.proposed, state, time);
                },
                cancellationToken);
            if (answer is not GateAnswer.Recorded { Link: null or { Link.Body: LinkBody.RulesTightened } } || proposed.Waiting is not null)
                return answer;
        }

        return new GateAnswer.Contended();
    }

    private LinkBody.RulesTightened? Tightening(MissionState state, DateTimeOffset time) =>
        state.StatusAt(time) == MissionStatus.Active ? state.Tightening(rules.Current) : null;

    /// <summary>The link that a proposed call becomes; null for one that waits at an earlier link. Runs inside the gate, so it must not throw: whatever fails here is a denial.</summary>
    private LinkBody? Judge(ProposedCall proposed, MissionState state, DateTimeOffset time)
    {
        return DecideSafely(proposed, state, time) switch
        {
            Decision.Permit permit => new LinkBody.CallAdmitted(
                proposed.Id, proposed.Asked.Agent.Id, proposed.Facts, proposed.Arguments, proposed.ArgumentsDigest, state.Rules, proposed.Trace)
            {
                Shadow = permit.Shadow,
                Approval = permit.Approval,
                MayAsk = permit.MayAsk,
            },
            Decision.Escalate(var request) => Park(proposed, request, state),
            Decision.Deny(var denial) => Refused(proposed, denial, state),
            var decision => throw new UnreachableException($"No branch for {decision.GetType().Name}."),
        };
    }

    private static LinkBody.CallRefused Refused(ProposedCall proposed, Denial denial, MissionState state) => new(
        proposed.Id, proposed.Asked.Agent.Id, proposed.AskedFor, proposed.Tool?.Facts, proposed.RecordedArguments,
        proposed.Tool is null && denial.Reason == ReasonCode.ToolNotGranted ? denial with { Reason = ReasonCode.ToolUnknown } : denial,
        state.Rules, proposed.Trace);

    private Decision DecideSafely(ProposedCall proposed, MissionState state, DateTimeOffset time)
    {
        try
        {
            return Decide(proposed, state, time);
        }
        catch (Exception bug)
        {
            Log.DecisionFailed(logger, proposed.Id.Value, proposed.Asked.Mission.Value, bug);
            return Decision.DeniedFor(ReasonCode.DecisionFailed, "The call could not be judged, so it is refused. Tell the mission's owner.");
        }
    }

    /// <summary>The link at which people are asked; null where the very same call waits at one already.</summary>
    private static LinkBody.ApprovalRequested? Park(ProposedCall proposed, ApprovalRequest request, MissionState state)
    {
        if (request.Parked is { } version)
        {
            proposed.Waiting = request.ToDenial(state.Id, version);
            return null;
        }

        return new LinkBody.ApprovalRequested(
            proposed.Id, proposed.Asked.Agent.Id, proposed.Facts, proposed.Arguments, request.Binding, request.Asks, request.Because,
            request.ExpiresAt, state.Rules, proposed.Trace);
    }

    /// <summary>Why the call of a link is not forwarded; null for one that is.</summary>
    private static Denial? DenialOf(Link link) => link.Body switch
    {
        LinkBody.CallRefused refused => refused.Denial,
        LinkBody.ApprovalRequested asked => new ApprovalRequest(asked.Binding, asked.Asks, asked.Because, asked.ExpiresAt).ToDenial(link.Mission, link.Version),
        _ => null,
    };

    private Decision Decide(ProposedCall proposed, MissionState state, DateTimeOffset time)
    {
        proposed.MissionName = state.Template.Name;
        proposed.Declares = state.AsksOf(proposed.Facts.Id.Backend, proposed.Facts.Domain) is var asks && asks != AgentInputs.None
            ? asks & (proposed.Asked.Inputs?.Declared ?? AgentInputs.None)
            : AgentInputs.None;
        proposed.MayHoldTask = proposed.Asked.TakesTask && TaskOpening.HasRoom(state, options);
        var call = new ToolCall(proposed.Id, proposed.Asked.Agent.Id, proposed.Facts, proposed.Arguments, time);

        // What is wrong with a granted call whatever the chain says comes first, since rules may rely on the arguments' shape. A tool
        // that is not granted never gets here: its refusal must not tell whether it exists.
        proposed.IsGranted = proposed.Tool is not null && DecisionPoint.IsGranted(state, proposed.Facts);
        if (proposed.IsGranted && proposed.Tool is { } tool && state.StatusAt(time) == MissionStatus.Active)
        {
            if (state.PendingInPlace.Length >= options.CallsInFlightMax)
                return Decision.DeniedFor(
                    ReasonCode.Overloaded, $"This mission already has {state.PendingInPlace.Length} calls in flight. Wait for one to end, then call again.");
            if (tool.Standing != ToolStanding.Approved)
                return Decision.DeniedFor(
                    ReasonCode.DefinitionDrifted,
                    "This tool's definition is not the one that was approved, so it cannot be called now. Work without it, or ask the tool's owner to approve it.");
            if (proposed.Violation is { } violation)
                return new Decision.Deny(violation);
        }

        return DecisionPoint.Decide(state, call);
    }

    /// <summary>A refusal that sends the agent's user to a page leads there only where the backend may ask for that.</summary>
    private BackendReply.Error Pages(ProposedCall proposed, LinkBody.CallAdmitted admitted, JsonElement error, ref Settlement? ended)
    {
        var terms = backends.Find(admitted.Tool.Id.Backend)?.Asks ?? AskTerms.Default;
        var (shown, refusal) = PagesFirst.Read(admitted.Tool.Id.Backend, terms, admitted.MayAsk & (proposed.Asked.Inputs?.Declared ?? AgentInputs.None), error);
        if (refusal is not null)
            ended = Settlement.NotDone(proposed.Id, refusal);
        return new BackendReply.Error(shown ?? error);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<BackendReply> ForwardAsync(
        ProposedCall proposed, LinkBody.CallAdmitted admitted, INoticeSink notices, CallRounds? rounds, CallRetry? retry, CancellationToken cancellationToken)
    {
        // A result that is kept is read here, whatever became of its backend.
        if (proposed.Asked.Kind == CallKind.Resource && LargeAnswers.IsOf(proposed.Asked.Tool))
            return await large.ReadAsync(proposed.Asked.Mission, proposed.Asked.Tool, admitted.Arguments, cancellationToken);
        if (backends.Find(admitted.Tool.Id.Backend) is not { } backend)
            return new BackendReply.NotSent("the backend is no longer configured");
        // The definition may have changed while the call was being recorded.
        if (CurrentOf(proposed, admitted) is not { Standing: ToolStanding.Approved } current || current.Facts.Definition != admitted.Tool.Definition)
            return new BackendReply.NotSent("the tool's definition changed after the call was admitted");

        try
        {
            var reply = await backend.CallAsync(
                new BackendCall(
                    proposed.Asked.Mission, proposed.Id, admitted.Tool.Id.Name, admitted.Arguments, ForwardedMeta.Of(proposed.Asked.Meta), ForwardedMeta.AsksForProgress(proposed.Asked.Meta))
                {
                    More = proposed.Asked.More,
                    Definition = admitted.Tool.Definition,
                    LogLevel = proposed.Asked.LogLevel,
                    Declares = proposed.Declares,
                    TakesTask = proposed.MayHoldTask,
                    MayAsk = rounds?.Allowed ?? AgentInputs.None,
                    Inputs = rounds,
                    Retry = retry,
                },
                notices,
                cancellationToken);

            // What an earlier round did is not undone by a later one that did not leave.
            return retry is not null && reply is BackendReply.NotSent(var why) ? new BackendReply.Lost(why) : reply;
        }
        catch (Exception failure)
        {
            // The port promises replies, not exceptions; whatever broke that promise, the call may have left.
            Log.ForwardingFailed(logger, proposed.Id.Value, admitted.Tool.Id.Backend.Value, failure);
            return new BackendReply.Lost(cancellationToken.IsCancellationRequested ? "the agent cancelled the call" : "forwarding failed");
        }
    }

    private CatalogTool? CurrentOf(ProposedCall proposed, LinkBody.CallAdmitted admitted) => proposed.Asked.Kind == CallKind.Tool
        ? catalog.Current.Find(admitted.Tool.Id)
        : CallTarget.Of(proposed.Asked, catalog.Current, reads, large).Tool;

    /// <summary>The answer with names that the agent can use.</summary>
    private CallAnswer Shown(CallAnswer answer, AgentCall asked, BackendId backend, CarriedOut? effect) => answer switch
    {
        CallAnswer.Result(var value) => new CallAnswer.Result(shownResults.Of(value, asked.Kind, backend, asked.Mission)) { Effect = effect },
        CallAnswer.Error(var value) when asked.Kind == CallKind.Resource => new CallAnswer.Error(ExposedResults.OfError(value, asked.Tool)) { Effect = effect },
        _ => answer with { Effect = effect },
    };

    private Denial DenialFor(GateAnswer answer, ProposedCall proposed)
    {
        switch (answer)
        {
            case GateAnswer.NoMission:
                return new Denial(ReasonCode.MissionEnded, "No such mission is open. Ask its owner to open one.");
            case GateAnswer.Contended:
                return new Denial(ReasonCode.StateContended, "Other calls of this mission came first, again and again. Nothing was forwarded; call again in a moment.");
            case GateAnswer.Failed(var bug):
                Log.DecisionFailed(logger, proposed.Id.Value, proposed.Asked.Mission.Value, bug);
                return new Denial(ReasonCode.DecisionFailed, "The call could not be judged, so it is refused. Tell the mission's owner.");
            default:
                Log.StoreUnavailable(logger, proposed.Id.Value, proposed.Asked.Mission.Value, Describe(answer));
                return new Denial(ReasonCode.StateUnavailable, "The record of this mission cannot be written now, so nothing was forwarded. Try again later, or tell the proxy's operator.");
        }
    }

    private static string Describe(GateAnswer answer) => answer switch
    {
        GateAnswer.Unavailable(var why) => why,
        GateAnswer.Failed(var bug) => bug.ToString(),
        _ => answer.GetType().Name,
    };

    /// <summary>The denial as the agent gets it.</summary>
    public CallAnswer Denied(Denial denial, ProposedCall proposed, bool wasPermitted = false)
    {
        HarnessTelemetry.MarkDenied(Activity.Current, denial, wasPermitted);

        // The chain and the trace keep the true reason; the agent must not learn from it whether a tool exists.
        var shown = denial.Reason == ReasonCode.ToolUnknown ? denial with { Reason = ReasonCode.ToolNotGranted } : denial;
        shown = ShownNames.Of(shown, catalog.Current);
        return proposed.Asked.Kind == CallKind.Tool
            ? new CallAnswer.Result(DenialResult.Of(shown, proposed.Asked.Mission, proposed.IsShownOutputSchema))
            : new CallAnswer.Error(DenialError.Of(shown, proposed.Asked));
    }
}

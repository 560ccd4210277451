using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Enforcement.Large;
using Harness.Mcp.Proxy.Wire;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>
/// Carries out calls during which a backend may ask the agent, and goes on with those that an agent repeats with its answers. A repeated call is the same
/// link: it is not admitted again, and no budget counts it twice.
/// </summary>
internal sealed class AskedCalls(
    MissionGates gates, InputDesk desk, RequestStateSeal seal, IToolCatalog catalog, IReadCatalog reads, LargeAnswers large, IBackendDirectory backends, TimeProvider time)
{
    private const int InvalidParams = -32602;

    private static readonly Denial Foreign = new(
        ReasonCode.RequestStateInvalid,
        "This requestState was not given for this call: repeat the call exactly as before, with the requestState that came with the question, or call anew without one.");

    private static readonly Denial Drifted = new(
        ReasonCode.DefinitionDrifted,
        "This tool's definition changed while it waited for you, so the call was given up. It may have taken effect: find out with a read, and ask the tool's owner to approve it.");

    private readonly ConcurrentDictionary<CallId, ParkedCall> _parked = new();

    /// <summary>Carries out an admitted call.</summary>
    /// <param name="retry">What the call's backend asked for in an earlier round; null for the first.</param>
    public async ValueTask<CallAnswer> CarryOutAsync(
        EnforcementPoint point, ProposedCall proposed, LinkBody.CallAdmitted admitted, DecisionActivity deciding, INoticeSink notices, CallRetry? retry,
        CancellationToken cancellationToken)
    {
        var agent = proposed.Asked.Inputs!;
        var terms = backends.Find(admitted.Tool.Id.Backend)?.Asks ?? AskTerms.Default;
        proposed.AnswerLabels = terms.Labels;
        var allowed = admitted.MayAsk & agent.Declared;
        if (agent.TakesRequests)
        {
            using var rounds = new CallRounds(desk, seal, time, proposed, agent, allowed, terms, parked: null, cancellationToken);
            return await point.CarryOutAsync(proposed, admitted, deciding, notices, rounds.Ending, rounds, retry);
        }

        var parked = new ParkedCall();
        _parked[proposed.Id] = parked;
        return await parked.BeginAsync(
            async () =>
            {
                using var rounds = new CallRounds(desk, seal, time, proposed, agent, allowed, terms, parked, parked.Stopping);
                try
                {
                    return await point.CarryOutAsync(proposed, admitted, deciding, parked, rounds.Ending, rounds, retry);
                }
                finally
                {
                    _parked.TryRemove(proposed.Id, out _);
                    parked.Dispose();
                }
            },
            notices,
            cancellationToken);
    }

    /// <summary>Goes on with a call that its agent repeats: after the state proved to be ours and this call's, and the answer is judged and durable.</summary>
    public async ValueTask<CallAnswer> ResumeAsync(EnforcementPoint point, AgentCall asked, INoticeSink notices, CancellationToken cancellationToken)
    {
        var target = CallTarget.Of(asked, catalog.Current, reads, large);
        var repeated = new ProposedCall(asked, target.Tool, target.Arguments, target.Fault);
        if (target.Fault is { } fault)
            return await RefuseAsync(point, repeated, fault);
        if (seal.Open(asked.Resumption!.State) is not { } state || !IsOf(state, repeated))
            return await RefuseAsync(point, repeated, Foreign);

        var proposed = new ProposedCall(asked, target.Tool, target.Arguments, target.Fault)
        {
            Id = state.Call,
            IsGranted = true, // It was, when the call was admitted.
            MayHoldTask = asked.TakesTask,
            AnswerLabels = (backends.Find(state.Tool.Backend)?.Asks ?? AskTerms.Default).Labels,
        };
        var outcome = await desk.GiveAsync(
            proposed, state.Round, state.ExpiresAt, call => IsAsAdmitted(target.Tool, call) ? Answers.Read(call.Ask!.Asked, asked.Resumption.Responses) : new Answers.Denied(Drifted));
        switch (outcome)
        {
            case GivenOutcome.Missing(var ask):
                return new CallAnswer.InputRequired(ask.Asked, asked.Resumption.State);
            case GivenOutcome.Given(var value, { Question.IsHeld: false }, var call):
                return await CarryOutAsync(point, proposed, Admitted(proposed, call), default, notices, new CallRetry(value, state.Inner), cancellationToken);
            case GivenOutcome.Given(var value, _, var call):
                return await GoOnAsync(point, proposed, call, new ParkedAnswer(value, null), notices, cancellationToken);
            case GivenOutcome.Refused(var denial, { } call):
                return await GoOnAsync(point, proposed, call, new ParkedAnswer(null, denial), notices, cancellationToken);
            case GivenOutcome.Refused(var denial, null):
                return await RefuseAsync(point, repeated, denial);
            default:
                throw new UnreachableException($"No branch for {outcome.GetType().Name}.");
        }
    }

    /// <summary>A question reached nobody, so nobody will answer it: a backend that waits for it here is let go at once.</summary>
    public void Unasked(CallAnswer.InputRequired question)
    {
        if (seal.Open(question.State) is { } state && _parked.TryGetValue(state.Call, out var parked))
            parked.Stop();
    }

    /// <summary>Gives up what is parked here, so that backends hear it before their channels close.</summary>
    public async Task StopAsync()
    {
        var all = _parked.Values.ToArray();
        foreach (var parked in all)
            parked.Stop();
        await Task.WhenAll(all.Select(parked => parked.Ended));
    }

    private static bool IsOf(RequestState state, ProposedCall repeated) =>
        state.Mission == repeated.Asked.Mission && state.Agent == repeated.Asked.Agent.Id && repeated.Tool is not null
        && state.Tool == repeated.Facts.Id && state.Arguments == repeated.ArgumentsDigest;

    /// <summary>Whether the tool is still the one that the call was permitted for.</summary>
    private static bool IsAsAdmitted(CatalogTool? current, ChainCall call) =>
        current is { Standing: ToolStanding.Approved } && current.Facts.Definition == call.Tool.Definition;

    /// <summary>A call that waits here goes on here; one that only the chain holds can but end.</summary>
    private async Task<CallAnswer> GoOnAsync(
        EnforcementPoint point, ProposedCall proposed, ChainCall call, ParkedAnswer answer, INoticeSink notices, CancellationToken cancellationToken) =>
        _parked.TryGetValue(proposed.Id, out var parked)
            ? await parked.GoOnAsync(answer, notices, cancellationToken)
            : await point.GiveUpAsync(proposed, Admitted(proposed, call), answer.Refusal ?? Settlement.HeldForLost);

    /// <summary>The admission of a call that goes on, as far as carrying it out asks.</summary>
    private static LinkBody.CallAdmitted Admitted(ProposedCall proposed, ChainCall call) =>
        new(call.Id, proposed.Asked.Agent.Id, call.Tool, call.Arguments, proposed.ArgumentsDigest, Digest.Zero, proposed.Trace) { MayAsk = call.MayAsk };

    /// <summary>Records a repetition that belongs to no open question, and says so to the agent.</summary>
    private async Task<CallAnswer> RefuseAsync(EnforcementPoint point, ProposedCall repeated, Denial denial)
    {
        await gates.Of(repeated.Asked.Mission).RecordAsync(
            (state, _) => new LinkBody.CallRefused(
                repeated.Id, repeated.Asked.Agent.Id, repeated.AskedFor, repeated.Tool?.Facts, repeated.RecordedArguments, denial, state.Rules, repeated.Trace),
            CancellationToken.None);
        var denied = point.Denied(denial, repeated);
        return denial.Reason == ReasonCode.RequestStateInvalid ? AsError(denial, repeated) : denied;
    }

    /// <summary>Somebody wrote this state: that is a fault of the request and no answer of a tool.</summary>
    private static CallAnswer.Error AsError(Denial denial, ProposedCall repeated) => new(JsonSerializer.SerializeToElement(new
    {
        code = InvalidParams,
        message = DenialResult.TextOf(denial),
        data = DenialResult.Of(denial, repeated.Asked.Mission).GetProperty("structuredContent"),
    }));
}

using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Decisions;

/// <summary>One chain on its way through a replay: see <see cref="Replay"/>.</summary>
internal sealed class ReplayRun(MissionState state)
{
    // Refused by the proxy before any rule was asked, so no document can change it.
    private static readonly ImmutableHashSet<ReasonCode> BeforeRules =
    [
        ReasonCode.ToolUnknown, ReasonCode.DefinitionDrifted, ReasonCode.ArgumentsInvalid, ReasonCode.StateUnavailable, ReasonCode.StateContended,
        ReasonCode.Overloaded, ReasonCode.DecisionFailed,
    ];

    private readonly ImmutableArray<ReplayedCall>.Builder _calls = ImmutableArray.CreateBuilder<ReplayedCall>();
    private readonly ImmutableArray<string>.Builder _notes = ImmutableArray.CreateBuilder<string>();
    private readonly HashSet<CallId> _admitted = [];

    // Versions of the recorded chain by those of the chain as it is folded now, and the other way round.
    private readonly Dictionary<long, long> _recorded = [];
    private readonly Dictionary<long, long> _folded = [];

    public ReplayedChain Through(ImmutableArray<Link> chain)
    {
        foreach (var link in chain.AsSpan()[1..])
            Take(link);
        return new ReplayedChain(state.Id, _calls.ToImmutable(), _notes.ToImmutable());
    }

    private void Take(Link link)
    {
        switch (link.Body)
        {
            case LinkBody.CallAdmitted { Obligation: { } kept } own:
                Keep(link, own, kept);
                break;
            case LinkBody.CallAdmitted admitted:
                if (Decide(link, admitted.Call, admitted.Agent, admitted.Tool, admitted.Arguments, admitted.Trace, null) is Decision.Permit permit)
                    Admit(link, admitted with { Rules = state.Rules, Approval = permit.Approval });
                break;
            case LinkBody.ApprovalRequested asked:
                var waited = new ApprovalRequest(asked.Binding, asked.Asks, asked.Because, asked.ExpiresAt).ToDenial(link.Mission, link.Version);
                DecideRefused(link, asked.Call, asked.Agent, asked.Tool, asked.Arguments, asked.Trace, waited);
                break;
            case LinkBody.CallRefused { Tool: { } tool, Arguments: { } arguments } refused when !BeforeRules.Contains(refused.Denial.Reason):
                DecideRefused(link, refused.Call, refused.Agent, tool, arguments, refused.Trace, refused.Denial);
                break;
            case LinkBody.CallRefused refused:
                _calls.Add(new ReplayedCall(link.Version, link.Time, refused.Agent, refused.AskedFor, refused.Denial, new Decision.Deny(refused.Denial)) { Said = refused.Denial });
                break;
            case LinkBody.CallSettled settled:
                if (_admitted.Remove(settled.Call))
                    Apply(link, settled);
                break;
            case LinkBody.InputAsked asked:
                TakeInput(link, asked.Call);
                break;
            case LinkBody.InputGiven given:
                TakeInput(link, given.Call);
                break;
            case LinkBody.InputRefused unanswered:
                TakeInput(link, unanswered.Call);
                break;
            case LinkBody.TaskOpened opened:
                TakeTask(link, opened.Call, isOpen: false);
                break;
            case LinkBody.TaskReported reported:
                TakeTask(link, reported.Call, isOpen: true);
                break;
            case LinkBody.ApprovalGranted granted:
                if (Waiting(link, granted.Request) is { Status: ApprovalStatus.Waiting } waiting && !waiting.With(granted.By).GrantedBy.SequenceEqual(waiting.GrantedBy))
                    Apply(link, granted with { Request = waiting.Version });
                else
                    Note(link, $"`{granted.By}` approved link {granted.Request}, which does not ask them now");
                break;
            case LinkBody.ApprovalRefused refused:
                if (Waiting(link, refused.Request) is { Status: not ApprovalStatus.Refused } asking && asking.MayBeAnsweredBy(refused.By))
                    Apply(link, refused with { Request = asking.Version });
                else
                    Note(link, $"`{refused.By}` refused link {refused.Request}, which does not ask them now");
                break;
            case LinkBody.ObligationMissed missed:
                if (Due(link, missed.Obligation) is { } due)
                    Apply(link, missed with { Obligation = due.Id });
                else
                    Note(link, $"the obligation {missed.Obligation} was reported, and is not due now");
                break;
            default:
                Apply(link, link.Body);
                break;
        }
    }

    /// <summary>The proxy's own call, which no rule judged.</summary>
    private void Keep(Link link, LinkBody.CallAdmitted own, ObligationId kept)
    {
        if (Due(link, kept) is { } due && due.Compensation == own.Tool.Id && Digest.Of(due.Arguments) == Digest.Of(own.Arguments))
            Admit(link, own with { Obligation = due.Id });
        else
            Note(link, $"the proxy kept the obligation {kept} itself, which does not ask for that call now");
    }

    /// <summary>A question to the agent during a call, or its answer. Where the call is denied now, nobody would have asked.</summary>
    private void TakeInput(Link link, CallId call)
    {
        if (!_admitted.Contains(call))
            return;
        var isOpen = state.FindPending(call) is { Ask: not null };
        if (state.StatusAt(link.Time) == MissionStatus.Active && isOpen == link.Body is not LinkBody.InputAsked)
            Apply(link, link.Body);
        else
            Note(link, "it belongs to a question that nobody would have asked now");
    }

    /// <summary>A task by which a call was answered later, or what was said of it. Where the call is denied now, there would have been none.</summary>
    private void TakeTask(Link link, CallId call, bool isOpen)
    {
        if (!_admitted.Contains(call))
            return;
        if (state.StatusAt(link.Time) == MissionStatus.Active && state.FindPending(call) is { Ask: null } pending && pending.Task is not null == isOpen)
            Apply(link, link.Body);
        else
            Note(link, "it belongs to a task that nobody would wait for now");
    }

    private OpenObligation? Due(Link link, ObligationId recorded) =>
        _folded.TryGetValue(recorded.Call, out var call) ? state.ObligationsDue(link.Time).FirstOrDefault(due => due.Id == recorded with { Call = call }) : null;

    private OpenApproval? Waiting(Link link, long recorded) =>
        _folded.TryGetValue(recorded, out var request) ? state.ApprovalsAt(link.Time).FirstOrDefault(open => open.Version == request) : null;

    /// <summary>A call that was not forwarded then. Permitted now, it counts, but nothing is known of how it would have ended.</summary>
    private void DecideRefused(Link link, CallId call, AgentId agent, ToolFacts tool, JsonElement arguments, RequestTrace trace, Denial recorded)
    {
        if (Decide(link, call, agent, tool, arguments, trace, recorded) is not Decision.Permit permit)
            return;
        Admit(link, new LinkBody.CallAdmitted(call, agent, tool, arguments, Digest.Of(arguments), state.Rules, trace) { Approval = permit.Approval });
        var version = state.Version;
        Apply(link, new LinkBody.CallSettled(call, CallOutcome.Unknown, null, null, [], "It was not forwarded when the chain was recorded."));
        state.WasNotForwarded(version);
        _admitted.Remove(call);
    }

    private Decision Decide(Link link, CallId call, AgentId agent, ToolFacts tool, JsonElement arguments, RequestTrace trace, Denial? recorded)
    {
        var decision = DecisionPoint.Decide(state, new ToolCall(call, agent, tool, arguments, link.Time));
        var told = decision;
        Denial? said = null;
        if (decision is Decision.Deny deny)
        {
            said = deny.Denial with { Because = Recorded(deny.Denial.Because) };
            told = deny with { Denial = said };
        }
        else if (decision is Decision.Permit { Shadow.IsEmpty: false } permit)
        {
            told = permit with { Shadow = [.. permit.Shadow.Select(denial => denial with { Because = Recorded(denial.Because) })] };
        }
        else if (decision is Decision.Escalate(var request))
        {
            if (request.Parked is { } parked)
                _folded.TryAdd(link.Version, parked);
            else
                Apply(link, new LinkBody.ApprovalRequested(
                    call, agent, tool, arguments, request.Binding, request.Asks, request.Because, request.ExpiresAt, state.Rules, trace));
            var shown = request with { Because = Recorded(request.Because), Parked = request.Parked is { } at ? _recorded[at] : null };
            said = shown.ToDenial(state.Id, shown.Parked ?? link.Version);
            told = new Decision.Escalate(shown);
        }

        _calls.Add(new ReplayedCall(link.Version, link.Time, agent, tool.Id.ToString(), recorded, told) { Said = said });
        return decision;
    }

    private ImmutableArray<long> Recorded(ImmutableArray<long> versions) => [.. versions.Select(version => _recorded.GetValueOrDefault(version, version))];

    private void Admit(Link link, LinkBody.CallAdmitted admitted)
    {
        Apply(link, admitted);
        _admitted.Add(admitted.Call);
    }

    private void Apply(Link link, LinkBody body)
    {
        state.Apply(link with { Version = state.Version + 1, Body = body });
        _recorded[state.Version] = link.Version;
        _folded.TryAdd(link.Version, state.Version);
    }

    private void Note(Link link, string what) => _notes.Add($"Link {link.Version} was passed over: {what}.");
}

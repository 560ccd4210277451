using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Obligations;

namespace Harness.Mcp.Store.Verification;

/// <summary>
/// The order in which facts can have happened, whatever the mission's rules: it begins by being opened, a stopped or expired mission
/// admits nothing, an end is for ever, only an admitted call settles, once, a backend asks one granted question at a time and has one task a call, and an approval is given by whom it was asked of and used
/// once, for the call that was shown. The proxy's own calls follow a call that ended, at most one for each obligation, even in a stopped mission.
/// </summary>
internal sealed class LinkOrder
{
    private enum Phase
    {
        Unopened,
        Active,
        Suspended,
        Ended,
    }

    private readonly HashSet<CallId> _admitted = [];
    private readonly HashSet<CallId> _settled = [];
    private readonly ApprovalBook _approvals = new();

    // Admitted calls by their link, those that ended in anything but an error, and what the proxy did or reported about them.
    private readonly Dictionary<long, CallId> _callsByLink = [];
    private readonly HashSet<CallId> _effective = [];
    private readonly HashSet<ObligationId> _kept = [];
    private readonly HashSet<ObligationId> _missed = [];

    // What the backends of calls may ask, how often they did, and what waits for an answer.
    private readonly Dictionary<CallId, AgentInputs> _mayAsk = [];
    private readonly Dictionary<CallId, int> _rounds = [];
    private readonly Dictionary<CallId, LinkBody.InputAsked> _open = [];

    // Calls that wait for a task, or did.
    private readonly HashSet<CallId> _tasks = [];
    private Phase _phase = Phase.Unopened;
    private DateTimeOffset _last = DateTimeOffset.MinValue;
    private DateTimeOffset _expiresAt;

    /// <exception cref="FormatException">This link cannot follow the ones before; the message says why.</exception>
    public void Take(Link link)
    {
        if (link.Time < _last)
            throw new FormatException("Its time is before that of the link before.");
        if ((_phase == Phase.Unopened) != (link.Body is LinkBody.MissionOpened))
            throw new FormatException(_phase == Phase.Unopened ? "A chain begins with the opening of its mission." : "It opens the mission a second time.");

        switch (link.Body)
        {
            case LinkBody.MissionOpened opened:
                _phase = Phase.Active;
                _expiresAt = opened.ExpiresAt;
                break;
            case LinkBody.MissionSuspended:
                Move(Phase.Suspended, "suspends", Phase.Active);
                break;
            case LinkBody.MissionResumed:
                Move(Phase.Active, "resumes", Phase.Suspended);
                break;
            case LinkBody.MissionCompleted:
                Move(Phase.Ended, "completes", Phase.Active, Phase.Suspended);
                break;
            case LinkBody.MissionRevoked:
                Move(Phase.Ended, "revokes", Phase.Active, Phase.Suspended);
                break;
            case LinkBody.RulesTightened:
                Move(Phase.Active, "adds rules to", Phase.Active);
                break;
            case LinkBody.CallAdmitted admitted:
                Admit(admitted, link);
                break;
            case LinkBody.CallSettled settled:
                Settle(settled);
                break;
            case LinkBody.InputAsked asked:
                Ask(asked, link.Time);
                break;
            case LinkBody.InputGiven given:
                DemandActive("gives input in", link.Time);
                if (link.Time >= Close(given.Call, given.Round).ExpiresAt)
                    throw new FormatException($"It answers question {given.Round} of call {given.Call} after it expired.");
                break;
            case LinkBody.InputRefused unanswered:
                Close(unanswered.Call, unanswered.Round);
                break;
            case LinkBody.TaskOpened opened:
                DemandActive("opens a task in", link.Time);
                if (!_admitted.Contains(opened.Call) || _settled.Contains(opened.Call) || _open.ContainsKey(opened.Call) || !_tasks.Add(opened.Call))
                    throw new FormatException($"It opens a task for call {opened.Call}, which is not pending, waits for an answer or has a task.");
                break;
            case LinkBody.TaskReported reported:
                DemandActive("reports of a task in", link.Time);
                if (!_tasks.Contains(reported.Call) || _settled.Contains(reported.Call))
                    throw new FormatException($"It reports of a task of call {reported.Call}, which waits for none.");
                break;
            case LinkBody.ObligationMissed missed:
                Owe(missed.Obligation);
                if (!_missed.Add(missed.Obligation))
                    throw new FormatException($"It misses the obligation {missed.Obligation} a second time.");
                break;
            case LinkBody.ApprovalRequested or LinkBody.ApprovalGranted or LinkBody.ApprovalRefused:
                DemandActive("is about an approval in", link.Time);
                break;
        }

        if (_approvals.Take(link) is { } impossible)
            throw new FormatException($"It {impossible}.");
        _last = link.Time;
    }

    private void Move(Phase next, string what, params ReadOnlySpan<Phase> from)
    {
        if (!from.Contains(_phase))
            throw new FormatException($"It {what} a mission that is {Name(_phase)}.");
        _phase = next;
    }

    private void Admit(LinkBody.CallAdmitted admitted, Link link)
    {
        if ((admitted.Agent == AgentId.Proxy) != admitted.Obligation.HasValue)
            throw new FormatException("It admits a call of the proxy's own without an obligation, or an obligation without one.");
        if (admitted.Obligation is { } obligation)
            Keep(obligation);
        else
            DemandActive("admits a call to", link.Time);
        if (!_admitted.Add(admitted.Call))
            throw new FormatException($"It admits call {admitted.Call} a second time.");
        _callsByLink.Add(link.Version, admitted.Call);
        if (admitted.MayAsk != AgentInputs.None)
            _mayAsk.Add(admitted.Call, admitted.MayAsk);
    }

    private void Ask(LinkBody.InputAsked asked, DateTimeOffset time)
    {
        DemandActive("asks the agent in", time);
        var granted = _mayAsk.GetValueOrDefault(asked.Call);
        if (_settled.Contains(asked.Call) || asked.Kinds == AgentInputs.None || (asked.Kinds & ~granted) != AgentInputs.None)
            throw new FormatException($"It asks the agent what was not granted to call {asked.Call}, or after it ended.");
        if (_open.ContainsKey(asked.Call) || asked.Round != _rounds.GetValueOrDefault(asked.Call) + 1)
            throw new FormatException($"It asks question {asked.Round} of call {asked.Call} out of turn.");
        _open.Add(asked.Call, asked);
        _rounds[asked.Call] = asked.Round;
    }

    private LinkBody.InputAsked Close(CallId call, int round) => _open.Remove(call, out var asked) && asked.Round == round
        ? asked
        : throw new FormatException($"It answers question {round} of call {call}, which does not wait for that.");

    private void Keep(ObligationId obligation)
    {
        Owe(obligation);
        if (_missed.Contains(obligation))
            throw new FormatException($"It keeps the obligation {obligation}, which was reported as missed.");
        if (!_kept.Add(obligation))
            throw new FormatException($"It keeps the obligation {obligation} a second time.");
    }

    private void Owe(ObligationId obligation)
    {
        if (!_callsByLink.TryGetValue(obligation.Call, out var call) || !_effective.Contains(call))
            throw new FormatException($"It is about the obligation {obligation}, and no such call has ended well.");
    }

    private void DemandActive(string what, DateTimeOffset time)
    {
        if (_phase != Phase.Active)
            throw new FormatException($"It {what} a mission that is {Name(_phase)}.");
        if (time >= _expiresAt)
            throw new FormatException($"It {what} a mission that has expired.");
    }

    private void Settle(LinkBody.CallSettled settled)
    {
        if (!_admitted.Contains(settled.Call))
            throw new FormatException($"It settles call {settled.Call}, which was never admitted.");
        if (!_settled.Add(settled.Call))
            throw new FormatException($"It settles call {settled.Call} a second time.");
        _open.Remove(settled.Call);
        if (settled.Outcome != CallOutcome.Error)
            _effective.Add(settled.Call);
    }

    private static string Name(Phase phase) => phase switch
    {
        Phase.Active => "active",
        Phase.Suspended => "suspended",
        Phase.Ended => "ended",
        _ => "not open",
    };
}

using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Chains;

namespace Harness.Mcp.Store.Verification;

/// <summary>
/// The order in which facts can have happened, whatever the mission's rules: it begins by being opened, a stopped or expired mission
/// admits nothing, an end is for ever, only an admitted call settles, once, and an approval is given by whom it was asked of and used
/// once, for the call that was shown.
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
            case LinkBody.CallAdmitted admitted:
                Admit(admitted.Call, link.Time);
                break;
            case LinkBody.CallSettled settled:
                Settle(settled.Call);
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

    private void Admit(CallId call, DateTimeOffset time)
    {
        DemandActive("admits a call to", time);
        if (!_admitted.Add(call))
            throw new FormatException($"It admits call {call} a second time.");
    }

    private void DemandActive(string what, DateTimeOffset time)
    {
        if (_phase != Phase.Active)
            throw new FormatException($"It {what} a mission that is {Name(_phase)}.");
        if (time >= _expiresAt)
            throw new FormatException($"It {what} a mission that has expired.");
    }

    private void Settle(CallId call)
    {
        if (!_admitted.Contains(call))
            throw new FormatException($"It settles call {call}, which was never admitted.");
        if (!_settled.Add(call))
            throw new FormatException($"It settles call {call} a second time.");
    }

    private static string Name(Phase phase) => phase switch
    {
        Phase.Active => "active",
        Phase.Suspended => "suspended",
        Phase.Ended => "ended",
        _ => "not open",
    };
}

using System.Collections.Frozen;
using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Missions;

/// <summary>How often the agent asked for what it may not have, since a person last let the mission go on.</summary>
internal sealed class Refusals
{
    /// <summary>Who does what nobody commanded, in links.</summary>
    private const string SystemName = "harness";

    /// <summary>
    /// Refusals that say nothing of the agent: the mission or the proxy was in no state to permit, time alone mends them, or the arguments
    /// were malformed, of which nothing can be learnt.
    /// </summary>
    private static readonly FrozenSet<string> Blameless = new[]
    {
        ReasonCode.MissionSuspended, ReasonCode.MissionEnded, ReasonCode.MissionExpired, ReasonCode.AgentNotOfMission,
        ReasonCode.DefinitionDrifted, ReasonCode.ArgumentsInvalid, ReasonCode.RateExceeded, ReasonCode.RuleFailed, ReasonCode.DecisionFailed,
        ReasonCode.StateUnavailable, ReasonCode.StateContended, ReasonCode.Overloaded, ReasonCode.RepeatsUnknown, ReasonCode.Duplicate,
        ReasonCode.AskRefused, ReasonCode.InputInvalid, ReasonCode.InputNotGiven, ReasonCode.RequestStateExpired, ReasonCode.RequestStateUsed, ReasonCode.TaskExpired,
    }.Select(reason => reason.Value).ToFrozenSet(StringComparer.Ordinal);

    private RecentLinks _links = new();

    public long Count { get; private set; }

    private ImmutableArray<long> Latest => _links.ToImmutable();

    /// <summary>For a call that is no read, once there were too many.</summary>
    public Denial Narrowed() => new(
        ReasonCode.MissionNarrowed,
        "Too many calls of this mission were refused, so it may only read from now on; finish with reads and report, or ask the mission's owner to look at it.")
    {
        Because = Latest,
    };

    /// <summary>The link that stops a mission where <paramref name="next"/> (or the last link, where that is null) is one refusal too many; null where it is not.</summary>
    public LinkBody.MissionSuspended? SuspensionAfter(LinkBody? next, DenialLimits limits)
    {
        var refused = next switch
        {
            LinkBody.CallRefused call => call.Denial,
            LinkBody.InputRefused input => input.Denial,
            _ => null,
        };
        var count = Count + (refused is not null && Counts(refused) ? 1 : 0);
        return count >= limits.Stop
            ? new LinkBody.MissionSuspended(SystemName, $"{count} calls were refused. Look at them, then resume or revoke the mission.")
            : null;
    }

    public void Add(Denial denial, long version)
    {
        if (!Counts(denial))
            return;
        Count++;
        _links.Add(version);
    }

    public void Transfer(StateTransfer state)
    {
        var count = Count;
        state.Number(ref count);
        Count = count;
        _links.Transfer(state);
    }

    public void Forgive() => (Count, _links) = (0, new RecentLinks());

    /// <summary>An approval that is awaited or used up is no refusal either.</summary>
    private static bool Counts(Denial denial) =>
        !Blameless.Contains(denial.Reason.Value) && !denial.Reason.Value.StartsWith("approval_", StringComparison.Ordinal);
}

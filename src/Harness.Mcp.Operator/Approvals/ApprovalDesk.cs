using System.Collections.Immutable;
using System.Diagnostics;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Operator.Missions;
using Harness.Mcp.Store;

namespace Harness.Mcp.Operator.Approvals;

/// <summary>
/// Where people see the calls that wait for them, and say yes or no. Each answer is a link on the mission's chain: the agent's next
/// sending of the call meets it, wherever that is decided.
/// </summary>
public sealed class ApprovalDesk(IChainStore store)
{
    /// <summary>The requests of all missions that have neither expired nor been used, in order of mission and asking.</summary>
    public async ValueTask<OpenApprovals> ListAsync(CancellationToken cancellationToken)
    {
        switch (await store.ListAsync(cancellationToken))
        {
            case ListResult.Unavailable unavailable:
                return new OpenApprovals([], [unavailable.Why]);
            case ListResult.Found found:
                var open = ImmutableArray.CreateBuilder<ApprovalReport>();
                var problems = ImmutableArray.CreateBuilder<string>();
                foreach (var head in found.Missions)
                    switch (await MissionFold.ReadAsync(store, head.Mission, null, cancellationToken))
                    {
                        case MissionFold.Found mission:
                            open.AddRange(mission.State.ApprovalsAt(TimeOf(mission)).Select(one => ApprovalReport.Of(mission.State, one)));
                            break;
                        case MissionFold.Unavailable unreadable:
                            problems.Add(unreadable.Why);
                            break;
                    }

                return new OpenApprovals(open.ToImmutable(), problems.ToImmutable());
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>One request, with all that an approver needs to see.</summary>
    public async ValueTask<ApprovalAnswer> ShowAsync(ApprovalId request, CancellationToken cancellationToken)
    {
        switch (await MissionFold.ReadAsync(store, request.Mission, null, cancellationToken))
        {
            case MissionFold.Found mission:
                return mission.State.ApprovalsAt(TimeOf(mission)).FirstOrDefault(one => one.Version == request.Version) is { } open
                    ? new ApprovalAnswer.Found(ApprovalReport.Of(mission.State, open))
                    : new ApprovalAnswer.NotOpen(NotOpen(request));
            case MissionFold.Unavailable unreadable:
                return new ApprovalAnswer.Unavailable(unreadable.Why);
            case MissionFold.Unknown:
                return new ApprovalAnswer.Unavailable($"There is no mission `{request.Mission}`.");
            default:
                throw new UnreachableException();
        }
    }

    /// <summary>Says yes to all that a person may answer of a request.</summary>
    /// <param name="by">A name or role that the request asks; the operator's own sign-in vouches for it.</param>
    public ValueTask<CommandAnswer> GrantAsync(ApprovalId request, string by, string why, CancellationToken cancellationToken) =>
        AnswerAsync(request, by, why, isGrant: true, cancellationToken);

    /// <summary>Says no to a request, or takes back a yes that was not used yet.</summary>
    public ValueTask<CommandAnswer> RefuseAsync(ApprovalId request, string by, string why, CancellationToken cancellationToken) =>
        AnswerAsync(request, by, why, isGrant: false, cancellationToken);

    private ValueTask<CommandAnswer> AnswerAsync(ApprovalId request, string by, string why, bool isGrant, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(why.Length, MissionDesk.WhyLengthMax, nameof(why));
        return MissionCommand.AppendAsync(
            store,
            request.Mission,
            (state, time) =>
            {
                if (state.StatusAt(time) is not MissionStatus.Active)
                    return new CommandLink.NotPossible($"Mission `{request.Mission}` does not go on, so nothing of it can be approved.");
                if (state.ApprovalsAt(time).FirstOrDefault(one => one.Version == request.Version) is not { } open)
                    return new CommandLink.NotPossible(NotOpen(request));
                if (WhyNot(request, open, by, isGrant) is { } refusal)
                    return new CommandLink.NotPossible(refusal);
                LinkBody answer = isGrant ? new LinkBody.ApprovalGranted(request.Version, by, why) : new LinkBody.ApprovalRefused(request.Version, by, why);
                return new CommandLink.Write(answer, MissionStatus.Active);
            },
            cancellationToken);
    }

    private static string? WhyNot(ApprovalId request, OpenApproval open, string by, bool isGrant)
    {
        if (!open.MayBeAnsweredBy(by))
            return $"`{request}` does not ask `{by}`. It asks {Words(open.Asked.Asks.SelectMany(ask => ask.By))}.";
        if (open.Status == ApprovalStatus.Refused)
            return $"`{request}` is refused already, by {open.RefusedBy}.";
        if (!isGrant)
            return null;
        if (open.Status == ApprovalStatus.Granted)
            return $"`{request}` is approved already; the agent has to send the call again.";
        var left = open.Asked.Asks.Where((_, index) => open.GrantedBy[index] is null).ToList();
        return left.Exists(ask => ask.MayBeAnsweredBy(by))
            ? null
            : $"`{by}` has said yes to `{request}` already. It still asks {Words(left.SelectMany(ask => ask.By))}.";
    }

    private static string Words(IEnumerable<string> names) => string.Join(" or ", names.Distinct(StringComparer.Ordinal).Select(name => $"`{name}`"));

    private static string NotOpen(ApprovalId request) =>
        $"There is no open request `{request}`: it has expired, was used, or its mission stopped. `harness approvals list` shows the open ones.";

    private DateTimeOffset TimeOf(MissionFold.Found mission) => store.Now > mission.State.Time ? store.Now : mission.State.Time;
}

/// <summary>What waits for people.</summary>
/// <param name="Problems">Missions that could not be read, each with the reason; they hide no other.</param>
public sealed record OpenApprovals(ImmutableArray<ApprovalReport> Open, ImmutableArray<string> Problems);

/// <summary>What a wish to see a request found.</summary>
public abstract record ApprovalAnswer
{
    private ApprovalAnswer() { }

    public sealed record Found(ApprovalReport Report) : ApprovalAnswer;

    /// <summary>Expired, used, voided, or never there.</summary>
    public sealed record NotOpen(string Why) : ApprovalAnswer;

    public sealed record Unavailable(string Why) : ApprovalAnswer;
}

using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Approvals;

/// <summary>
/// The requests of one mission that still matter, folded from its links. It keeps what has not expired and not been used, at most
/// <see cref="Missions.MissionBounds.ApprovalsOpenMax"/> since no more may be asked, and forgets everything when the mission stops.
/// </summary>
public sealed class ApprovalBook
{
    private readonly SortedDictionary<long, OpenApproval> _open = [];

    /// <summary>What is open at a time, in the order it was asked.</summary>
    public ImmutableArray<OpenApproval> OpenAt(DateTimeOffset time) => [.. _open.Values.Where(open => time < open.Asked.ExpiresAt)];

    public OpenApproval? Find(long request, DateTimeOffset time) =>
        _open.GetValueOrDefault(request) is { } open && time < open.Asked.ExpiresAt ? open : null;

    public OpenApproval? OfCall(Digest binding, DateTimeOffset time) =>
        _open.Values.FirstOrDefault(open => open.Asked.Binding == binding && time < open.Asked.ExpiresAt);

    /// <summary>Takes in the next link of the mission, of any kind.</summary>
    /// <returns>Why it cannot be genuine, as the end of a sentence that begins with the link; then nothing changed. Null where it can.</returns>
    public string? Take(Link link)
    {
        ArgumentNullException.ThrowIfNull(link);
        switch (link.Body)
        {
            case LinkBody.ApprovalRequested asked:
                return Ask(link, asked);
            case LinkBody.ApprovalGranted(var request, var by, _):
                return Grant(link, request, by);
            case LinkBody.ApprovalRefused(var request, var by, _):
                return Refuse(link, request, by);
            case LinkBody.CallAdmitted { Approval: { } request } admitted:
                return Use(link, request, admitted);
            case LinkBody.MissionSuspended or LinkBody.MissionCompleted or LinkBody.MissionRevoked:
                _open.Clear();
                return null;
            default:
                return null;
        }
    }

    internal void Transfer(StateTransfer state) => state.Ordered(
        _open.Values,
        static (state, open) =>
        {
            var version = open?.Version ?? 0;
            var link = state.Name(ref version);
            if (open is null && link is not { Body: LinkBody.ApprovalRequested })
                throw StateTransfer.Malformed($"link {version} asks for no approval");

            var asked = open?.Asked ?? (LinkBody.ApprovalRequested)link!.Body;
            var grantedBy = new string?[asked.Asks.Length];
            for (var place = 0; place < grantedBy.Length; place++)
            {
                grantedBy[place] = open?.GrantedBy[place];
                state.Text(ref grantedBy[place]);
            }

            var refusedBy = open?.RefusedBy;
            state.Text(ref refusedBy);
            return open ?? new OpenApproval(version, link!.Time, asked, [.. grantedBy], refusedBy);
        },
        open => _open.Add(open.Version, open));

    private string? Ask(Link link, LinkBody.ApprovalRequested asked)
    {
        if (asked.Asks.IsDefaultOrEmpty || asked.Asks.Any(ask => ask.By.IsDefaultOrEmpty))
            return "asks nobody for approval";
        if (asked.ExpiresAt <= link.Time)
            return "asks for an approval that expires before it is asked";
        if (asked.Binding != ApprovalBinding.Of(link.Mission, asked))
            return "asks for approval of another call than the one it shows";

        // What is asked anew replaces what was asked of the same call before.
        foreach (var (version, open) in _open.ToList())
            if (open.Asked.Binding == asked.Binding || open.Asked.ExpiresAt <= link.Time)
                _open.Remove(version);
        _open.Add(link.Version, new OpenApproval(link.Version, link.Time, asked, [.. asked.Asks.Select(_ => (string?)null)], null));
        return null;
    }

    private string? Grant(Link link, long request, string by)
    {
        if (Find(request, link.Time) is not { } open)
            return $"approves link {request}, which asks for no approval then";
        if (open.Status != ApprovalStatus.Waiting)
            return $"approves link {request}, which is answered already";
        var next = open.With(by);
        if (next.GrantedBy.SequenceEqual(open.GrantedBy))
            return $"approves link {request} in the name of `{by}`, who has nothing to answer there";
        _open[request] = next;
        return null;
    }

    private string? Refuse(Link link, long request, string by)
    {
        if (Find(request, link.Time) is not { } open)
            return $"refuses link {request}, which asks for no approval then";
        if (open.Status == ApprovalStatus.Refused)
            return $"refuses link {request}, which is refused already";
        if (!open.MayBeAnsweredBy(by))
            return $"refuses link {request} in the name of `{by}`, who is not asked there";
        _open[request] = open with { RefusedBy = by };
        return null;
    }

    private string? Use(Link link, long request, LinkBody.CallAdmitted admitted)
    {
        if (Find(request, link.Time) is not { Status: ApprovalStatus.Granted } open)
            return $"uses the approval of link {request}, which is not there to be used";
        if (open.Asked.Binding != ApprovalBinding.Of(link.Mission, admitted))
            return $"uses the approval of link {request} for another call";
        _open.Remove(request);
        return null;
    }
}

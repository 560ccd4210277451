using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;

namespace Harness.Mcp.Core.Approvals;

/// <summary>A request that has neither expired nor been used up, with the answers so far.</summary>
/// <param name="Version">Version of the link that parked the call: the request's number.</param>
/// <param name="GrantedBy">Who answered each of the request's asks with yes, in their order; null where nobody has yet.</param>
/// <param name="RefusedBy">Who said no; null where nobody has.</param>
public sealed record OpenApproval(
    long Version, DateTimeOffset AskedAt, LinkBody.ApprovalRequested Asked, ImmutableArray<string?> GrantedBy, string? RefusedBy)
{
    public ApprovalStatus Status =>
        RefusedBy is not null ? ApprovalStatus.Refused : GrantedBy.Contains(null) ? ApprovalStatus.Waiting : ApprovalStatus.Granted;

    /// <summary>Whether the request asks all of this: an approval answers the questions that it was asked and no other.</summary>
    public bool Covers(ImmutableArray<ApprovalAsk> asks) => asks.All(ask => Asked.Asks.Contains(ask));

    /// <summary>Whether a person may answer any of it.</summary>
    public bool MayBeAnsweredBy(string approver) => Asked.Asks.Any(ask => ask.MayBeAnsweredBy(approver));

    internal OpenApproval With(string approver) => this with
    {
        GrantedBy = [.. GrantedBy.Select((known, index) => known ?? (Asked.Asks[index].MayBeAnsweredBy(approver) ? approver : null))],
    };
}

/// <summary>How a request stands.</summary>
public enum ApprovalStatus
{
    /// <summary>An ask without an answer is left.</summary>
    Waiting,

    /// <summary>The call may be sent again, once.</summary>
    Granted,

    /// <summary>The call is denied until the request expires.</summary>
    Refused,
}

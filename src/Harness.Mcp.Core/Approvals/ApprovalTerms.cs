using System.Collections.Immutable;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Core.Approvals;

/// <summary>Who may permit a call that a grant or a rule escalates, and for how long the question stands.</summary>
/// <param name="By">Names of approvers; any one of them suffices.</param>
/// <param name="Within">Asking, approving and repeating the call all happen within this time of the asking.</param>
public sealed record ApprovalTerms(ImmutableArray<string> By, TimeSpan Within)
{
    /// <summary>How long a question stands where the document does not say.</summary>
    public static readonly TimeSpan WithinDefault = TimeSpan.FromHours(1);
}

/// <summary>One question of a request: a grant or rule that lets the call through only if one of <paramref name="By"/> says yes.</summary>
/// <param name="Rule">The rule, or the grant as `grants[2]`.</param>
/// <param name="Why">Why it is asked, in the words of the mission's author: what an approver reads. Never an agent's words.</param>
public sealed record ApprovalAsk(RuleId Rule, string Why, ImmutableArray<string> By)
{
    public bool MayBeAnsweredBy(string approver) => By.Contains(approver, StringComparer.Ordinal);

    public bool Equals(ApprovalAsk? other) => other is not null
        && Rule == other.Rule
        && string.Equals(Why, other.Why, StringComparison.Ordinal)
        && By.AsSpan().SequenceEqual(other.By.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Rule, Why, By.Length);
}

/// <summary>
/// A request for approval as people name it, `contain-account-abcdefghij/7`: the mission, and the version of the link that parked the call.
/// </summary>
public readonly record struct ApprovalId(MissionId Mission, long Version)
{
    public override string ToString() => $"{Mission}/{Version}";
}

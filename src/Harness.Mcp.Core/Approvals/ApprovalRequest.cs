using System.Collections.Immutable;
using System.Globalization;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Core.Approvals;

/// <summary>What people are asked about one exact call.</summary>
/// <param name="Binding">See <see cref="ApprovalBinding"/>.</param>
/// <param name="Asks">Every one of them must be answered with yes, by one person or several.</param>
/// <param name="Because">Versions of the earlier links that made the call a question, ascending; at most 8.</param>
/// <param name="ExpiresAt">From here on no answer counts, and a repetition asks anew.</param>
public sealed record ApprovalRequest(
    Digest Binding, ImmutableArray<ApprovalAsk> Asks, ImmutableArray<long> Because, DateTimeOffset ExpiresAt)
{
    /// <summary>Version of the link at which this very call waits already; null where it must be parked first.</summary>
    public long? Parked { get; init; }

    /// <summary>What the agent is told while the call waits.</summary>
    /// <param name="version">Version of the link that parked the call.</param>
    public Denial ToDenial(MissionId mission, long version) => new(
        ReasonCode.ApprovalRequired,
        $"{Asks[0].Why.TrimEnd()} People are asked as `{new ApprovalId(mission, version)}`; do other work, and send the very same call again, "
            + $"unchanged, before {ExpiresAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture)}.")
    {
        Rule = Asks[0].Rule,
        Because = Because,
        Approval = new ApprovalNotice(version, ExpiresAt),
    };
}

/// <summary>Where a call waits for approval, or waited.</summary>
/// <param name="Request">Version of the link that parked the call.</param>
public sealed record ApprovalNotice(long Request, DateTimeOffset ExpiresAt);

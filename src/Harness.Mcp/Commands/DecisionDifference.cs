using Harness.Mcp.Core.Decisions;

namespace Harness.Mcp.Commands;

/// <summary>How two documents differ about a call.</summary>
internal enum DifferenceKind
{
    None,

    /// <summary>Permitted, escalated or denied by one of them alone.</summary>
    Verdict,

    /// <summary>Denied or escalated by both: by another rule, for another reason, or in other words.</summary>
    Reason,

    /// <summary>Permitted by both, and rules in shadow say something else.</summary>
    Shadow,
}

/// <summary>One call under two documents.</summary>
internal sealed record DecisionDifference(string Mission, ReplayedCall Before, ReplayedCall After)
{
    public DifferenceKind Kind { get; } = KindOf(Before, After);

    public string Now => ReplayedCall.VerdictOf(After.Said);

    /// <summary>One line for people.</summary>
    public string Words
    {
        get
        {
            var call = $"{Mission} link {DecisionWords.Number(Before.Version)} {Before.Tool}";
            return Kind switch
            {
                DifferenceKind.Verdict => $"{call}: newly {Past(Now)}{(Earlier == "permit" ? "" : $", {Past(Earlier)} before")}: {DecisionWords.Of(After.Said ?? Before.Said, [])}",
                DifferenceKind.Reason => $"{call}: {Past(Now)} by both, now {Why(After.Said!)}; before {Why(Before.Said!)}",
                _ => $"{call}: {Past(Now)} by both, in shadow now {ShadowOf(After)}; before {ShadowOf(Before)}",
            };
        }
    }

    private string Earlier => ReplayedCall.VerdictOf(Before.Said);

    private static DifferenceKind KindOf(ReplayedCall before, ReplayedCall after)
    {
        if (ReplayedCall.VerdictOf(before.Said) != ReplayedCall.VerdictOf(after.Said))
            return DifferenceKind.Verdict;
        if (before.Said is { } one && after.Said is { } other && !IsSame(one, other))
            return DifferenceKind.Reason;
        return before.Shadow.Length == after.Shadow.Length && before.Shadow.Zip(after.Shadow, IsSame).All(isSame => isSame) ? DifferenceKind.None : DifferenceKind.Shadow;
    }

    /// <summary>What an agent is told, and why; that a document counts on from elsewhere (`Remaining`) is no other reason.</summary>
    private static bool IsSame(Denial one, Denial other) => one.Reason == other.Reason
        && one.Rule == other.Rule
        && string.Equals(one.Argument, other.Argument, StringComparison.Ordinal)
        && string.Equals(one.Say, other.Say, StringComparison.Ordinal)
        && one.Because.AsSpan().SequenceEqual(other.Because.AsSpan());

    private static string Why(Denial denial) => $"{DecisionWords.Why(denial)}: \"{denial.Say}\"";

    private static string ShadowOf(ReplayedCall call) => call.Shadow.IsEmpty ? "nothing" : string.Join("; ", call.Shadow.Select(Why));

    private static string Past(string verdict) => verdict switch { "permit" => "permitted", "deny" => "denied", _ => "escalated" };
}

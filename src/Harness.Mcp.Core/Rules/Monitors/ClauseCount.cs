namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>How many links a clause holds for.</summary>
/// <param name="Possible">Links for which it does not fail: it holds, or cannot be judged.</param>
/// <param name="Certain">Links for which it holds.</param>
internal readonly record struct ClauseCount(long Possible, long Certain)
{
    /// <summary>No answer: the monitor is exhausted, or the time of the call is before one that has been asked about.</summary>
    public static ClauseCount Failed { get; } = new(-1, -1);

    public bool IsFailed => Possible < 0;
}

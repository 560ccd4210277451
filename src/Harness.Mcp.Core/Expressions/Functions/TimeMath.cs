namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>Sums and differences of timestamps (years 1 to 9999) and durations (64 bits of nanoseconds, 292 years).</summary>
internal static class TimeMath
{
    public const long NanosecondsPerSecond = 1_000_000_000;

    private const long SecondsMin = -62_135_596_800;
    private const long SecondsMax = 253_402_300_799;

    public static CelValue Timestamp(long seconds, int nanoseconds) =>
        seconds is >= SecondsMin and <= SecondsMax ? CelValue.OfTimestamp(seconds, nanoseconds) : CelValue.Error("timestamp out of range");

    public static CelValue Duration(Int128 nanoseconds) => nanoseconds >= long.MinValue && nanoseconds <= long.MaxValue
        ? CelValue.OfDuration((long)nanoseconds)
        : CelValue.Error("duration out of range");

    public static CelValue Add(in CelValue timestamp, Int128 nanoseconds)
    {
        var total = Total(timestamp) + nanoseconds;
        var seconds = total / NanosecondsPerSecond;
        var rest = total % NanosecondsPerSecond;
        if (rest < 0)
            (seconds, rest) = (seconds - 1, rest + NanosecondsPerSecond);
        return Timestamp((long)seconds, (int)rest);
    }

    public static CelValue Difference(in CelValue later, in CelValue earlier) => Duration(Total(later) - Total(earlier));

    public static int Compare(in CelValue first, in CelValue second) => Total(first).CompareTo(Total(second));

    private static Int128 Total(in CelValue timestamp) =>
        ((Int128)timestamp.TimestampSeconds * NanosecondsPerSecond) + timestamp.TimestampNanoseconds;
}

using System.Collections.Immutable;
using System.Globalization;
using static Harness.Mcp.Core.Expressions.CelType;
using static Harness.Mcp.Core.Expressions.Functions.Define;

namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>
/// The parts of timestamps, in UTC or in a named time zone or offset, and of durations. Zone names are those of the machine's
/// time zone database, the one thing outside an expression that its value can depend on.
/// </summary>
internal static class Times
{
    public static ImmutableArray<CelFunction> All { get; } = [
        .. Part("getFullYear", moment => moment.Year),
        .. Part("getMonth", moment => moment.Month - 1),
        .. Part("getDayOfYear", moment => moment.DayOfYear - 1),
        .. Part("getDayOfMonth", moment => moment.Day - 1),
        .. Part("getDate", moment => moment.Day),
        .. Part("getDayOfWeek", moment => (int)moment.DayOfWeek),
        .. Part("getHours", moment => moment.Hour),
        .. Part("getMinutes", moment => moment.Minute),
        .. Part("getSeconds", moment => moment.Second),
        .. Part("getMilliseconds", moment => moment.Millisecond),
        Method("getHours", [Duration], Int, arguments => CelValue.Of(arguments[0].DurationNanoseconds / 3_600_000_000_000)),
        Method("getMinutes", [Duration], Int, arguments => CelValue.Of(arguments[0].DurationNanoseconds / 60_000_000_000)),
        Method("getSeconds", [Duration], Int, arguments => CelValue.Of(arguments[0].DurationNanoseconds / 1_000_000_000)),
        Method("getMilliseconds", [Duration], Int, arguments => CelValue.Of(arguments[0].DurationNanoseconds / 1_000_000 % 1_000)),
    ];

    private static CelFunction[] Part(string name, Func<DateTime, int> part) => [
        Method(name, [Timestamp], Int, arguments => CelValue.Of((long)part(Utc(arguments[0])))),
        Method(name, [Timestamp, CelType.String], Int, arguments => In(arguments[0], arguments[1].AsString, part)),
    ];

    private static DateTime Utc(in CelValue timestamp) =>
        DateTime.UnixEpoch.AddSeconds(timestamp.TimestampSeconds).AddTicks(timestamp.TimestampNanoseconds / TimeSpan.NanosecondsPerTick);

    private static CelValue In(in CelValue timestamp, string zone, Func<DateTime, int> part)
    {
        var utc = Utc(timestamp);
        if (OffsetOf(zone, utc) is not { } offset)
            return CelValue.Error($"'{(zone.Length <= 40 ? zone : "…")}' is not a time zone");

        var ticks = utc.Ticks + offset.Ticks;
        return ticks < 0 || ticks > DateTime.MaxValue.Ticks
            ? CelValue.Error("timestamp out of range")
            : CelValue.Of((long)part(new DateTime(ticks, DateTimeKind.Unspecified)));
    }

    private static TimeSpan? OffsetOf(string zone, DateTime utc)
    {
        var isWest = zone.StartsWith('-');
        var digits = isWest || zone.StartsWith('+') ? zone[1..] : zone;
        if (TimeSpan.TryParseExact(digits, @"hh\:mm", CultureInfo.InvariantCulture, out var offset))
            return isWest ? -offset : offset;

        // Only names, so that no text of a call becomes a path.
        var isName = zone.Length is > 0 and <= 64 && zone.All(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '/' or '-' or '+');
        return isName && TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var found) ? found.GetUtcOffset(utc) : null;
    }
}

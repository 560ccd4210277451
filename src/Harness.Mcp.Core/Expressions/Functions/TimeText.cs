using System.Globalization;

namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>Timestamps as RFC 3339 writes them, and durations as `1h30m` or `1.5s`.</summary>
internal static class TimeText
{
    private static readonly (string Unit, long Nanoseconds)[] Units =
        [("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000)];

    public static string Of(in CelValue timestamp)
    {
        var moment = DateTime.UnixEpoch.AddSeconds(timestamp.TimestampSeconds);
        return moment.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture) + Fraction(timestamp.TimestampNanoseconds) + "Z";
    }

    public static string OfDuration(long nanoseconds)
    {
        var sign = nanoseconds < 0 ? "-" : "";
        var magnitude = nanoseconds < 0 ? (ulong)-(Int128)nanoseconds : (ulong)nanoseconds;
        var seconds = magnitude / TimeMath.NanosecondsPerSecond;
        return string.Create(CultureInfo.InvariantCulture, $"{sign}{seconds}{Fraction((int)(magnitude % TimeMath.NanosecondsPerSecond))}s");
    }

    /// <summary>Reads `2026-01-02T03:04:05.678Z`, with up to nine digits of fraction and any offset.</summary>
    public static CelValue ReadTimestamp(string text)
    {
        var rest = text.AsSpan();
        if (!Digits(ref rest, 4, out var year) || !Sign(ref rest, '-') || !Digits(ref rest, 2, out var month) || !Sign(ref rest, '-')
            || !Digits(ref rest, 2, out var day) || !(Sign(ref rest, 'T') || Sign(ref rest, 't')) || !Digits(ref rest, 2, out var hour)
            || !Sign(ref rest, ':') || !Digits(ref rest, 2, out var minute) || !Sign(ref rest, ':') || !Digits(ref rest, 2, out var second)
            || !FractionOf(ref rest, out var nanoseconds) || !Offset(ref rest, out var offset) || rest.Length > 0
            || year == 0 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
        {
            return CelValue.Error("not a timestamp in the years 1 to 9999 such as 2026-01-02T03:04:05Z");
        }

        var moment = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc);
        return TimeMath.Timestamp(((moment.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerSecond) - (offset * 60L), nanoseconds);
    }

    /// <summary>Reads a sum of decimal numbers with units, such as `1h30m`, `-1.5s` or `0`.</summary>
    public static CelValue ReadDuration(string text)
    {
        var rest = text.AsSpan();
        var isNegative = Sign(ref rest, '-');
        if (!isNegative)
            Sign(ref rest, '+');
        if (rest is "0")
            return CelValue.OfDuration(0);

        Int128 total = 0;
        do
        {
            var length = rest.IndexOfAnyExcept("0123456789.");
            if (length <= 0 || !decimal.TryParse(rest[..length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number > long.MaxValue)
                return Unreadable();

            rest = rest[length..];
            var end = rest.IndexOfAny("0123456789.");
            var unit = end < 0 ? rest : rest[..end];
            var size = 0L;
            foreach (var (name, nanoseconds) in Units)
                if (unit.SequenceEqual(name))
                    size = nanoseconds;
            if (size == 0)
                return Unreadable();

            var whole = decimal.Truncate(number);
            total += ((Int128)whole * size) + (Int128)decimal.Truncate((number - whole) * size);
            if (total > (Int128)long.MaxValue + 1)
                return CelValue.Error("duration out of range");
            rest = rest[unit.Length..];
        }
        while (rest.Length > 0);

        return TimeMath.Duration(isNegative ? -total : total);
    }

    private static CelValue Unreadable() => CelValue.Error("not a duration such as 1h30m or 1.5s");

    private static string Fraction(int nanoseconds) =>
        nanoseconds == 0 ? "" : "." + nanoseconds.ToString("D9", CultureInfo.InvariantCulture).TrimEnd('0');

    private static bool Digits(ref ReadOnlySpan<char> rest, int count, out int number)
    {
        number = 0;
        if (rest.Length < count || rest[..count].ContainsAnyExceptInRange('0', '9'))
            return false;

        number = int.Parse(rest[..count], NumberStyles.None, CultureInfo.InvariantCulture);
        rest = rest[count..];
        return true;
    }

    private static bool Sign(ref ReadOnlySpan<char> rest, char sign)
    {
        if (rest.IsEmpty || rest[0] != sign)
            return false;

        rest = rest[1..];
        return true;
    }

    private static bool FractionOf(ref ReadOnlySpan<char> rest, out int nanoseconds)
    {
        nanoseconds = 0;
        if (!Sign(ref rest, '.'))
            return true;

        var length = rest.IndexOfAnyExceptInRange('0', '9');
        if (length is < 1 or > 9)
            return false;

        nanoseconds = int.Parse(rest[..length].ToString().PadRight(9, '0'), NumberStyles.None, CultureInfo.InvariantCulture);
        rest = rest[length..];
        return true;
    }

    private static bool Offset(ref ReadOnlySpan<char> rest, out int minutes)
    {
        minutes = 0;
        if (Sign(ref rest, 'Z') || Sign(ref rest, 'z'))
            return true;

        var isWest = Sign(ref rest, '-');
        if (!isWest && !Sign(ref rest, '+'))
            return false;
        if (!Digits(ref rest, 2, out var hours) || !Sign(ref rest, ':') || !Digits(ref rest, 2, out var rests) || hours > 23 || rests > 59)
            return false;

        minutes = ((hours * 60) + rests) * (isWest ? -1 : 1);
        return true;
    }
}

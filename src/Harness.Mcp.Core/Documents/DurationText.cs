using System.Globalization;
using System.Text;

namespace Harness.Mcp.Core.Documents;

/// <summary>
/// Spans of time as documents write them: whole numbers with units from the largest to the smallest, each unit once: `7d`, `2h`,
/// `1h30m`, `45s`, `250ms`.
/// </summary>
public static class DurationText
{
    public const string Form = "a duration like `45s`, `10m`, `1h30m` or `7d`";

    private static readonly (string Unit, long Milliseconds)[] Units =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    /// <summary>Reads a duration. Returns null where <paramref name="text"/> is none, or longer than 3650 days.</summary>
    public static TimeSpan? Parse(string text)
    {
        long total = 0;
        var position = 0;
        var unitsLeft = 0;
        while (position < text.Length)
        {
            var digits = position;
            while (position < text.Length && char.IsAsciiDigit(text[position]))
                position++;
            var letters = position;
            while (position < text.Length && char.IsAsciiLetterLower(text[position]))
                position++;

            var unit = Array.FindIndex(Units, unitsLeft, known => text.AsSpan(letters, position - letters).SequenceEqual(known.Unit));
            if (unit < 0
                || letters - digits is 0 or > 9
                || !long.TryParse(text.AsSpan(digits, letters - digits), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
                return null;

            total += count * Units[unit].Milliseconds;
            unitsLeft = unit + 1;
        }

        return text.Length == 0 || total > 3_650 * Units[0].Milliseconds ? null : TimeSpan.FromMilliseconds(total);
    }

    /// <summary>The shortest spelling that <see cref="Parse"/> reads back; parts of a millisecond are dropped.</summary>
    public static string Write(TimeSpan duration)
    {
        var rest = (long)duration.TotalMilliseconds;
        if (rest <= 0)
            return "0s";

        var text = new StringBuilder();
        foreach (var (unit, milliseconds) in Units)
        {
            if (rest < milliseconds)
                continue;
            text.Append(CultureInfo.InvariantCulture, $"{rest / milliseconds}{unit}");
            rest %= milliseconds;
        }

        return text.ToString();
    }
}

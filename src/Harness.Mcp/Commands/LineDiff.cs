namespace Harness.Mcp.Commands;

/// <summary>What changed between two texts, line by line: `-` for a line that is gone, `+` for a new one, two spaces for one that stays.</summary>
internal static class LineDiff
{
    /// <summary>Texts beyond this are shown whole, the old one and then the new one: comparing costs the product of both lengths.</summary>
    private const int LinesMax = 2000;

    public static IEnumerable<string> Of(string[] before, string[] after)
    {
        if (before.Length > LinesMax || after.Length > LinesMax)
            return before.Select(line => $"- {line}").Concat(after.Select(line => $"+ {line}"));

        var common = LongestCommon(before, after);
        var lines = new List<string>();
        var (left, right) = (0, 0);
        while (left < before.Length || right < after.Length)
        {
            if (left < before.Length && right < after.Length && string.Equals(before[left], after[right], StringComparison.Ordinal))
            {
                lines.Add($"  {after[right]}");
                left++;
                right++;
            }
            else if (right == after.Length || (left < before.Length && common[left + 1, right] >= common[left, right + 1]))
                lines.Add($"- {before[left++]}");
            else
                lines.Add($"+ {after[right++]}");
        }

        return lines;
    }

    /// <summary>At [i, j]: how many lines the rests from i and from j have in common, in order.</summary>
    private static int[,] LongestCommon(string[] before, string[] after)
    {
        var common = new int[before.Length + 1, after.Length + 1];
        for (var left = before.Length - 1; left >= 0; left--)
            for (var right = after.Length - 1; right >= 0; right--)
                common[left, right] = string.Equals(before[left], after[right], StringComparison.Ordinal)
                    ? common[left + 1, right + 1] + 1
                    : Math.Max(common[left + 1, right], common[left, right + 1]);
        return common;
    }
}

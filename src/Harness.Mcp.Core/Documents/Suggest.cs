namespace Harness.Mcp.Core.Documents;

/// <summary>Guesses which known name the author of a document meant, for the remedy of a problem.</summary>
public static class Suggest
{
    private const int LengthMax = 64;
    private const int ListedMax = 16;

    /// <summary>
    /// A sentence for <see cref="Problem.Remedy"/>: "Did you mean `x`?"; without a near name, the known ones where they are few;
    /// null where there is nothing useful to say.
    /// </summary>
    public static string? Remedy(string name, IEnumerable<string> known)
    {
        var names = known.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        if (Closest(name, names) is { } closest)
            return $"Did you mean `{closest}`?";

        return names.Count is 0 or > ListedMax ? null : $"Known: {string.Join(", ", names.Select(one => $"`{one}`"))}.";
    }

    /// <summary>
    /// The known name that is fewest edits away, where that is few enough to be a slip of the pen (a third of the name, at
    /// least one); the first in ordinal order of several. Case and the choice of `-`, `_` or nothing count as no edit.
    /// </summary>
    public static string? Closest(string name, IEnumerable<string> known)
    {
        if (name.Length is 0 or > LengthMax)
            return null;

        var folded = Fold(name);
        var editsMax = Math.Max(1, folded.Length / 3);
        string? closest = null;
        var fewest = int.MaxValue;
        foreach (var candidate in known.Where(one => one.Length <= LengthMax).Order(StringComparer.Ordinal))
        {
            var edits = Edits(folded, Fold(candidate));
            if (edits > editsMax || edits >= fewest)
                continue;
            closest = candidate;
            fewest = edits;
        }

        return closest;
    }

    private static string Fold(string name) =>
        name.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();

    // Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    private static int Edits(string from, string to)
    {
        var beforeLast = new int[to.Length + 1];
        var last = Enumerable.Range(0, to.Length + 1).ToArray();
        var row = new int[to.Length + 1];
        for (var i = 1; i <= from.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replace = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                row[j] = Math.Min(replace, Math.Min(last[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    row[j] = Math.Min(row[j], beforeLast[j - 2] + 1);
            }

            (beforeLast, last, row) = (last, row, beforeLast);
        }

        return last[to.Length];
    }
}

using System.Text.RegularExpressions;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Documents;

/// <summary>Holds `tests/COVERAGE.md` to what there is: rows, test classes, and keys that the script prints.</summary>
public sealed partial class CoverageTests
{
    private static readonly string[] RowsWanted =
    [
        .. Rows('a', 1, 12), .. Rows('a', 16, 18), .. Rows('a', 22, 24), .. Rows('a', 26, 29), .. Rows('a', 32, 36), "a43", .. Rows('b', 1, 19), "b25",
    ];

    private static readonly string[][] Table =
    [
        .. File.ReadLines(RepositoryFolder.Of("tests", "COVERAGE.md"))
            .Where(line => RowStart().IsMatch(line))
            .Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim()).ToArray()),
    ];

    private static readonly Dictionary<string, string> Sources = Directory
        .EnumerateFiles(RepositoryFolder.Of("tests"), "*.cs", SearchOption.AllDirectories)
        .GroupBy(file => Path.GetFileNameWithoutExtension(file), StringComparer.Ordinal)
        .ToDictionary(files => files.Key, files => string.Join('\n', files.Select(File.ReadAllText)), StringComparer.Ordinal);

    [Fact]
    public void EveryRow_IsThereOnce_WithTests()
    {
        Assert.Equal(RowsWanted, Table.Select(row => row[0]));
        Assert.All(Table, row => Assert.True(row.Length == 5 && Names(row[2]).Any() && row[3].Length > 0, $"Row {row[0]} lacks tests or a figure."));
    }

    [Fact]
    public void EveryTestClass_Exists_AndHasTests()
    {
        foreach (var name in Table.SelectMany(row => Names(row[2])))
        {
            Assert.True(Sources.TryGetValue(name, out var source), $"There is no class `{name}`.");
            Assert.Matches($@"class {name}\b", source);
            Assert.Matches(@"\[(Fact|Theory)\b", source);
        }
    }

    [Fact]
    public void EveryKey_IsPrinted_ByAClassThatTheScriptRuns()
    {
        var script = File.ReadAllText(RepositoryFolder.Of("tests", "faults.sh"));
        var run = Sources.Where(source => Regex.IsMatch(script, $@"\b{source.Key}\b", RegexOptions.None, TimeSpan.FromSeconds(5))).Select(source => source.Value).ToArray();
        foreach (var key in Table.SelectMany(row => Keys(row[4])))
        {
            // A part of a key may be what a theory fills in.
            Assert.Contains(run, source => Reported().Matches(source).Any(call => Regex.IsMatch(key, "^" + Hole().Replace(Regex.Escape(call.Groups["key"].Value), ".+") + "$", RegexOptions.None, TimeSpan.FromSeconds(5))));
        }
    }

    private static IEnumerable<string> Rows(char part, int from, int to) => Enumerable.Range(from, to - from + 1).Select(number => $"{part}{number}");

    private static IEnumerable<string> Names(string cell) => Quoted().Matches(cell).Select(match => match.Groups["word"].Value);

    private static IEnumerable<string> Keys(string cell) => Names(cell).Where(word => word.Contains('_', StringComparison.Ordinal));

    [GeneratedRegex(@"^\| [ab]\d+ \|", RegexOptions.ExplicitCapture, 5_000)]
    private static partial Regex RowStart();

    [GeneratedRegex("`(?<word>[A-Za-z0-9_]+)`", RegexOptions.ExplicitCapture, 5_000)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"FaultRun\.Report\(\$?""(?<key>[^""]+)""", RegexOptions.ExplicitCapture, 5_000)]
    private static partial Regex Reported();

    [GeneratedRegex(@"\\{[^}]*}", RegexOptions.ExplicitCapture, 5_000)]
    private static partial Regex Hole();
}

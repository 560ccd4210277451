using System.Globalization;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.Core.Tests.Standards;

/// <summary>
/// How many cases of a public suite pass, told wherever the tests run: on the console, in the test's output, and in `artifacts/standards/KEY.txt`,
/// from which `tests/standards.sh` prints it.
/// </summary>
internal sealed class StandardsReport(string key)
{
    private readonly List<string> _lines = [];

    /// <summary>`key: passed/all`, and then each case that does not pass, with its reason.</summary>
    /// <param name="reasons">By the case's name; a case without one is a case that nobody has looked at.</param>
    public StandardsReport Count(int passed, int all, IEnumerable<string> failed, IReadOnlyDictionary<string, string> reasons)
    {
        _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{key}: {passed}/{all}"));
        _lines.AddRange(failed.Order(StringComparer.Ordinal).Select(name => $"{key}_exception: {name} — {reasons.GetValueOrDefault(name, "no reason is known")}"));
        return this;
    }

    /// <summary>What of the suite is not counted.</summary>
    public StandardsReport LeftOut(int cases, string why)
    {
        _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{key}_left_out: {cases} — {why}"));
        return this;
    }

    public void Write()
    {
        foreach (var line in _lines)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(line);
            Console.WriteLine(line);
        }

        var folder = Directory.CreateDirectory(RepositoryFolder.Of("artifacts", "standards"));
        File.WriteAllLines(Path.Combine(folder.FullName, key + ".txt"), _lines);
    }

    /// <summary>Reads a list of exceptions: a line each, `name — why`.</summary>
    public static IReadOnlyDictionary<string, string> Reasons(string file) =>
        File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "data", file))
            .Where(line => line.Length > 0 && !line.StartsWith('#'))
            .Select(line => line.Split(" — ", 2))
            .ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
}

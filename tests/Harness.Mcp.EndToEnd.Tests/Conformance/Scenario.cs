using System.Collections.Immutable;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.EndToEnd.Tests.Conformance;

/// <summary>One scenario of the suite, as the committed list of its revision has it.</summary>
/// <param name="IsScored">Whether it counts for conformance to the revision; the others run for information.</param>
/// <param name="IsRequired">Whether it must pass through the proxy now; the others wait for later work.</param>
internal sealed record Scenario(string Name, bool IsScored, bool IsRequired)
{
    /// <summary>The committed list of a revision: `name scored|unscored now|later: why` a line, `#` for comments.</summary>
    public static ImmutableArray<Scenario> All(string revision) =>
    [
        .. File.ReadLines(RepositoryFolder.Of("tests", "Harness.Mcp.EndToEnd.Tests", "Conformance", revision + ".txt"))
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Select(columns => new Scenario(columns[0], columns[1] == "scored", columns[2] == "now")),
    ];
}

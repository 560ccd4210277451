using System.Collections.Immutable;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.EndToEnd.Tests.Conformance;

/// <summary>One scenario of the suite, as the committed list of its revision has it.</summary>
/// <param name="IsScored">Whether it counts for conformance to the revision; the others run for information.</param>
/// <param name="When">`now` where it must pass through the proxy, with what that needs after a colon; `later` for what waits for other work.</param>
internal sealed record Scenario(string Name, bool IsScored, string When)
{
    private const string OnOwnEra = "now: on a backend of the same era";

    /// <summary>Whether it is about the extension `io.modelcontextprotocol/tasks`, which belongs to 2026-07-28 alone.</summary>
    public bool IsOfTasks => Name.StartsWith("tasks-", StringComparison.Ordinal);

    /// <summary>Whether it must pass now. What a scenario demands of a fixture of 2026-07-28, one of the other era may not be able to say.</summary>
    public bool IsRequired(bool isOfOneEra) => When == "now" || (When == OnOwnEra && isOfOneEra);

    /// <summary>The committed list of a revision: `name scored|unscored now|later: why` a line, `#` for comments.</summary>
    public static ImmutableArray<Scenario> All(string revision) =>
    [
        .. File.ReadLines(RepositoryFolder.Of("tests", "Harness.Mcp.EndToEnd.Tests", "Conformance", revision + ".txt"))
            .Where(line => !line.StartsWith('#'))
            .Select(line => line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Select(columns => new Scenario(columns[0], columns[1] == "scored", columns[2])),
    ];
}

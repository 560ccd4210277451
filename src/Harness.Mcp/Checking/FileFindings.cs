using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions.Checking;

namespace Harness.Mcp.Checking;

/// <summary>All that a check found, in the order of files and places, each file named as seen from the current folder where it lies below.</summary>
internal sealed record FileFindings(ImmutableArray<Finding> All, int Files)
{
    public static FileFindings Of(IEnumerable<Finding> findings, int files) => new(
        [
            .. findings
                .Select(finding => finding with { Position = Shown(finding.Position), Related = [.. finding.Related.Select(Shown)] })
                .DistinctBy(finding => (finding.Position, finding.Message)) // A file may be read twice: by who connects, and by who judges.
                .OrderBy(finding => finding.Position.File, StringComparer.Ordinal)
                .ThenBy(finding => finding.Position.Line)
                .ThenBy(finding => finding.Position.Column)
                .ThenByDescending(finding => finding.Severity),
        ],
        files);

    public int Count(Severity severity) => All.Count(finding => finding.Severity == severity);

    public static Finding Of(Problem problem) => new(CheckKind.Document, Severity.Error, problem.Position, problem.Message, problem.Remedy);

    /// <summary>A place as seen from the current folder, where its file lies below; else by the whole path.</summary>
    public static SourcePosition Shown(SourcePosition at)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, at.File);
        return at with { File = (relative.StartsWith("..", StringComparison.Ordinal) ? at.File : relative).Replace('\\', '/') };
    }
}

using Harness.Mcp.Core.Missions.Checking;

namespace Harness.Mcp.Checking;

/// <summary>Findings for people, in the form `file:line:column: severity: message` that editors and terminals make into links.</summary>
internal static class FindingsText
{
    public static void Write(FileFindings findings, Terminal terminal)
    {
        foreach (var finding in findings.All)
        {
            terminal.Line($"{finding.Position}: {Word(finding.Severity)}: {finding.Message} [{finding.Kind.Id}]");
            if (finding.Remedy is { } remedy)
                terminal.Line($"  {remedy}");
        }

        terminal.Line($"{Counted(findings.Files, "file")}: {Counted(findings.Count(Severity.Error), "error")}, {Counted(findings.Count(Severity.Warning), "warning")}, {Counted(findings.Count(Severity.Note), "note")}.");
    }

    public static string Word(Severity severity) => severity switch
    {
        Severity.Error => "error",
        Severity.Warning => "warning",
        _ => "note",
    };

    private static string Counted(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}

using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions.Checking;
using Harness.Mcp.Servers;

namespace Harness.Mcp.Doctor;

/// <summary>One thing that was looked at, and how it is.</summary>
/// <param name="Check">What was looked at, one word; programs filter by it, so it is a promise.</param>
/// <param name="Remedy">What to do, as a sentence; null where nothing is to be done.</param>
/// <param name="Place">The file, and the place in it, that it is about; null for none.</param>
internal sealed record Diagnosis(string Check, NoteLevel Level, string Message, string? Remedy, SourcePosition? Place);

/// <summary>Gathers what one check finds.</summary>
internal sealed class Findings(string check, List<Diagnosis> all)
{
    private readonly int _before = all.Count;

    /// <summary>Whether the check has found anything that is not as it should be.</summary>
    public bool HasAny => all.Skip(_before).Any(one => one.Level != NoteLevel.Ok);

    public void Ok(string message, string? file = null) => all.Add(new Diagnosis(check, NoteLevel.Ok, message, null, PlaceOf(file)));

    public void Warn(string message, string? remedy, SourcePosition? place = null) => all.Add(new Diagnosis(check, NoteLevel.Warning, message, remedy, place));

    public void Fail(string message, string? remedy, SourcePosition? place = null) => all.Add(new Diagnosis(check, NoteLevel.Error, message, remedy, place));

    /// <summary>For words that say in their first sentence what is wrong, and after it what to do.</summary>
    public void FailInSentences(string text, string otherwise, SourcePosition? place)
    {
        var end = text.IndexOf(". ", StringComparison.Ordinal);
        Fail(end < 0 ? text : text[..(end + 1)], end < 0 ? otherwise : text[(end + 2)..], place);
    }

    public void Fail(IEnumerable<Problem> problems)
    {
        foreach (var problem in problems)
            Fail(problem.Message, problem.Remedy, problem.Position);
    }

    /// <summary>What a check of missions and rules found; its notes are for `harness mission check` alone.</summary>
    public void Take(Finding finding)
    {
        var remedy = finding.Remedy ?? (finding.Kind == CheckKind.UnknownTool ? "Correct the name, or describe the backend: `harness servers add`." : null);
        if (finding.Severity == Severity.Error)
            Fail(finding.Message, remedy, finding.Position);
        else if (finding.Severity == Severity.Warning)
            Warn(finding.Message, remedy, finding.Position);
    }

    public static SourcePosition? PlaceOf(string? file) => file is null ? null : new SourcePosition(file, 0, 0);
}

using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Decisions;

namespace Harness.Mcp.Commands;

/// <summary>Recorded chains as two documents decide them: where they differ in verdicts, in reasons, in what rules in shadow say, and in notes.</summary>
internal sealed class DecisionComparison
{
    private readonly int _chains;
    private readonly int _calls;
    private readonly ImmutableArray<DecisionDifference> _differences;
    private readonly ImmutableArray<(string Mission, bool IsAfter, string Text)> _notes;

    /// <param name="chains">Each chain as decided by the one and by the other document.</param>
    public DecisionComparison(IReadOnlyList<ImmutableArray<ReplayedChain>> chains)
    {
        (_chains, _calls) = (chains.Count, chains.Sum(pair => pair[0].Calls.Length));

        // What decides differently comes first, in the order of the chains.
        _differences =
        [
            .. chains.SelectMany(pair => pair[0].Calls.Zip(pair[1].Calls, (before, after) => new DecisionDifference(pair[0].Mission.Value, before, after)))
                .Where(one => one.Kind != DifferenceKind.None)
                .OrderBy(one => one.Kind),
        ];
        _notes =
        [
            .. chains.SelectMany(pair => pair[0].Notes.Except(pair[1].Notes, StringComparer.Ordinal).Select(note => (pair[0].Mission.Value, false, note))
                .Concat(pair[1].Notes.Except(pair[0].Notes, StringComparer.Ordinal).Select(note => (pair[0].Mission.Value, true, note)))),
        ];
    }

    /// <param name="isStrict">Whether more than verdicts must be alike.</param>
    /// <returns>The exit code: whether both decide every call alike.</returns>
    public int Report(Terminal terminal, OutputFormat format, bool isStrict)
    {
        if (format == OutputFormat.Json)
            terminal.Json(Write);
        else
            Print(terminal);
        var isAlike = Count(DifferenceKind.Verdict) == 0 && (!isStrict || (_differences.IsEmpty && _notes.IsEmpty));
        return isAlike ? ExitCodes.Done : ExitCodes.Refused;
    }

    private void Print(Terminal terminal)
    {
        foreach (var one in _differences)
            terminal.Line(one.Words);
        foreach (var (mission, isAfter, note) in _notes)
            terminal.Line($"{mission}: only {(isAfter ? "now" : "before")}: {note}");
        terminal.Line(
            $"{DecisionWords.Number(_chains)} chains, {DecisionWords.Number(_calls)} calls: {DecisionWords.Number(Count("deny"))} newly denied, {DecisionWords.Number(Count("permit"))} newly permitted{DecisionWords.Escalated(Count("escalate"), "newly escalated")}; "
            + $"{Counted(Count(DifferenceKind.Reason), "other reason")}, {Counted(Count(DifferenceKind.Shadow), "other verdict")} in shadow, {Counted(_notes.Length, "other note")}.");
    }

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("chains", _chains);
        writer.WriteNumber("calls", _calls);
        writer.WriteNumber("newlyDenied", Count("deny"));
        writer.WriteNumber("newlyPermitted", Count("permit"));
        writer.WriteNumber("newlyEscalated", Count("escalate"));
        writer.WriteNumber("otherReasons", Count(DifferenceKind.Reason));
        writer.WriteNumber("otherShadow", Count(DifferenceKind.Shadow));
        writer.WriteNumber("otherNotes", _notes.Length);
        writer.WriteStartArray("differences");
        foreach (var one in _differences)
        {
            writer.WriteStartObject();
            writer.WriteString("kind", one.Kind.ToString().ToLowerInvariant());
            writer.WriteString("mission", one.Mission);
            DecisionWords.WriteCall(one.Before, writer);
            DecisionWords.WriteVerdict("a", one.Before.Said, one.Before.Shadow, writer);
            DecisionWords.WriteVerdict("b", one.After.Said, one.After.Shadow, writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("notes");
        foreach (var (mission, isAfter, note) in _notes)
        {
            writer.WriteStartObject();
            writer.WriteString("mission", mission);
            writer.WriteString("only", isAfter ? "b" : "a");
            writer.WriteString("note", note);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private int Count(DifferenceKind kind) => _differences.Count(one => one.Kind == kind);

    private int Count(string verdict) => _differences.Count(one => one.Kind == DifferenceKind.Verdict && one.Now == verdict);

    private static string Counted(int count, string noun) => $"{DecisionWords.Number(count)} {noun}{(count == 1 ? "" : "s")}";
}

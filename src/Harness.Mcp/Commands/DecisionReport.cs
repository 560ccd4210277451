using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Decisions;

namespace Harness.Mcp.Commands;

/// <summary>Prints replays.</summary>
internal static class DecisionReport
{
    /// <returns>The exit code: whether every call is decided as it was recorded.</returns>
    public static int Show(ImmutableArray<ReplayedChain> chains, Terminal terminal, OutputFormat format)
    {
        var different = chains.Sum(chain => chain.Calls.Count(call => call.IsDifferent));
        if (format == OutputFormat.Json)
            terminal.Json(writer => Write(chains, different, writer));
        else
            foreach (var chain in chains)
                Print(chain, terminal);
        return different == 0 ? ExitCodes.Done : ExitCodes.Refused;
    }

    /// <param name="chains">Each chain as decided by the one and by the other document.</param>
    /// <returns>The exit code: whether both decide every call alike.</returns>
    public static int Compare(List<ImmutableArray<ReplayedChain>> chains, Terminal terminal, OutputFormat format)
    {
        Difference[] differences = [.. chains.SelectMany(pair => pair[0].Calls.Zip(pair[1].Calls, (before, after) => new Difference(pair[0].Mission.Value, before, after)).Where(one => one.IsOne))];
        var calls = chains.Sum(pair => pair[0].Calls.Length);
        if (format == OutputFormat.Json)
            terminal.Json(writer => Write(differences, chains.Count, calls, writer));
        else
            Print(differences, chains.Count, calls, terminal);
        return differences.Length == 0 ? ExitCodes.Done : ExitCodes.Refused;
    }

    private static void Print(ReplayedChain chain, Terminal terminal)
    {
        foreach (var call in chain.Calls)
        {
            var then = call.IsDifferent ? $" (recorded: {Words(call.Recorded)})" : "";
            terminal.Line($"{chain.Mission} link {Number(call.Version)} {call.Tool}: {Words(call.Said)}{then}");
        }

        foreach (var note in chain.Notes)
            terminal.Line($"{chain.Mission}: {note}");
        terminal.Line($"{chain.Mission}: {Number(chain.Calls.Length)} calls, {Number(chain.Calls.Count(call => call.Now is Decision.Deny))} denied{Escalated(chain.Calls.Count(call => call.Now is Decision.Escalate), "escalated")}, {Number(chain.Calls.Count(call => call.IsDifferent))} decided otherwise than recorded.");
    }

    private static void Print(Difference[] differences, int chains, int calls, Terminal terminal)
    {
        foreach (var one in differences)
            terminal.Line($"{one.Mission} link {Number(one.Before.Version)} {one.Before.Tool}: {one.Word}: {Words(one.After.Said ?? one.Before.Said)}");
        terminal.Line($"{Number(chains)} chains, {Number(calls)} calls: {Number(Count(differences, "deny"))} newly denied, {Number(Count(differences, "permit"))} newly permitted{Escalated(Count(differences, "escalate"), "newly escalated")}.");
    }

    private static void Write(ImmutableArray<ReplayedChain> chains, int different, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("different", different);
        writer.WriteStartArray("chains");
        foreach (var chain in chains)
        {
            writer.WriteStartObject();
            writer.WriteString("mission", chain.Mission.Value);
            writer.WriteStartArray("calls");
            foreach (var call in chain.Calls)
            {
                writer.WriteStartObject();
                WriteCall(call, writer);
                WriteVerdict("now", call.Said, writer);
                WriteVerdict("recorded", call.Recorded, writer);
                writer.WriteBoolean("different", call.IsDifferent);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("notes");
            foreach (var note in chain.Notes)
                writer.WriteStringValue(note);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void Write(Difference[] differences, int chains, int calls, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("chains", chains);
        writer.WriteNumber("calls", calls);
        writer.WriteNumber("newlyDenied", Count(differences, "deny"));
        writer.WriteNumber("newlyPermitted", Count(differences, "permit"));
        writer.WriteNumber("newlyEscalated", Count(differences, "escalate"));
        writer.WriteStartArray("differences");
        foreach (var one in differences)
        {
            writer.WriteStartObject();
            writer.WriteString("mission", one.Mission);
            WriteCall(one.Before, writer);
            WriteVerdict("a", one.Before.Said, writer);
            WriteVerdict("b", one.After.Said, writer);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteCall(ReplayedCall call, Utf8JsonWriter writer)
    {
        writer.WriteNumber("link", call.Version);
        writer.WriteString("time", call.Time);
        writer.WriteString("agent", call.Agent.Value);
        writer.WriteString("tool", call.Tool);
    }

    private static void WriteVerdict(string key, Denial? denial, Utf8JsonWriter writer)
    {
        writer.WriteStartObject(key);
        writer.WriteString("verdict", ReplayedCall.VerdictOf(denial));
        if (denial is not null)
        {
            writer.WriteString("reason", denial.Reason.Value);
            if (denial.Rule is { } rule)
                writer.WriteString("rule", rule.Value);
            if (denial.Argument is { } argument)
                writer.WriteString("argument", argument);
            writer.WriteStartArray("because");
            foreach (var link in denial.Because)
                writer.WriteNumberValue(link);
            writer.WriteEndArray();
            writer.WriteString("say", denial.Say);
        }

        writer.WriteEndObject();
    }

    private static string Words(Denial? denial)
    {
        if (denial is null)
            return "permit";
        var rule = denial.Rule is { } id ? $" by {id}" : "";
        var because = denial.Because.IsEmpty ? "" : $", because of link{(denial.Because.Length == 1 ? "" : "s")} {string.Join(", ", denial.Because)}";
        return $"{ReplayedCall.VerdictOf(denial)}, {denial.Reason}{rule}{because}: \"{denial.Say}\"";
    }

    private static int Count(Difference[] differences, string verdict) => differences.Count(one => one.Now == verdict);

    private static string Escalated(int count, string word) => count == 0 ? "" : $", {Number(count)} {word}";

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>One call under two documents.</summary>
    private sealed record Difference(string Mission, ReplayedCall Before, ReplayedCall After)
    {
        public bool IsOne => Now != Earlier;

        public string Now => ReplayedCall.VerdictOf(After.Said);

        public string Word => Earlier == "permit" ? $"newly {Past(Now)}" : $"newly {Past(Now)}, {Past(Earlier)} before";

        private string Earlier => ReplayedCall.VerdictOf(Before.Said);

        private static string Past(string verdict) => verdict switch { "permit" => "permitted", "deny" => "denied", _ => "escalated" };
    }
}

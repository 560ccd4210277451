using System.Collections.Immutable;
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

    private static void Print(ReplayedChain chain, Terminal terminal)
    {
        foreach (var call in chain.Calls)
        {
            var then = call.IsDifferent ? $" (recorded: {DecisionWords.Of(call.Recorded, [])})" : "";
            terminal.Line($"{chain.Mission} link {DecisionWords.Number(call.Version)} {call.Tool}: {DecisionWords.Of(call.Said, call.Shadow)}{then}");
        }

        foreach (var note in chain.Notes)
            terminal.Line($"{chain.Mission}: {note}");
        terminal.Line($"{chain.Mission}: {DecisionWords.Number(chain.Calls.Length)} calls, {DecisionWords.Number(chain.Calls.Count(call => call.Now is Decision.Deny))} denied{DecisionWords.Escalated(chain.Calls.Count(call => call.Now is Decision.Escalate), "escalated")}, {DecisionWords.Number(chain.Calls.Count(call => call.IsDifferent))} decided otherwise than recorded.");
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
                DecisionWords.WriteCall(call, writer);
                DecisionWords.WriteVerdict("now", call.Said, call.Shadow, writer);
                DecisionWords.WriteVerdict("recorded", call.Recorded, [], writer);
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
}

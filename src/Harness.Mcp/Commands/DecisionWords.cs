using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Decisions;

namespace Harness.Mcp.Commands;

/// <summary>Calls that were decided again, for people and for programs.</summary>
internal static class DecisionWords
{
    /// <param name="denial">Null for a call that is permitted.</param>
    /// <param name="shadow">What rules in shadow say of it.</param>
    public static string Of(Denial? denial, ImmutableArray<Denial> shadow)
    {
        if (denial is null)
            return shadow.IsEmpty ? "permit" : $"permit (in shadow: {string.Join("; ", shadow.Select(Why))})";
        return $"{ReplayedCall.VerdictOf(denial)}, {Why(denial)}: \"{denial.Say}\"";
    }

    /// <summary>The reason code, the rule and the links that caused it.</summary>
    public static string Why(Denial denial)
    {
        var rule = denial.Rule is { } id ? $" by {id}" : "";
        var because = denial.Because.IsEmpty ? "" : $", because of link{(denial.Because.Length == 1 ? "" : "s")} {string.Join(", ", denial.Because)}";
        return $"{denial.Reason}{rule}{because}";
    }

    public static string Escalated(int count, string word) => count == 0 ? "" : $", {Number(count)} {word}";

    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static void WriteCall(ReplayedCall call, Utf8JsonWriter writer)
    {
        writer.WriteNumber("link", call.Version);
        writer.WriteString("time", call.Time);
        writer.WriteString("agent", call.Agent.Value);
        writer.WriteString("tool", call.Tool);
    }

    public static void WriteVerdict(string key, Denial? denial, ImmutableArray<Denial> shadow, Utf8JsonWriter writer)
    {
        writer.WriteStartObject(key);
        writer.WriteString("verdict", ReplayedCall.VerdictOf(denial));
        if (denial is not null)
            WriteDenial(denial, writer);
        if (!shadow.IsEmpty)
        {
            writer.WriteStartArray("shadow");
            foreach (var one in shadow)
            {
                writer.WriteStartObject();
                WriteDenial(one, writer);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteDenial(Denial denial, Utf8JsonWriter writer)
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
}

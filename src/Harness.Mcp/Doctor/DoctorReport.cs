using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Checking;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Servers;
using Spectre.Console;

namespace Harness.Mcp.Doctor;

/// <summary>Prints what was found.</summary>
internal static class DoctorReport
{
    private const int LevelWidth = 9;
    private const int CheckWidth = 12;

    public static void Write(Terminal terminal, ImmutableArray<Diagnosis> all)
    {
        foreach (var one in all)
        {
            var place = one.Place is { } at ? $"{FileFindings.Shown(at)}: " : "";
            terminal.Rich.Write(new Text(Word(one.Level).PadRight(LevelWidth), new Style(ColourOf(one.Level))));
            terminal.Line($"{one.Check.PadRight(CheckWidth)}{place}{one.Message}");
            if (one.Remedy is { } remedy)
                terminal.Line($"{new string(' ', LevelWidth + CheckWidth)}{remedy}");
        }

        var (errors, warnings) = (Count(all, NoteLevel.Error), Count(all, NoteLevel.Warning));
        terminal.Line("");
        terminal.Line(errors + warnings == 0 ? "Nothing is wrong." : $"{Counted(errors, "error")}, {Counted(warnings, "warning")}.");
    }

    public static void Write(Utf8JsonWriter writer, Home home, ImmutableArray<Diagnosis> all)
    {
        writer.WriteStartObject();
        writer.WriteString("home", home.Root);
        writer.WriteNumber("errors", Count(all, NoteLevel.Error));
        writer.WriteNumber("warnings", Count(all, NoteLevel.Warning));
        writer.WriteStartArray("findings");
        foreach (var one in all)
        {
            writer.WriteStartObject();
            writer.WriteString("check", one.Check);
            writer.WriteString("level", Word(one.Level));
            WritePlace(writer, one.Place);
            writer.WriteString("message", one.Message);
            if (one.Remedy is { } remedy)
                writer.WriteString("remedy", remedy);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WritePlace(Utf8JsonWriter writer, SourcePosition? place)
    {
        if (place is not { } at)
            return;
        writer.WriteString("file", at.File);
        if (at.Line == 0)
            return;
        writer.WriteNumber("line", at.Line);
        writer.WriteNumber("column", at.Column);
    }

    public static int Count(ImmutableArray<Diagnosis> all, NoteLevel level) => all.Count(one => one.Level == level);

    private static string Word(NoteLevel level) => level switch
    {
        NoteLevel.Error => "error",
        NoteLevel.Warning => "warning",
        _ => "ok",
    };

    private static Color ColourOf(NoteLevel level) => level switch
    {
        NoteLevel.Error => Color.Red,
        NoteLevel.Warning => Color.Yellow,
        _ => Color.Green,
    };

    private static string Counted(int count, string noun) => $"{count} {noun}{(count == 1 ? "" : "s")}";
}

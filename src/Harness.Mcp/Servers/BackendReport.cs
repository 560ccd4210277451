using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Backends.Probing;
using Harness.Mcp.Proxy.Backends.Reads;
using Spectre.Console;

namespace Harness.Mcp.Servers;

/// <summary>Prints what looks at backends found.</summary>
internal static class BackendReport
{
    public static void Write(Terminal terminal, ImmutableArray<BackendLook> looks)
    {
        if (looks.IsEmpty)
            return;
        var table = new Table { Border = TableBorder.None };
        foreach (var heading in (string[])["backend", "transport", "revision", "time", "tools", "resources", "prompts", "undescribed", "drifted", "result"])
            table.AddColumn(new TableColumn(new Text(heading, new Style(decoration: Decoration.Dim))) { NoWrap = true });
        foreach (var look in looks)
            table.AddRow(Row(look));
        terminal.Rich.Write(table);

        foreach (var look in looks)
            foreach (var note in BackendNotes.Of(look))
            {
                terminal.Line("");
                terminal.Line($"{look.Config.Id}: {note.Message}");
                if (note.Remedy is { } remedy)
                    terminal.Line($"  {remedy}");
            }
    }

    public static void Write(Utf8JsonWriter writer, Home home, ImmutableArray<BackendLook> looks, ImmutableArray<Problem> problems)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("backends");
        foreach (var look in looks)
            WriteOne(writer, home, look);
        writer.WriteEndArray();
        writer.WriteStartArray("problems");
        foreach (var problem in problems)
        {
            writer.WriteStartObject();
            writer.WriteString("file", problem.Position.File);
            writer.WriteNumber("line", problem.Position.Line);
            writer.WriteNumber("column", problem.Position.Column);
            writer.WriteString("message", problem.Message);
            if (problem.Remedy is { } remedy)
                writer.WriteString("remedy", remedy);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static Text[] Row(BackendLook look)
    {
        string[] cells = (look.Result, look.Tools) switch
        {
            (ProbeResult.Reached reached, { } tools) =>
            [
                reached.Era.ProtocolVersion,
                Milliseconds(reached.Connecting + reached.Listing),
                (tools.Tools.Length + tools.Refused.Length).ToString(CultureInfo.InvariantCulture),
                tools.Resources.ToString(CultureInfo.InvariantCulture),
                Named(tools, ReadKind.Prompt).Count().ToString(CultureInfo.InvariantCulture),
                tools.Undescribed.Count().ToString(CultureInfo.InvariantCulture),
                tools.Drifted.Count().ToString(CultureInfo.InvariantCulture),
                "ok",
            ],
            (ProbeResult.Failed failed, _) => ["", "", "", "", "", "", "", failed.Cause.Id],
            _ => ["", "", "", "", "", "", "", ""],
        };
        return [.. cells.Prepend(look.Transport).Prepend(look.Config.Id.Value).Select(cell => new Text(Terminal.Visible(cell)))];
    }

    private static void WriteOne(Utf8JsonWriter writer, Home home, BackendLook look)
    {
        writer.WriteStartObject();
        writer.WriteString("backend", look.Config.Id.Value);
        writer.WriteString("file", HomeServers.FileOf(home, look.Config));
        writer.WriteString("transport", look.Transport);
        writer.WriteBoolean("ok", look.Result is ProbeResult.Reached);
        if (look.Result is ProbeResult.Failed failed)
        {
            writer.WriteString("cause", failed.Cause.Id);
            writer.WriteString("message", failed.Message);
            writer.WriteString("remedy", failed.Remedy);
        }

        if (look is { Result: ProbeResult.Reached reached, Tools: { } tools })
        {
            writer.WriteString("revision", reached.Era.ProtocolVersion);
            writer.WriteNumber("connectMilliseconds", Math.Round(reached.Connecting.TotalMilliseconds));
            writer.WriteNumber("listMilliseconds", Math.Round(reached.Listing.TotalMilliseconds));
            WriteTexts(writer, "tools", tools.Tools.Select(tool => tool.Definition.Name));
            WriteTexts(writer, "undescribed", tools.Undescribed);
            WriteTexts(writer, "drifted", tools.Drifted);
            WriteTexts(writer, "unapproved", tools.Unapproved);
            WriteTexts(writer, "notListed", tools.Missing);
            writer.WriteStartObject("refused");
            foreach (var refused in tools.Refused.DistinctBy(tool => tool.Name))
                writer.WriteString(refused.Name, refused.Why);
            writer.WriteEndObject();
            writer.WriteNumber("resources", tools.Resources);
            WriteTexts(writer, "templates", Named(tools, ReadKind.Template));
            WriteTexts(writer, "prompts", Named(tools, ReadKind.Prompt));
            writer.WriteBoolean("neverSeen", tools.IsFirstUse);
            if (reached.Junk is { } junk)
                writer.WriteString("junk", junk);
        }

        writer.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string key, IEnumerable<string> texts)
    {
        writer.WriteStartArray(key);
        foreach (var text in texts)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
    }

    private static IEnumerable<string> Named(ToolsAtHand tools, ReadKind kind) =>
        tools.Others.Select(other => ReadDefinition.OwnName(other.Definition.Name)).Where(own => own?.Kind == kind).Select(own => own!.Value.Name);

    private static string Milliseconds(TimeSpan time) => $"{time.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)} ms";
}

using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions.Checking;

namespace Harness.Mcp.Checking;

/// <summary>Findings as SARIF 2.1.0 (OASIS), which code hosts show beside the changed lines.</summary>
internal static class FindingsSarif
{
    private const string Schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

    public static void Write(FileFindings findings, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("$schema", Schema);
        writer.WriteString("version", "2.1.0");
        writer.WriteStartArray("runs");
        writer.WriteStartObject();
        WriteTool(writer);
        writer.WriteString("columnKind", "utf16CodeUnits");
        writer.WriteStartArray("results");
        foreach (var finding in findings.All)
            WriteResult(finding, writer);
        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteTool(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("tool");
        writer.WriteStartObject("driver");
        writer.WriteString("name", "harness mission check");
        writer.WriteString("version", typeof(FindingsSarif).Assembly.GetName().Version?.ToString() ?? "0");
        writer.WriteStartArray("rules");
        foreach (var kind in CheckKind.All)
        {
            writer.WriteStartObject();
            writer.WriteString("id", kind.Id);
            WriteMessage("shortDescription", kind.Summary, writer);
            writer.WriteStartObject("defaultConfiguration");
            writer.WriteString("level", FindingsText.Word(kind.Severity));
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteResult(Finding finding, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("ruleId", finding.Kind.Id);
        writer.WriteNumber("ruleIndex", CheckKind.All.IndexOf(finding.Kind));
        writer.WriteString("level", FindingsText.Word(finding.Severity));
        WriteMessage("message", finding.Remedy is null ? finding.Message : $"{finding.Message} {finding.Remedy}", writer);
        writer.WriteStartArray("locations");
        WriteLocation(finding.Position, writer);
        writer.WriteEndArray();
        if (!finding.Related.IsEmpty)
        {
            writer.WriteStartArray("relatedLocations");
            foreach (var place in finding.Related)
                WriteLocation(place, writer);
            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteLocation(SourcePosition place, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("physicalLocation");
        writer.WriteStartObject("artifactLocation");
        writer.WriteString("uri", UriOf(place.File));
        writer.WriteEndObject();
        if (place.Line > 0)
        {
            writer.WriteStartObject("region");
            writer.WriteNumber("startLine", place.Line);
            writer.WriteNumber("startColumn", Math.Max(1, place.Column));
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteMessage(string key, string text, Utf8JsonWriter writer)
    {
        writer.WriteStartObject(key);
        writer.WriteString("text", text);
        writer.WriteEndObject();
    }

    // A URI reference: relative where the file lies below the current folder.
    private static string UriOf(string file) => Path.IsPathRooted(file)
        ? new Uri(file).AbsoluteUri
        : string.Join('/', file.Split('/').Select(Uri.EscapeDataString));
}

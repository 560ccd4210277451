using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions.Checking;

namespace Harness.Mcp.Checking;

/// <summary>Findings for programs: one JSON object.</summary>
internal static class FindingsJson
{
    public static void Write(FileFindings findings, Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteNumber("files", findings.Files);
        writer.WriteNumber("errors", findings.Count(Severity.Error));
        writer.WriteNumber("warnings", findings.Count(Severity.Warning));
        writer.WriteNumber("notes", findings.Count(Severity.Note));
        writer.WriteStartArray("findings");
        foreach (var finding in findings.All)
        {
            writer.WriteStartObject();
            writer.WriteString("code", finding.Kind.Id);
            writer.WriteString("severity", FindingsText.Word(finding.Severity));
            WritePlace(finding.Position, writer);
            writer.WriteString("message", finding.Message);
            if (finding.Remedy is { } remedy)
                writer.WriteString("remedy", remedy);
            if (!finding.Chain.IsEmpty)
            {
                writer.WriteStartArray("chain");
                foreach (var tool in finding.Chain)
                    writer.WriteStringValue(tool);
                writer.WriteEndArray();
            }

            if (!finding.Related.IsEmpty)
            {
                writer.WriteStartArray("related");
                foreach (var place in finding.Related)
                {
                    writer.WriteStartObject();
                    WritePlace(place, writer);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WritePlace(SourcePosition place, Utf8JsonWriter writer)
    {
        writer.WriteString("file", place.File);
        writer.WriteNumber("line", place.Line);
        writer.WriteNumber("column", place.Column);
    }
}

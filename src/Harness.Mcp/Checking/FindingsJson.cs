using System.Text.Json;
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
            writer.WriteString("file", finding.Position.File);
            writer.WriteNumber("line", finding.Position.Line);
            writer.WriteNumber("column", finding.Position.Column);
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

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}

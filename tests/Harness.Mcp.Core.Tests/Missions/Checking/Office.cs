using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions.Checking;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;

namespace Harness.Mcp.Core.Tests.Missions.Checking;

/// <summary>A small enterprise whose tools publish what they take and give.</summary>
internal static class Office
{
    public static KnownTools Catalog { get; } = new(
    [
        Known(
            Tool.Read("siem/get_alert"),
            """{ "type": "object", "properties": { "alert": { "type": "string" } }, "required": ["alert"] }""",
            """
            {
              "type": "object",
              "properties": {
                "user": { "type": "string" }, "severity": { "type": "integer" }, "hosts": { "type": "array", "items": { "type": "string" } },
                "status": { "enum": ["open", "contained"] }, "events": { "type": "array", "items": { "$ref": "#/$defs/event" } },
                "owner": { "anyOf": [{ "type": "null" }, { "type": "object", "properties": { "mail": { "type": "string" } } }] }
              },
              "$defs": { "event": { "type": "object", "properties": { "kind": { "type": "string" }, "count": { "type": "number" } } } }
            }
            """),
        Known(
            Tool.Read("directory/get_user").In("identity"),
            """{ "type": "object", "properties": { "user": { "type": "string" } }, "required": ["user"] }""",
            """{ "type": "object", "properties": { "user": { "type": "string" }, "enabled": { "type": "boolean" }, "manager": { "type": ["string", "null"] } } }"""),
        Known(
            Tool.Write("directory/disable_user").In("identity"),
            """{ "type": "object", "properties": { "user": { "type": "string" }, "reason": { "type": "string" } }, "required": ["user"] }""",
            null),
        Known(
            Tool.Read("hr/get_employee", "personal"),
            """{ "type": "object", "properties": { "user": { "type": "string" } }, "required": ["user"] }""",
            """{ "type": "object", "properties": { "salary": { "type": "number" } }, "additionalProperties": true }"""),
        Known(
            Tool.Send("mail/send"),
            """{ "type": "object", "properties": { "to": { "type": "array", "items": { "type": "string" } }, "body": { "type": "string" }, "copies": { "type": "integer" } } }""",
            null),
        Known(Tool.Send("mail/archive", "internal"), """{ "type": "object", "properties": { "body": { "type": "string" } } }""", null),
        Known(Tool.Write("shop/pay"), null, null) with { AnswerLabels = ["personal"], PageHosts = ["pay.corp.example"] },
        Known(Tool.Read("wiki/search"), null, null),
        new(
            ToolFacts.Widest(Tool.Id("wiki/edit"), "data", Digest.Zero),
            JsonElement.Parse("""{ "type": "object", "properties": { "page": { "type": "string" }, "text": { "type": "string" } } }"""),
            null,
            IsDescribed: false),
    ],
    []);

    /// <summary>What the check says of a mission with these parts, at least as severe as asked, as `line:column code message remedy`.</summary>
    public static string[] Check(string parts, Severity least = Severity.Warning) =>
    [
        .. MissionCheck.Against(Given.Template(parts), Catalog)
            .Where(finding => finding.Severity >= least && finding.Kind != CheckKind.ExamplesMissing)
            .Select(finding => $"{finding.Position.Line}:{finding.Position.Column} {finding.Kind.Id} {finding.Message} {finding.Remedy}".TrimEnd()),
    ];

    private static KnownTool Known(ToolFacts tool, string? input, string? output) => new(
        tool, input is null ? null : JsonElement.Parse(input), output is null ? null : JsonElement.Parse(output), IsDescribed: true);
}

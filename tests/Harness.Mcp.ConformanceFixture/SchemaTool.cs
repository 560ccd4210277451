using System.Text.Json;
using ModelContextProtocol.Server;

namespace Harness.Mcp.ConformanceFixture;

/// <summary>A tool whose input schema uses what JSON Schema 2020-12 brought: it must reach the client unchanged.</summary>
internal static class SchemaTool
{
    private static readonly JsonElement Schema = JsonElement.Parse(
        """
        {
          "$schema": "https://json-schema.org/draft/2020-12/schema",
          "type": "object",
          "$defs": {
            "address": {
              "$anchor": "addressDef",
              "type": "object",
              "properties": { "street": { "type": "string" }, "city": { "type": "string" } }
            }
          },
          "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" }
          },
          "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
          "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
          "then": { "required": ["phone"] },
          "else": { "required": ["email"] },
          "additionalProperties": false
        }
        """);

    public static McpServerTool Create()
    {
        var tool = McpServerTool.Create(
            () => "The arguments fit the schema.",
            new McpServerToolCreateOptions { Name = "json_schema_2020_12_tool", Description = "Tool with JSON Schema 2020-12 features" });
        tool.ProtocolTool.InputSchema = Schema;
        return tool;
    }
}

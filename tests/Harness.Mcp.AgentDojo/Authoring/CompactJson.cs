using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Harness.Mcp.AgentDojo.Authoring;

/// <summary>JSON as people write it: one line for each member of the outer objects, and what is inside of them in that line.</summary>
internal static class CompactJson
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="depth">How many levels of objects are spread over lines.</param>
    public static string Write(JsonObject document, int depth)
    {
        var text = new StringBuilder();
        Write(document, depth, "", text);
        return text.Append('\n').ToString();
    }

    private static void Write(JsonNode? node, int depth, string indent, StringBuilder text)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } map when depth > 0:
                var separator = "{\n";
                foreach (var (name, value) in map)
                {
                    text.Append(separator).Append(indent).Append("  ").Append(Quoted(name)).Append(": ");
                    Write(value, depth - 1, indent + "  ", text);
                    separator = ",\n";
                }

                text.Append('\n').Append(indent).Append('}');
                break;
            case JsonObject { Count: > 0 } map:
                text.Append("{ ");
                var isFirst = true;
                foreach (var (name, value) in map)
                {
                    text.Append(isFirst ? "" : ", ").Append(Quoted(name)).Append(": ");
                    Write(value, 0, "", text);
                    isFirst = false;
                }

                text.Append(" }");
                break;
            case JsonArray list:
                text.Append('[').AppendJoin(", ", list.Select(item => item?.ToJsonString(Plain) ?? "null")).Append(']');
                break;
            default:
                text.Append(node?.ToJsonString(Plain) ?? "null");
                break;
        }
    }

    private static string Quoted(string name) => JsonSerializer.Serialize(name, Plain);
}

using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Enforcement;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// One page of `tools/list`: sorted by name, definitions as approved but for the exposed name and what this proxy does not serve.
/// The cursor is the name of the page's last tool, so pages hold together even when the list changes in between.
/// </summary>
internal static class ToolListPage
{
    public const int ToolsMax = 1_000;

    public static JsonObject Of(ImmutableArray<ListedTool> listed, string? cursor, bool isModern)
    {
        var rest = listed
            .OrderBy(tool => tool.ExposedName, StringComparer.Ordinal)
            .Where(tool => cursor is null || string.CompareOrdinal(tool.ExposedName, cursor) > 0)
            .Take(ToolsMax + 1)
            .ToImmutableArray();
        var page = rest.Length > ToolsMax ? rest.RemoveAt(ToolsMax) : rest;

        var result = new JsonObject { ["tools"] = new JsonArray([.. page.Select(tool => Shown(tool, isModern))]) };
        if (rest.Length > page.Length) result["nextCursor"] = page[^1].ExposedName;
        return result;
    }

    private static JsonObject Shown(ListedTool tool, bool isModern)
    {
        var shown = new JsonObject { ["name"] = tool.ExposedName };
        foreach (var member in tool.Definition.EnumerateObject())
        {
            // `execution` offers tasks, which this proxy does not serve. Before 2026-07-28 an output schema described an object.
            var isLeftOut = member.Name is "name" or "execution"
                || (member.Name is "outputSchema" && !isModern && !DescribesObject(member.Value));
            if (!isLeftOut) shown[member.Name] = ToNode(member.Value);
        }

        return shown;
    }

    private static bool DescribesObject(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object
        && schema.TryGetProperty("type", out var type)
        && type.ValueKind == JsonValueKind.String
        && type.ValueEquals("object");

    /// <summary>The value as a node that writes it exactly as it came.</summary>
    public static JsonNode? ToNode(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => JsonObject.Create(value),
        JsonValueKind.Array => JsonArray.Create(value),
        JsonValueKind.Null => null,
        _ => JsonValue.Create(value),
    };
}

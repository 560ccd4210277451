using System.Buffers;
using System.Collections.Frozen;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions;

/// <summary>
/// A tool's definition as one mission's agent is shown it: the limits that the grants set on its arguments stand in the input schema, so that a
/// model need not learn them from denials. A courtesy: the check of the call is the guarantee. Limits stand at their arguments alone, since
/// models' interfaces refuse tools whose schema is a combination of schemas.
/// </summary>
public static class GrantedSchema
{
    /// <summary>Keywords that mean the same whatever stands beside them.</summary>
    private static readonly FrozenSet<string> Independent = FrozenSet.Create(
        StringComparer.Ordinal,
        "type", "enum", "const", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
        "minItems", "maxItems", "uniqueItems");

    /// <param name="definition">The tool's definition as its backend gives it: an object.</param>
    /// <returns>The same where no grant of the tool limits an argument, or another one does not.</returns>
    public static JsonElement Of(MissionTemplate template, ToolFacts tool, JsonElement definition)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(tool);

        // One grant suffices for a call, so only what all of them limit is limited.
        var grants = template.Grants.Where(grant => grant.Selects(tool)).ToList();
        if (grants.Count == 0 || grants.Exists(grant => grant.Arguments.IsEmpty) || !definition.TryGetProperty("inputSchema", out var schema) || schema.ValueKind != JsonValueKind.Object)
            return definition;
        var limited = grants[0].Arguments.Select(argument => argument.Name).Where(name => grants.TrueForAll(grant => grant.Arguments.Any(argument => argument.Name == name))).ToList();
        if (limited.Count == 0)
            return definition;

        var shown = JsonObject.Create(definition)!.DeepClone().AsObject();
        var input = shown["inputSchema"]!.AsObject();
        if (input["properties"] is not (null or JsonObject))
            return definition;
        var properties = (input["properties"] ??= new JsonObject()).AsObject();
        foreach (var name in limited)
            if (LimitOf(grants, name) is { } limit)
                properties[name] = Both(properties[name], limit);
        return Written(shown);
    }

    private static JsonElement Written(JsonObject value)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            value.WriteTo(json);
        return JsonElement.Parse(output.WrittenSpan);
    }

    /// <returns>What one of the grants accepts; null where that cannot be said inside another schema.</returns>
    private static JsonNode? LimitOf(List<Grant> grants, string name)
    {
        var schemas = grants.Select(grant => grant.Arguments.First(argument => argument.Name == name).SchemaText).Distinct(StringComparer.Ordinal).ToList();
        if (schemas.Exists(schema => schema.Contains("\"$", StringComparison.Ordinal)))
            return null; // A reference or an anchor means something in its own document alone.
        var limits = schemas.Select(schema => JsonNode.Parse(schema)).ToList();
        return limits.Count == 1 ? limits[0] : new JsonObject { ["anyOf"] = new JsonArray([.. limits]) };
    }

    private static JsonNode Both(JsonNode? own, JsonNode limit)
    {
        if (limit is not JsonObject limits)
            return limit.GetValue<bool>() ? own?.DeepClone() ?? true : false;
        if (own is not JsonObject schema)
            return own is JsonValue flag && flag.GetValueKind() == JsonValueKind.False ? false : limit;

        var both = schema.DeepClone().AsObject();
        if (limits.All(keyword => Independent.Contains(keyword.Key) && !both.ContainsKey(keyword.Key)))
        {
            foreach (var (keyword, value) in limits)
                both[keyword] = value?.DeepClone();
            return both;
        }

        var all = both["allOf"] as JsonArray ?? [];
        both.Remove("allOf");
        both["allOf"] = new JsonArray([.. all.Select(part => part?.DeepClone()), limit]);
        return both;
    }
}

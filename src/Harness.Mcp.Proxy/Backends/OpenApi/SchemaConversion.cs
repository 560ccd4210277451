using System.Text.Json;
using System.Text.Json.Nodes;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>
/// Schemas of an OpenAPI document as one JSON Schema 2020-12 that stands alone: what they refer to moves into `$defs`, so that recursion
/// stays recursion. Numbers keep their spelling.
/// </summary>
/// <param name="isOld">OpenAPI 3.0, whose dialect says some things otherwise (`nullable`, `exclusiveMinimum: true`, nothing beside `$ref`).</param>
/// <param name="isRequest">Properties of the other direction are left out: those that are read only are not sent, those that are write only not answered.</param>
internal sealed class SchemaConversion(SourceDocument document, bool isOld, bool isRequest)
{
    private const int SchemasMax = 20_000;

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Queue<string> _open = new();
    private int _count;

    /// <exception cref="OperationRefusedException">The schema cannot be converted.</exception>
    public JsonNode Convert(JsonElement schema)
    {
        if (++_count > SchemasMax)
            throw new OperationRefusedException("its schemas are too large.");
        if (schema.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return JsonValue.Create(schema.ValueKind == JsonValueKind.True);
        if (schema.ValueKind != JsonValueKind.Object)
            throw new OperationRefusedException("one of its schemas is no object.");
        if (SourceDocument.ReferenceOf(schema) is not { } reference)
            return isOld ? Nullable(schema, Members(schema)) : Members(schema);

        var result = isOld ? [] : Members(schema);
        result["$ref"] = $"#/$defs/{NameOf(reference)}";
        return result;
    }

    /// <summary>What the converted schemas refer to, for the `$defs` of the schema that holds them; null for nothing.</summary>
    /// <exception cref="OperationRefusedException">A schema cannot be converted.</exception>
    public JsonObject? Definitions()
    {
        var definitions = new SortedDictionary<string, JsonNode>(StringComparer.Ordinal);
        while (_open.TryDequeue(out var reference))
            definitions[_names[reference]] = Convert(document.At(reference));
        return definitions.Count == 0 ? null : new JsonObject(definitions.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
    }

    private string NameOf(string reference)
    {
        if (_names.TryGetValue(reference, out var known))
            return known;
        var plain = string.Concat(SourceDocument.LastStep(reference).Select(character => char.IsAsciiLetterOrDigit(character) || character is '_' or '-' or '.' ? character : '_'));
        var name = plain;
        for (var number = 2; _names.ContainsValue(name); number++)
            name = $"{plain}-{number}";
        _names[reference] = name;
        _open.Enqueue(reference);
        return name;
    }

    private JsonObject Members(JsonElement schema)
    {
        var result = new JsonObject();
        var foreign = ForeignProperties(schema);
        foreach (var member in schema.EnumerateObject())
        {
            switch (member.Name)
            {
                // Annotations of OpenAPI alone, and what a schema of its own would need. Inner definitions move with what refers to them.
                case "$ref" or "$defs" or "$schema" or "$comment" or "discriminator" or "xml" or "externalDocs":
                case "nullable" when isOld:
                case var name when name.StartsWith("x-", StringComparison.Ordinal):
                    break;
                case "$id" or "$anchor" or "$dynamicRef" or "$dynamicAnchor":
                    throw new OperationRefusedException($"one of its schemas uses `{member.Name}`, which is not supported here.");
                case "example":
                    result["examples"] ??= new JsonArray(Copy(member.Value));
                    break;
                case "not" or "if" or "then" or "else" or "items" or "contains" or "additionalProperties" or "propertyNames"
                    or "unevaluatedItems" or "unevaluatedProperties" or "contentSchema":
                    result[member.Name] = Convert(member.Value);
                    break;
                case "allOf" or "anyOf" or "oneOf" or "prefixItems" when member.Value.ValueKind == JsonValueKind.Array:
                    result[member.Name] = new JsonArray([.. member.Value.EnumerateArray().Select(Convert)]);
                    break;
                case "properties" when member.Value.ValueKind == JsonValueKind.Object:
                    result[member.Name] = Map(member.Value, foreign);
                    break;
                case "patternProperties" or "dependentSchemas" when member.Value.ValueKind == JsonValueKind.Object:
                    result[member.Name] = Map(member.Value, []);
                    break;
                case "required" when member.Value.ValueKind == JsonValueKind.Array && foreign.Count > 0:
                    result[member.Name] = new JsonArray([.. member.Value.EnumerateArray()
                        .Where(name => name.ValueKind != JsonValueKind.String || !foreign.Contains(name.GetString() ?? "")).Select(Copy)]);
                    break;
                case "exclusiveMinimum" or "exclusiveMaximum" when isOld:
                    Exclude(schema, member, result);
                    break;
                case "minimum" when isOld && IsTrue(schema, "exclusiveMinimum"):
                case "maximum" when isOld && IsTrue(schema, "exclusiveMaximum"):
                    break;
                default:
                    result[member.Name] = Copy(member.Value);
                    break;
            }
        }

        return result;
    }

    private JsonObject Map(JsonElement schemas, HashSet<string> leftOut) => new(schemas.EnumerateObject()
        .Where(property => !leftOut.Contains(property.Name))
        .Select(property => KeyValuePair.Create(property.Name, (JsonNode?)Convert(property.Value))));

    /// <summary>Properties that are for the other direction alone.</summary>
    private HashSet<string> ForeignProperties(JsonElement schema)
    {
        var mark = isRequest ? "readOnly" : "writeOnly";
        return schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object
            ? properties.EnumerateObject().Where(property => IsTrue(property.Value, mark) || IsTrue(document.Resolve(property.Value), mark))
                .Select(property => property.Name).ToHashSet(StringComparer.Ordinal)
            : [];
    }

    /// <summary>3.0 marks the bound itself as excluded; 2020-12 writes the bound under the other name.</summary>
    private static void Exclude(JsonElement schema, JsonProperty member, JsonObject result)
    {
        if (member.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            result[member.Name] = Copy(member.Value);
        else if (member.Value.ValueKind == JsonValueKind.True && schema.TryGetProperty(member.Name == "exclusiveMinimum" ? "minimum" : "maximum", out var bound))
            result[member.Name] = Copy(bound);
    }

    /// <summary>`nullable: true` beside a type adds null to it; beside a combination alone, documents mean null beside what it says.</summary>
    private static JsonObject Nullable(JsonElement schema, JsonObject converted)
    {
        if (!IsTrue(schema, "nullable"))
            return converted;
        if (converted["enum"] is JsonArray values && !values.Any(value => value is null))
            values.Add(null);
        if (converted["type"] is JsonValue type && type.GetValueKind() == JsonValueKind.String)
            converted["type"] = new JsonArray(type.DeepClone(), "null");
        return converted.ContainsKey("allOf") || converted.ContainsKey("anyOf") || converted.ContainsKey("oneOf") || converted.ContainsKey("not")
            ? new JsonObject { ["anyOf"] = new JsonArray(converted, new JsonObject { ["type"] = "null" }) }
            : converted;
    }

    private static bool IsTrue(JsonElement value, string member) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(member, out var flag) && flag.ValueKind == JsonValueKind.True;

    /// <summary>The same value; null for JSON's null.</summary>
    private static JsonNode? Copy(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => JsonObject.Create(value),
        JsonValueKind.Array => JsonArray.Create(value),
        JsonValueKind.Null => null,
        _ => JsonValue.Create(value),
    };
}

using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;

namespace Harness.Mcp.Core.Schemas;

/// <summary>Reads the shape of a JSON Schema. What it does not understand makes the shape less certain, never wrong.</summary>
internal sealed class ShapeReader
{
    private const int DepthMax = 12;
    private const int PartsMax = 2_000;

    private static readonly ImmutableSortedDictionary<string, Shape> None = ImmutableSortedDictionary.Create<string, Shape>(StringComparer.Ordinal);

    private readonly JsonElement _root;
    private int _parts;

    private ShapeReader(JsonElement root) => _root = root;

    public static Shape Read(JsonElement? schema) => schema is { } root ? new ShapeReader(root).Read(root, 0) : Shape.Any;

    private Shape Read(JsonElement schema, int depth)
    {
        // A schema that refers to itself has no end; that deep, nobody names fields.
        if (schema.ValueKind != JsonValueKind.Object || depth > DepthMax || ++_parts > PartsMax)
            return Shape.Any;

        var shape = OfType(schema, depth);
        if (schema.TryGetProperty("$ref", out var reference))
            shape = Shape.And(shape, Referred(reference, depth));
        foreach (var part in Parts(schema, "allOf"))
            shape = Shape.And(shape, Read(part, depth + 1));
        foreach (var keyword in (string[])["anyOf", "oneOf"])
            if (Parts(schema, keyword) is [var first, .. var others])
                shape = Shape.And(shape, others.Aggregate(Read(first, depth + 1), (either, other) => Shape.Or(either, Read(other, depth + 1))));
        return schema.TryGetProperty("$dynamicRef", out _) ? Shape.Any : shape;
    }

    private Shape OfType(JsonElement schema, int depth)
    {
        if (schema.TryGetProperty("const", out var constant))
            return OfValue(constant);
        if (Parts(schema, "enum") is [var first, .. var others])
            return others.Aggregate(OfValue(first), (either, other) => Shape.Or(either, OfValue(other)));

        var types = schema.TryGetProperty("type", out var type) ? Types(type) : Implied(schema);
        return types is [] ? Shape.Any : types.Select(one => OfType(one, schema, depth)).Aggregate(Shape.Or);
    }

    private Shape OfType(string type, JsonElement schema, int depth) => type switch
    {
        "string" => new Shape.Text([]),
        "integer" or "number" => new Shape.Number(),
        "boolean" => new Shape.Truth(),
        "null" => Shape.Null,
        "array" => new Shape.List(schema.TryGetProperty("items", out var items) && !schema.TryGetProperty("prefixItems", out _) ? Read(items, depth + 1) : Shape.Any),
        "object" => Fields(schema, depth),
        _ => Shape.Any,
    };

    private Shape.Fields Fields(JsonElement schema, int depth)
    {
        var known = None.ToBuilder();
        if (schema.TryGetProperty("properties", out var properties) && properties.ValueKind == JsonValueKind.Object)
            foreach (var property in properties.EnumerateObject())
                known[property.Name] = Read(property.Value, depth + 1);

        // By JSON Schema every object may have more fields; by the custom of tools, what is not listed is not there.
        Shape? others = null;
        if (schema.TryGetProperty("additionalProperties", out var additional) && additional.ValueKind != JsonValueKind.False)
            others = Read(additional, depth + 1);
        if (others is null && (Opens(schema) || (known.Count == 0 && !schema.TryGetProperty("properties", out _) && depth > 0)))
            others = Shape.Any;
        return new Shape.Fields(known.ToImmutable(), others);
    }

    private static bool Opens(JsonElement schema) =>
        ((string[])["patternProperties", "unevaluatedProperties", "dependentSchemas", "if"]).Any(keyword =>
            schema.TryGetProperty(keyword, out var value) && value.ValueKind != JsonValueKind.False);

    private Shape Referred(JsonElement reference, int depth)
    {
        if (reference.ValueKind != JsonValueKind.String || reference.GetString() is not ['#', .. var pointer])
            return Shape.Any;
        var at = _root;
        foreach (var step in Uri.UnescapeDataString(pointer).Split('/').Skip(1))
        {
            var name = step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (at.ValueKind == JsonValueKind.Object && at.TryGetProperty(name, out var member))
                at = member;
            else if (at.ValueKind == JsonValueKind.Array && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < at.GetArrayLength())
                at = at[index];
            else
                return Shape.Any;
        }

        return pointer is "" or ['/', ..] ? Read(at, depth + 1) : Shape.Any;
    }

    private static Shape OfValue(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => new Shape.Text([value.GetString()!]),
        JsonValueKind.Number => new Shape.Number(),
        JsonValueKind.True or JsonValueKind.False => new Shape.Truth(),
        JsonValueKind.Null => Shape.Null,
        _ => Shape.Any,
    };

    private static string[] Types(JsonElement type) => type.ValueKind switch
    {
        JsonValueKind.String => [type.GetString()!],
        JsonValueKind.Array => [.. type.EnumerateArray().Where(one => one.ValueKind == JsonValueKind.String).Select(one => one.GetString()!)],
        _ => [],
    };

    // Whoever lists fields or items means objects or lists.
    private static string[] Implied(JsonElement schema) =>
        schema.TryGetProperty("properties", out _) ? ["object"] : schema.TryGetProperty("items", out _) ? ["array"] : [];

    private static JsonElement[] Parts(JsonElement schema, string keyword) =>
        schema.TryGetProperty(keyword, out var parts) && parts.ValueKind == JsonValueKind.Array ? [.. parts.EnumerateArray()] : [];
}

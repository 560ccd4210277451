using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>What a document says of an operation's successes.</summary>
/// <param name="Schema">The output schema, one of an object; null where a success may come without JSON or without a schema.</param>
/// <param name="IsWrapped">The body is the member `result`.</param>
internal sealed record DescribedAnswer(JsonObject? Schema, bool IsWrapped, ImmutableArray<string> MediaTypes);

/// <summary>Reads what an operation answers with where it succeeds.</summary>
internal sealed class AnswerReader(SourceDocument source, bool isOld)
{
    private const int CombinationsDeepMax = 8;

    public DescribedAnswer Read(JsonElement operation)
    {
        var responses = operation.TryGetProperty("responses", out var all) && all.ValueKind == JsonValueKind.Object ? all.EnumerateObject().ToArray() : [];
        var successes = responses.Where(response => response.Name.StartsWith('2')).ToArray();
        if (successes.Length == 0)
            successes = [.. responses.Where(response => response.Name == "default")];

        var types = new List<string>();
        var schemas = new List<JsonElement?>();
        foreach (var success in successes)
        {
            var content = source.Resolve(success.Value).TryGetProperty("content", out var given) && given.ValueKind == JsonValueKind.Object ? given.EnumerateObject().ToArray() : [];
            types.AddRange(content.Select(type => MediaTypes.Plain(type.Name)));
            if (content.Length == 0)
                schemas.Add(null);
            schemas.AddRange(content.Select(type => MediaTypes.IsJson(type.Name) && type.Value.TryGetProperty("schema", out var schema) ? schema : (JsonElement?)null));
        }

        ImmutableArray<string> mediaTypes = [.. types.Distinct(StringComparer.OrdinalIgnoreCase)];
        if (schemas.Count == 0 || schemas.Contains(null))
            return new DescribedAnswer(null, false, mediaTypes);
        var different = schemas.OfType<JsonElement>().DistinctBy(schema => schema.GetRawText(), StringComparer.Ordinal).ToArray();
        return Schema(different) with { MediaTypes = mediaTypes };
    }

    private DescribedAnswer Schema(JsonElement[] schemas)
    {
        var conversion = new SchemaConversion(source, isOld, isRequest: false);
        var isObject = schemas.All(schema => IsObject(schema, 0));

        // Clients want an object at the root, and said there in so many words.
        JsonObject root;
        if (!isObject)
            root = new JsonObject { ["type"] = "object", ["properties"] = new JsonObject { [AnswerShape.WrappingMember] = Any(schemas, conversion) }, ["required"] = new JsonArray(AnswerShape.WrappingMember) };
        else if (schemas is [var single])
            root = (JsonObject)conversion.Convert(source.Resolve(single));
        else
            root = new JsonObject { ["anyOf"] = Any(schemas, conversion)["anyOf"]!.DeepClone() };
        root["type"] = "object";
        if (conversion.Definitions() is { } definitions)
            root["$defs"] = definitions;
        return new DescribedAnswer(root, !isObject, []);
    }

    private static JsonNode Any(JsonElement[] schemas, SchemaConversion conversion) => schemas is [var single]
        ? conversion.Convert(single)
        : new JsonObject { ["anyOf"] = new JsonArray([.. schemas.Select(schema => conversion.Convert(schema))]) };

    /// <summary>Whether the schema admits objects alone, as far as it says so itself or by `allOf`.</summary>
    private bool IsObject(JsonElement given, int depth)
    {
        var schema = source.Resolve(given);
        if (schema.ValueKind != JsonValueKind.Object || depth > CombinationsDeepMax || (schema.TryGetProperty("nullable", out var nullable) && nullable.ValueKind == JsonValueKind.True))
            return false;
        if (schema.TryGetProperty("type", out var type))
            return type.ValueKind == JsonValueKind.String && type.ValueEquals("object"u8);
        if (schema.TryGetProperty("allOf", out var all) && all.ValueKind == JsonValueKind.Array)
            return all.EnumerateArray().Any(part => IsObject(part, depth + 1));
        return schema.TryGetProperty("properties", out _);
    }
}

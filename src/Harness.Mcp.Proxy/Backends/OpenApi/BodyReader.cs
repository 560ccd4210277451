using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>Reads what an operation of a document wants for a body: JSON where it takes that, else a form.</summary>
internal sealed class BodyReader(SourceDocument source, SchemaConversion input)
{
    /// <summary>Adds the argument `body`.</summary>
    /// <returns>Null where the operation has no body.</returns>
    /// <exception cref="OperationRefusedException">No body that it takes can be written.</exception>
    public BodyShape? Read(JsonElement operation, HttpMethod method, ArgumentList arguments)
    {
        if (!operation.TryGetProperty("requestBody", out var reference))
            return null;
        var body = source.Resolve(reference);
        if (method == HttpMethod.Get || method == HttpMethod.Head)
            throw new OperationRefusedException($"it has a body, which {method.Method} has no meaning for.");
        if (!body.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.Object)
            throw new OperationRefusedException("its body has no `content`.");

        var (type, form) = Choose(content);
        var isRequired = body.TryGetProperty("required", out var required) && required.ValueKind == JsonValueKind.True;
        JsonElement? schema = type.Value.ValueKind == JsonValueKind.Object && type.Value.TryGetProperty("schema", out var given) ? given : null;
        var fields = form == BodyForm.Json ? [] : FieldsOf(schema, type.Value, form);
        var description = body.TryGetProperty("description", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
        arguments.AddBody(isRequired, schema is { } one ? input.Convert(one) : AnyOf(form), description, NoteOn(fields));
        return new BodyShape(MediaTypes.Plain(type.Name), form, fields);
    }

    private static (JsonProperty Type, BodyForm Form) Choose(JsonElement content)
    {
        foreach (var (isFit, form) in (ReadOnlySpan<(Func<string, bool>, BodyForm)>)
            [(MediaTypes.IsJson, BodyForm.Json), (MediaTypes.IsUrlEncoded, BodyForm.UrlEncoded), (MediaTypes.IsMultipartForm, BodyForm.Multipart)])
            foreach (var type in content.EnumerateObject())
                if (isFit(type.Name))
                    return (type, form);
        throw new OperationRefusedException($"its body is neither JSON nor a form, but {string.Join(" or ", content.EnumerateObject().Take(4).Select(type => $"`{VisibleText.Escape(type.Name)}`"))}.");
    }

    private static JsonObject AnyOf(BodyForm form) => form == BodyForm.Json ? [] : new JsonObject { ["type"] = "object" };

    private ImmutableArray<FormField> FieldsOf(JsonElement? given, JsonElement mediaType, BodyForm form)
    {
        var schema = given is { } one ? source.Resolve(one) : default;
        var isPlain = schema.ValueKind != JsonValueKind.Object || !(schema.TryGetProperty("allOf", out _) || schema.TryGetProperty("anyOf", out _) || schema.TryGetProperty("oneOf", out _));
        if (!isPlain)
            throw new OperationRefusedException("the members of its form cannot be told, since its schema combines others.");
        if (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("type", out var type) && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("object"u8)))
            throw new OperationRefusedException("its form is no object.");
        if (schema.ValueKind != JsonValueKind.Object || !schema.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object)
            return [];
        var encodings = mediaType.TryGetProperty("encoding", out var all) && all.ValueKind == JsonValueKind.Object ? all : default;
        return [.. properties.EnumerateObject().Select(property => FieldOf(
            property.Name, source.Resolve(property.Value), encodings.ValueKind == JsonValueKind.Object && encodings.TryGetProperty(property.Name, out var encoding) ? encoding : default, form))];
    }

    private FormField FieldOf(string name, JsonElement schema, JsonElement encoding, BodyForm form)
    {
        var shown = VisibleText.Escape(name);
        var isFile = IsFile(schema) || (schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty("items", out var items) && IsFile(source.Resolve(items)));
        if (isFile && form == BodyForm.UrlEncoded)
            throw new OperationRefusedException($"its form holds the file `{shown}`, which only a multipart form can.");
        if (encoding.ValueKind == JsonValueKind.Object && encoding.TryGetProperty("headers", out var headers) && headers.ValueKind == JsonValueKind.Object && headers.EnumerateObject().Any())
            throw new OperationRefusedException($"the part `{shown}` of its form has headers of its own, which no argument may set.");

        var mediaType = TextOf(encoding, "contentType")?.Split(',')[0].Trim();
        if (mediaType is not null && (mediaType.Contains('*', StringComparison.Ordinal) || MediaTypes.Plain(mediaType) != mediaType))
            mediaType = null;
        var style = TextOf(encoding, "style");
        if (style is not null && form == BodyForm.Multipart)
            throw new OperationRefusedException($"the part `{shown}` of its form has a style, which parts have not.");
        var written = style switch
        {
            null when mediaType is not null && MediaTypes.IsJson(mediaType) => ParameterForm.Json,
            null or "form" => ParameterForm.Form,
            "spaceDelimited" => ParameterForm.SpaceDelimited,
            "pipeDelimited" => ParameterForm.PipeDelimited,
            "deepObject" => ParameterForm.DeepObject,
            _ => throw new OperationRefusedException($"the member `{shown}` of its form has a style that is not supported."),
        };
        var isExploded = encoding.ValueKind == JsonValueKind.Object && encoding.TryGetProperty("explode", out var explode) && explode.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? explode.ValueKind == JsonValueKind.True
            : written == ParameterForm.Form;
        return new FormField(name, written, isExploded, mediaType, isFile);
    }

    /// <summary>3.0 says `format: binary`; 3.1 a media type without an encoding.</summary>
    private static bool IsFile(JsonElement schema) =>
        TextOf(schema, "format") == "binary" || (TextOf(schema, "contentMediaType") is not null && TextOf(schema, "contentEncoding") is null);

    private static string? NoteOn(ImmutableArray<FormField> fields) => fields.Any(field => field.IsFile)
        ? $"Files are given in base64: {string.Join(", ", fields.Where(field => field.IsFile).Select(field => $"`{field.Name}`"))}."
        : null;

    private static string? TextOf(JsonElement from, string key) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

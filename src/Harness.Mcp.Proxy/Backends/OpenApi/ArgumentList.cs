using System.Text.Json.Nodes;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>The arguments of a tool, as they are put together from parameters and body.</summary>
internal sealed class ArgumentList
{
    private readonly JsonObject _properties = [];
    private readonly JsonArray _required = [];

    /// <summary>
    /// Adds a parameter under its own name, in letters that all clients take. Where that name is taken, the place is added to it, as in
    /// `id_query`: a document may use one name in several places.
    /// </summary>
    /// <exception cref="OperationRefusedException">No name is free.</exception>
    public string Add(string parameter, ParameterPlace place, bool isRequired, JsonNode schema, string? description)
    {
        var plain = OperationNames.Clean(parameter);
        var name = new[] { plain, $"{plain}_{place.ToString().ToLowerInvariant()}" }
            .FirstOrDefault(free => !_properties.ContainsKey(free) && free != RequestShape.BodyArgument && free.Length <= 64)
            ?? throw new OperationRefusedException($"its parameter `{VisibleText.Escape(parameter)}` cannot be told from another one, or its name is too long.");
        Put(name, isRequired, schema, description);
        return name;
    }

    /// <param name="note">What the document does not say of the body, for who writes it; null for nothing.</param>
    public void AddBody(bool isRequired, JsonNode schema, string? description, string? note)
    {
        Put(RequestShape.BodyArgument, isRequired, schema, description);
        if (note is not null && _properties[RequestShape.BodyArgument] is JsonObject body)
            body["description"] = body["description"] is JsonValue said && said.TryGetValue<string>(out var text) ? $"{text}\n\n{note}" : note;
    }

    /// <summary>The input schema: these arguments and no others.</summary>
    public JsonObject ToSchema(JsonObject? definitions)
    {
        var schema = new JsonObject { ["type"] = "object", ["properties"] = _properties, ["additionalProperties"] = false };
        if (_required.Count > 0)
            schema["required"] = _required;
        if (definitions is not null)
            schema["$defs"] = definitions;
        return schema;
    }

    private void Put(string name, bool isRequired, JsonNode schema, string? description)
    {
        var described = schema as JsonObject ?? (schema.GetValue<bool>() ? [] : throw new OperationRefusedException($"its argument `{name}` can have no value."));
        if (description is not null && !described.ContainsKey("description"))
            described["description"] = description;
        _properties[name] = described;
        if (isRequired)
            _required.Add(name);
    }
}

using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Schemas;
using Microsoft.OpenApi;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>Writes an operation as the definition of a tool.</summary>
internal static class ToolDefinitionWriter
{
    /// <summary>Where a definition names its request: what the digest of the tool covers beside name, text and schemas.</summary>
    public const string RequestKey = "harness-mcp/request";

    /// <exception cref="OperationRefusedException">A schema cannot be used.</exception>
    public static ApiOperation Write(string tool, OpenApiOperation operation, RequestShape request, JsonObject input, DescribedAnswer answer)
    {
        var definition = new JsonObject { ["name"] = tool };
        if (!string.IsNullOrWhiteSpace(operation.Summary))
            definition["title"] = operation.Summary.Trim();
        definition["description"] = Description(operation, request);
        definition["inputSchema"] = input;
        if (answer.Schema is not null)
            definition["outputSchema"] = answer.Schema;
        definition["annotations"] = Annotations(request.Method);
        definition["_meta"] = new JsonObject { [RequestKey] = RequestOf(request, answer) };

        var json = JsonSerializer.SerializeToElement(definition, DefinitionJson.Default.JsonObject);
        var shape = new AnswerShape(answer.Schema is null ? null : Compile(json.GetProperty("outputSchema")), answer.IsWrapped);
        return new ApiOperation(tool, json, Digest.Of(json), request, shape);
    }

    private static JsonSchema Compile(JsonElement schema)
    {
        var compiled = JsonSchema.Compile(schema, new SourcePosition("response", 0, 0));
        return compiled.Value ?? throw new OperationRefusedException($"the schema of its answer cannot be used: {VisibleText.Escape(compiled.Problems[0].Message)}");
    }

    private static string Description(OpenApiOperation operation, RequestShape request)
    {
        var text = string.IsNullOrWhiteSpace(operation.Description) ? operation.Summary?.Trim() : operation.Description.Trim();
        var described = string.IsNullOrEmpty(text) ? $"{request.Method.Method} {request.Path}" : text;
        return operation.Deprecated ? $"{described}\n\nDeprecated." : described;
    }

    /// <summary>What the method promises. Whoever wrote the document may have broken that promise, so it only proposes.</summary>
    private static JsonObject Annotations(HttpMethod method) => new()
    {
        ["readOnlyHint"] = method == HttpMethod.Get || method == HttpMethod.Head,
        ["destructiveHint"] = method == HttpMethod.Delete,
        ["idempotentHint"] = method != HttpMethod.Post && method != HttpMethod.Patch,
        ["openWorldHint"] = true,
    };

    private static JsonObject RequestOf(RequestShape request, DescribedAnswer answer)
    {
        var written = new JsonObject { ["method"] = request.Method.Method, ["url"] = $"{request.Base.AbsoluteUri.TrimEnd('/')}{request.Path}" };
        if (request.Parameters.Length > 0)
            written["parameters"] = new JsonArray([.. request.Parameters.Select(parameter => (JsonNode)new JsonObject
            {
                ["argument"] = parameter.Argument,
                ["name"] = parameter.Name,
                ["in"] = parameter.Place.ToString().ToLowerInvariant(),
                ["style"] = StyleOf(parameter.Form),
                ["explode"] = parameter.IsExploded,
            })]);
        if (request.Body is { } body)
            written["body"] = body.MediaType;
        if (request.Body is { Fields: { IsEmpty: false } fields })
            written["fields"] = new JsonArray([.. fields.Select(field => (JsonNode)FieldOf(field))]);
        if (answer.IsWrapped)
            written["wrapped"] = true;
        return written;
    }

    private static JsonObject FieldOf(FormField field)
    {
        var written = new JsonObject { ["name"] = field.Name, ["style"] = StyleOf(field.Form), ["explode"] = field.IsExploded };
        if (field.MediaType is not null)
            written["type"] = field.MediaType;
        if (field.IsFile)
            written["file"] = true;
        return written;
    }

    private static string StyleOf(ParameterForm form) => $"{char.ToLowerInvariant(form.ToString()[0])}{form.ToString()[1..]}";
}

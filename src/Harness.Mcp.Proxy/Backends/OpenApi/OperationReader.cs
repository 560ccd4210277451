using System.Collections.Immutable;
using System.Text.Json;
using Microsoft.OpenApi;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>Makes one operation of a document a tool.</summary>
internal sealed class OperationReader(
    SourceDocument source, bool isOld, string path, HttpMethod method, IOpenApiPathItem item, OpenApiOperation operation, IReadOnlySet<string> ownHeaders)
{
    private static readonly HashSet<string> Methods = new(StringComparer.Ordinal) { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE" };

    /// <exception cref="OperationRefusedException">It cannot be one.</exception>
    public ApiOperation Read(string tool, Uri @base)
    {
        if (!Methods.Contains(method.Method))
            throw new OperationRefusedException($"`{VisibleText.Escape(method.Method)}` is no method for tools.");
        var rawItem = source.Resolve(source.Root.GetProperty("paths").GetProperty(path));
        var raw = rawItem.GetProperty(method.Method.ToLowerInvariant());

        var input = new SchemaConversion(source, isOld, isRequest: true);
        var arguments = new ArgumentList();
        var parameters = ParametersOf(rawItem, raw, arguments, input);
        var body = new BodyReader(source, input).Read(raw, method, arguments);
        var answer = new AnswerReader(source, isOld).Read(raw);
        var request = new RequestShape(method, @base, path, parameters, body, answer.MediaTypes);
        PathExpansion.Check(request);
        return ToolDefinitionWriter.Write(tool, operation, request, arguments.ToSchema(input.Definitions()), answer);
    }

    private ImmutableArray<ApiParameter> ParametersOf(JsonElement rawItem, JsonElement raw, ArgumentList arguments, SchemaConversion input)
    {
        var all = Paired(item.Parameters, rawItem).Concat(Paired(operation.Parameters, raw)).ToList();
        var read = ImmutableArray.CreateBuilder<ApiParameter>();
        foreach (var (parameter, written) in all)
        {
            // What an operation says of a parameter stands in place of what its path says.
            if (all.FindLast(other => other.Meaning.Name == parameter.Name && other.Meaning.In == parameter.In).Meaning != parameter)
                continue;
            if (ParameterReader.Read(parameter, ownHeaders) is not { } place)
                continue;
            var schema = ParameterReader.SchemaOf(written, parameter);
            var converted = schema is { } given ? input.Convert(given) : new System.Text.Json.Nodes.JsonObject();
            var argument = arguments.Add(parameter.Name ?? "", place, parameter.Required || place == ParameterPlace.Path, converted, parameter.Description);
            read.Add(new ApiParameter(parameter.Name ?? "", argument, place, ParameterReader.FormOf(parameter), parameter.Explode, parameter.Required || place == ParameterPlace.Path));
        }

        if (read.DistinctBy(parameter => (parameter.Place, parameter.Place == ParameterPlace.Path ? parameter.Name : parameter.Name.ToLowerInvariant())).Count() < read.Count)
            throw new OperationRefusedException("two of its parameters differ by the case of their letters alone, which services do not all see.");
        return read.ToImmutable();
    }

    /// <summary>Each parameter as the library understands it, beside what the document says.</summary>
    private IEnumerable<(IOpenApiParameter Meaning, JsonElement Written)> Paired(IList<IOpenApiParameter>? parameters, JsonElement holder)
    {
        var written = holder.TryGetProperty("parameters", out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray().ToArray() : [];
        if (written.Length != (parameters?.Count ?? 0))
            throw new OperationRefusedException("its parameters cannot be read.");
        return (parameters ?? []).Select((parameter, index) => (parameter, source.Resolve(written[index])));
    }
}

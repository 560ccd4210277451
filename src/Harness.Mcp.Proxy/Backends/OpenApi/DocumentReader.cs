using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>
/// Reads an OpenAPI document (3.0 or 3.1) into operations. The library says what paths, parameters and servers mean in each version;
/// schemas are taken from the document as written, since the library's model loses what it has no member for.
/// </summary>
internal static class DocumentReader
{
    private static readonly Uri Nowhere = new("https://document.invalid/");

    /// <param name="base">Gives the address that an operation's paths are under, from the servers that apply to it.</param>
    /// <param name="ownHeaders">Headers that the proxy sends itself: no argument sets them.</param>
    /// <exception cref="Wire.WireException">It is no OpenAPI document that can be used.</exception>
    public static ApiDescription Read(JsonElement root, Func<IReadOnlyList<OpenApiServer>, Uri> @base, IReadOnlySet<string> ownHeaders)
    {
        var version = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("openapi", out var written) && written.ValueKind == JsonValueKind.String
            ? written.GetString() ?? ""
            : "";
        if (!version.StartsWith("3.0", StringComparison.Ordinal) && !version.StartsWith("3.1", StringComparison.Ordinal))
            throw new Wire.WireException(version.Length == 0
                ? "The document does not say `openapi: 3…` at its top; documents of Swagger 2.0 must be converted first."
                : $"The document is written in OpenAPI `{VisibleText.Escape(version)}`; 3.0 and 3.1 are read here.");

        var (document, errors) = Parse(root);
        var source = new SourceDocument(root);
        var names = new OperationNames();
        var found = new List<(string Label, string Wanted, Func<string, ApiOperation> Build)>();
        var leftOut = ImmutableArray.CreateBuilder<LeftOutOperation>();
        foreach (var (path, item) in document.Paths)
        {
            if (Unreadable(source, path) is { } why)
            {
                leftOut.Add(new(VisibleText.Escape(path), why));
                continue;
            }

            foreach (var (method, operation) in item.Operations ?? [])
            {
                var label = VisibleText.Escape($"{method.Method} {path}");
                if (errors.FirstOrDefault(error => IsOf(error, path, method)) is { } error)
                {
                    leftOut.Add(new(label, $"the document is wrong there: {VisibleText.Escape(error.Message)}"));
                    continue;
                }

                var reader = new OperationReader(source, version.StartsWith("3.0", StringComparison.Ordinal), path, method, item, operation, ownHeaders);
                found.Add((label, names.Wanted(operation.OperationId, method, path), tool => reader.Read(tool, @base(ServersOf(document, item, operation)))));
            }
        }

        var operations = ImmutableArray.CreateBuilder<ApiOperation>();
        foreach (var (label, wanted, build) in found)
            try
            {
                operations.Add(build(names.Unique(wanted, label)));
            }
            catch (OperationRefusedException refused)
            {
                leftOut.Add(new(label, refused.Message));
            }

        return new ApiDescription(version, operations.ToImmutable(), leftOut.ToImmutable());
    }

    /// <summary>Why the operations of a path cannot be looked at; null where they can.</summary>
    private static string? Unreadable(SourceDocument source, string path)
    {
        try
        {
            _ = source.Resolve(source.Root.GetProperty("paths").GetProperty(path));
            return null;
        }
        catch (OperationRefusedException refused)
        {
            return refused.Message;
        }
    }

    private static (OpenApiDocument Document, IList<OpenApiError> Errors) Parse(JsonElement root)
    {
        try
        {
            // References stay as they are: nothing is fetched, and no rule set of the library's decides what may be used.
            var settings = new OpenApiReaderSettings { LoadExternalRefs = false, RuleSet = ValidationRuleSet.GetEmptyRuleSet() };
            var read = new OpenApiJsonReader().Read(JsonObject.Create(root)!, Nowhere, settings);
            if (!root.TryGetProperty("paths", out _) || read.Document?.Paths is null)
                throw new Wire.WireException("The document has no `paths`.");
            return (read.Document, read.Diagnostic?.Errors ?? []);
        }
        catch (Exception failure) when (failure is not (Wire.WireException or OutOfMemoryException))
        {
            throw new Wire.WireException($"The document cannot be read as OpenAPI: {VisibleText.Escape(failure.Message)}", failure);
        }
    }

    /// <summary>What the library finds wrong inside of a schema is judged where the schema is converted.</summary>
    private static bool IsOf(OpenApiError error, string path, HttpMethod method)
    {
        var place = $"#/paths/{path.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
        var pointer = error.Pointer ?? "";
        return !pointer.Contains("/schema/", StringComparison.Ordinal) && !pointer.EndsWith("/schema", StringComparison.Ordinal)
            && (pointer.StartsWith($"{place}/parameters", StringComparison.Ordinal)
                || pointer.StartsWith($"{place}/{method.Method.ToLowerInvariant()}/", StringComparison.Ordinal));
    }

    private static List<OpenApiServer> ServersOf(OpenApiDocument document, IOpenApiPathItem item, OpenApiOperation operation) =>
        Given(operation.Servers) ?? Given(item.Servers) ?? Given(document.Servers) ?? [];

    private static List<OpenApiServer>? Given(IList<OpenApiServer>? servers) => servers is { Count: > 0 } ? [.. servers] : null;
}

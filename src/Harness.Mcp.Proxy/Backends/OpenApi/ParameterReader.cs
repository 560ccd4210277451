using System.Text.Json;
using Microsoft.OpenApi;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>What a parameter of a document means for a request.</summary>
internal static class ParameterReader
{
    /// <summary>
    /// Headers that no argument sets: credentials, what frames the message or belongs to one hop, and what services take for another method,
    /// path, host or caller. OpenAPI itself ignores the first three.
    /// </summary>
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept", "Content-Type", "Authorization", "Proxy-Authorization", "Proxy-Authenticate", "Proxy-Connection", "Cookie", "Cookie2", "Host",
        "Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Content-Length", "Content-Encoding", "Expect", "Via",
        "Forwarded", "X-HTTP-Method", "X-HTTP-Method-Override", "X-Method-Override", "X-Original-URL", "X-Original-Host", "X-Rewrite-URL", "X-Real-IP",
        "X-Host", "X-Client-IP", "True-Client-IP", "CF-Connecting-IP", "Origin", "Referer", "Accept-Encoding", "traceparent", "tracestate", "baggage",
    };

    /// <summary>Where it goes; null where the proxy sets it, or nobody.</summary>
    /// <exception cref="OperationRefusedException">The operation needs what no argument may set, or the parameter cannot be sent.</exception>
    public static ParameterPlace? Read(IOpenApiParameter parameter, IReadOnlySet<string> ownHeaders)
    {
        if (parameter is not { Name: { Length: > 0 } name, In: { } where })
            throw new OperationRefusedException("one of its parameters has no `name` or no `in`.");
        switch (where)
        {
            case ParameterLocation.Path:
                return ParameterPlace.Path;
            case ParameterLocation.Query:
                return ParameterPlace.Query;
            case ParameterLocation.Header when ownHeaders.Contains(name) || name is "Accept" or "Content-Type" or "Authorization":
                return null;
            case ParameterLocation.Header when IsReserved(name):
                return parameter.Required ? throw new OperationRefusedException($"it needs the header `{VisibleText.Escape(name)}`, which no argument may set.") : null;
            case ParameterLocation.Header:
                return IsToken(name) ? ParameterPlace.Header : throw new OperationRefusedException($"`{VisibleText.Escape(name)}` cannot be the name of a header.");
            case ParameterLocation.Cookie when ownHeaders.Contains("Cookie"):
                return null;
            case ParameterLocation.Cookie:
                return IsToken(name) ? ParameterPlace.Cookie : throw new OperationRefusedException($"`{VisibleText.Escape(name)}` cannot be the name of a cookie.");
            default:
                throw new OperationRefusedException($"its parameter `{VisibleText.Escape(name)}` has a place that is not supported.");
        }
    }

    public static ParameterForm FormOf(IOpenApiParameter parameter) => parameter.Content is { Count: > 0 } ? ParameterForm.Json : parameter.Style switch
    {
        ParameterStyle.Matrix => ParameterForm.Matrix,
        ParameterStyle.Label => ParameterForm.Label,
        ParameterStyle.Simple => ParameterForm.Simple,
        ParameterStyle.SpaceDelimited => ParameterForm.SpaceDelimited,
        ParameterStyle.PipeDelimited => ParameterForm.PipeDelimited,
        ParameterStyle.DeepObject => ParameterForm.DeepObject,
        _ => ParameterForm.Form,
    };

    /// <summary>The schema as written; null where the document gives none.</summary>
    /// <exception cref="OperationRefusedException">The parameter is written in a media type that is not JSON.</exception>
    public static JsonElement? SchemaOf(JsonElement written, IOpenApiParameter parameter)
    {
        var holder = written;
        if (parameter.Content is { Count: > 0 })
        {
            var content = written.TryGetProperty("content", out var types) ? types.EnumerateObject().FirstOrDefault() : default;
            if (content.Value.ValueKind != JsonValueKind.Object || !MediaTypes.IsJson(content.Name))
                throw new OperationRefusedException($"its parameter `{VisibleText.Escape(parameter.Name ?? "")}` is not written as JSON.");
            holder = content.Value;
        }

        return holder.TryGetProperty("schema", out var schema) ? schema : null;
    }

    private static bool IsReserved(string name) =>
        Reserved.Contains(name) || name.StartsWith("Sec-", StringComparison.OrdinalIgnoreCase) || name.StartsWith("X-Forwarded", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("Proxy-", StringComparison.OrdinalIgnoreCase);

    private static bool IsToken(string name) =>
        name.Length <= 128 && name.All(character => char.IsAsciiLetterOrDigit(character) || "!#$%&'*+-.^_`|~".Contains(character, StringComparison.Ordinal));
}

using System.Net.Http.Headers;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>What a media type holds.</summary>
internal static class MediaTypes
{
    private const string DefaultJson = "application/json";

    /// <summary>`application/json`, `…/…+json`, and ranges that admit it.</summary>
    public static bool IsJson(string type)
    {
        var plain = Name(type);
        return plain is DefaultJson or "text/json" or "application/*" or "*/*" || plain.EndsWith("+json", StringComparison.Ordinal);
    }

    public static bool IsUrlEncoded(string type) => Name(type) == "application/x-www-form-urlencoded";

    public static bool IsMultipartForm(string type) => Name(type) == "multipart/form-data";

    public static bool IsText(string type)
    {
        var plain = Name(type);
        return plain.StartsWith("text/", StringComparison.Ordinal) || plain.EndsWith("+xml", StringComparison.Ordinal) || plain.EndsWith("+yaml", StringComparison.Ordinal)
            || plain is "application/xml" or "application/yaml" or "application/x-yaml" or "application/x-ndjson" or "application/jsonl" or "application/javascript" or "application/x-www-form-urlencoded";
    }

    /// <summary>Images that clients show.</summary>
    public static bool IsImage(string type) => Name(type) is "image/png" or "image/jpeg" or "image/gif" or "image/webp";

    /// <summary>The type as it can be sent: a range becomes JSON, and what is no type at all too.</summary>
    public static string Plain(string type) =>
        type.Contains('*', StringComparison.Ordinal) || !MediaTypeHeaderValue.TryParse(type, out var parsed) ? DefaultJson : parsed.ToString();

    private static string Name(string type) => type.Split(';')[0].Trim().ToLowerInvariant();
}

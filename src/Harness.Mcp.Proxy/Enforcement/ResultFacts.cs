using System.Text.Json;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>What rules may read of a result, and how much of it a link keeps.</summary>
internal sealed record ResultFacts(JsonElement? Fields, Digest Digest, bool IsError)
{
    /// <summary>
    /// Bytes of a result's fields that a link keeps. A larger result still reaches the agent, but rules see no field of it, so
    /// nothing can be anchored on it or read from it: exhaustion denies.
    /// </summary>
    public const int RecordedBytesMax = 256 * 1024;

    public static ResultFacts Of(JsonElement result)
    {
        var fields = FieldsOf(result);
        var isError = result.TryGetProperty("isError", out var flag) && flag.ValueKind == JsonValueKind.True;
        return new ResultFacts(
            fields is { } found && found.GetRawText().Length <= RecordedBytesMax ? found : null,
            Digest.Of(result),
            isError);
    }

    /// <summary>`structuredContent`; without it, the JSON that the text holds; else the text as one string; null where there is neither.</summary>
    private static JsonElement? FieldsOf(JsonElement result)
    {
        if (result.TryGetProperty("structuredContent", out var structured) && structured.ValueKind != JsonValueKind.Null)
            return structured;

        if (!result.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.Array)
            return null;

        var texts = content.EnumerateArray()
            .Where(item => item.ValueKind == JsonValueKind.Object
                && item.TryGetProperty("type", out var type) && type.ValueKind == JsonValueKind.String && type.ValueEquals("text")
                && item.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String)
            .Select(item => item.GetProperty("text").GetString()!)
            .ToList();
        if (texts.Count == 0)
            return null;

        var whole = string.Join('\n', texts);
        return ParseObjectOrArray(whole) ?? JsonSerializer.SerializeToElement(whole);
    }

    /// <summary>Only objects and arrays count as JSON: a text that happens to be a number or `true` stays the text it is.</summary>
    private static JsonElement? ParseObjectOrArray(string text)
    {
        var start = text.AsSpan().TrimStart();
        if (start.IsEmpty || (start[0] != '{' && start[0] != '['))
            return null;

        try
        {
            return JsonElement.Parse(text, StrictJson);
        }
        catch (JsonException)
        {
            return null; // Not JSON after all, or with duplicate keys, which two readers could read differently: a string.
        }
    }

    private static readonly JsonDocumentOptions StrictJson = new() { AllowDuplicateProperties = false, MaxDepth = 64 };
}

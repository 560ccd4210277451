using System.Text.Json;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>The shapes of what reads of resources, prompts and completions return.</summary>
internal static class ReadResult
{
    private const int CompletionsMax = 100;

    /// <summary>What is wrong with a result, as the end of a sentence; null for nothing.</summary>
    public static string? Fault(JsonElement result, CallKind kind) => kind switch
    {
        CallKind.Resource => All(result, "contents", IsContents) ? null : "has no list of contents, each with a URI and a text or a blob",
        CallKind.Prompt => All(result, "messages", IsMessage) ? null : "has no list of messages, each with a role and typed content",
        CallKind.Completion => IsCompletion(result) ? null : $"has no completion with at most {CompletionsMax} values",
        _ => null,
    };

    private static bool All(JsonElement result, string list, Predicate<JsonElement> isFit)
    {
        if (!result.TryGetProperty(list, out var items) || items.ValueKind != JsonValueKind.Array)
            return false;
        foreach (var item in items.EnumerateArray())
            if (item.ValueKind != JsonValueKind.Object || !isFit(item))
                return false;
        return true;
    }

    private static bool IsContents(JsonElement item) => HasText(item, "uri") && (HasText(item, "text") || HasText(item, "blob"));

    private static bool IsMessage(JsonElement item) =>
        HasText(item, "role") && item.TryGetProperty("content", out var content) && content.ValueKind switch
        {
            JsonValueKind.Object => HasText(content, "type"),
            JsonValueKind.Array => content.EnumerateArray().All(part => part.ValueKind == JsonValueKind.Object && HasText(part, "type")),
            _ => false,
        };

    private static bool IsCompletion(JsonElement result) =>
        result.TryGetProperty("completion", out var completion) && completion.ValueKind == JsonValueKind.Object
        && completion.TryGetProperty("values", out var values) && values.ValueKind == JsonValueKind.Array && values.GetArrayLength() <= CompletionsMax
        && values.EnumerateArray().All(value => value.ValueKind == JsonValueKind.String);

    private static bool HasText(JsonElement value, string key) => value.TryGetProperty(key, out var text) && text.ValueKind == JsonValueKind.String;
}

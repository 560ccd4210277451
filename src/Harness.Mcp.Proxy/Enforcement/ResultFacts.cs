using System.Text.Json;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>What rules may read of a result, and how much of it a link keeps.</summary>
/// <param name="Text">What the agent can read besides the fields, where that is more than their JSON.</param>
/// <param name="IsCut">The agent can read more than the link keeps.</param>
internal sealed record ResultFacts(JsonElement? Fields, string? Text, bool IsCut, Digest Digest, bool IsError)
{
    /// <summary>
    /// Bytes of a result's fields, and characters of its text, that a link keeps. A larger result still reaches the agent, but rules see no
    /// field of it, so nothing can be anchored on it or read from it, and no value is known from it: exhaustion denies.
    /// </summary>
    public const int RecordedBytesMax = 256 * 1024;

    public static ResultFacts Of(JsonElement result)
    {
        var texts = ContentTexts.Of(result);
        var hasStructured = result.TryGetProperty("structuredContent", out var structured) && structured.ValueKind != JsonValueKind.Null;
        JsonElement? fields = hasStructured ? structured : texts.Plain is null ? null : ParseObjectOrArray(texts.Plain) ?? JsonSerializer.SerializeToElement(texts.Plain);
        var text = hasStructured && texts.Plain is { } plain && !IsJsonOf(structured, plain) ? Joined(plain, texts.Embedded) : texts.Embedded;

        var isError = result.TryGetProperty("isError", out var flag) && flag.ValueKind == JsonValueKind.True;
        var areFieldsKept = fields is not { } found || found.GetRawText().Length <= RecordedBytesMax;
        var isTextKept = text is null || text.Length <= RecordedBytesMax;
        return new ResultFacts(
            areFieldsKept ? fields : null,
            isTextKept ? text : null,
            !areFieldsKept || !isTextKept,
            Digest.Of(result),
            isError);
    }

    private static string Joined(string one, string? other) => other is null ? one : $"{one}\n{other}";

    private static bool IsJsonOf(JsonElement structured, string text) =>
        ParseObjectOrArray(text) is { } parsed && Digest.Of(parsed) == Digest.Of(structured);

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

using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>What rules may read of a result, and how much of it a link keeps.</summary>
/// <param name="Text">What the agent can read besides the fields, where that is more than their JSON.</param>
/// <param name="IsCut">The agent can read more than the link keeps.</param>
internal readonly record struct ResultFacts(JsonElement? Fields, string? Text, bool IsCut, Digest Digest, bool IsError)
{
    /// <summary>
    /// Bytes of a result's fields, and characters of its text, that a link keeps. A larger result still reaches the agent, but rules see no
    /// field of it, so nothing can be anchored on it or read from it, and no value is known from it: exhaustion denies.
    /// </summary>
    public const int RecordedBytesMax = 256 * 1024;

    public static ResultFacts Of(JsonElement result, CallKind kind, ResultForm form)
    {
        if (OneText(result, kind, form) is { } only)
        {
            var isKept = JsonMarshal.GetRawUtf8Value(only).Length <= RecordedBytesMax;
            return new ResultFacts(isKept ? only : null, null, !isKept, Digest.Of(result), IsErrorResult(result));
        }

        var texts = ContentTexts.Of(result, kind);
        var hasStructured = result.TryGetProperty(kind == CallKind.Completion ? "completion" : "structuredContent", out var structured) && structured.ValueKind != JsonValueKind.Null;
        var isBeside = false;
        var fields = hasStructured ? structured : texts.Plain is null ? (JsonElement?)null : FieldsOf(texts.Plain, form, out isBeside);
        if (hasStructured && texts.Plain is { } shown)
            isBeside = !IsJsonOf(structured, shown);
        var text = isBeside ? Joined(texts.Plain!, texts.Embedded) : texts.Embedded;

        var areFieldsKept = fields is not { } found || JsonMarshal.GetRawUtf8Value(found).Length <= RecordedBytesMax;
        var isTextKept = text is null || text.Length <= RecordedBytesMax;
        return new ResultFacts(
            areFieldsKept ? fields : null,
            isTextKept ? text : null,
            !areFieldsKept || !isTextKept,
            Digest.Of(result),
            IsErrorResult(result));
    }

    private static bool IsErrorResult(JsonElement result) => result.TryGetProperty("isError", out var flag) && flag.ValueKind == JsonValueKind.True;

    /// <summary>
    /// The text of a result that is nothing else, where it is plainly no JSON: it is its own only field, and need not be copied. Texts are often
    /// large, so what is written here with more care elsewhere is told from the bytes.
    /// </summary>
    private static JsonElement? OneText(JsonElement result, CallKind kind, ResultForm form)
    {
        if (kind != CallKind.Tool || form != ResultForm.Json || result.TryGetProperty("structuredContent", out _)
            || !result.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.Array || content.GetArrayLength() != 1)
            return null;
        var item = content[0];
        if (item.ValueKind != JsonValueKind.Object
            || !item.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String || !type.ValueEquals("text"u8)
            || !item.TryGetProperty("text", out var text) || text.ValueKind != JsonValueKind.String)
            return null;

        // Escaped characters may be white space before JSON, or half of a pair: those texts are read as a whole.
        var raw = JsonMarshal.GetRawUtf8Value(text)[1..^1].TrimStart(" "u8);
        return raw.IsEmpty || raw[0] is (byte)'{' or (byte)'[' or (byte)'\\' or >= 0x80 || raw.IndexOf("\\u"u8) >= 0 ? null : text;
    }

    private static string Joined(string one, string? other) => other is null ? one : $"{one}\n{other}";

    private static bool IsJsonOf(JsonElement structured, string text) =>
        ParseJson(text) is { } parsed && Digest.Of(parsed) == Digest.Of(structured);

    /// <summary>The JSON (or YAML, where that is the form) that the text holds; else the text as one string.</summary>
    /// <param name="isBeside">Whether the text may say more than its fields: YAML has comments.</param>
    private static JsonElement FieldsOf(string text, ResultForm form, out bool isBeside)
    {
        isBeside = false;
        if (ParseJson(text) is { } json)
            return json;
        if (form != ResultForm.Yaml || ParseYaml(text) is not { } yaml)
            return JsonSerializer.SerializeToElement(text);
        isBeside = text.Contains('#', StringComparison.Ordinal);
        return yaml;
    }

    /// <summary>Only objects and arrays count as JSON: a text that happens to be a number or `true` stays the text it is.</summary>
    private static JsonElement? ParseJson(string text)
    {
        var start = text.AsSpan().TrimStart();
        if (start.IsEmpty || (start[0] != '{' && start[0] != '['))
            return null;

        try
        {
            return JsonElement.Parse(WholeCharacters.Of(Encoding.UTF8.GetBytes(text)).Span, StrictJson);
        }
        catch (JsonException)
        {
            return null; // Not JSON after all, or with duplicate keys, which two readers could read differently: a string.
        }
    }

    /// <summary>
    /// Only maps and lists count as YAML. What the reader of documents refuses (aliases, tags, duplicate keys, too deep, invisible
    /// characters) stays a string, and so does text that is larger than what a link keeps.
    /// </summary>
    private static JsonElement? ParseYaml(string text)
    {
        if (text.Length > RecordedBytesMax || YamlReader.Read(text, "result.yaml") is not { IsValid: true, Value: DocumentNode.Map or DocumentNode.List } read)
            return null;
        return DocumentJson.Write(read.Value);
    }

    private static readonly JsonDocumentOptions StrictJson = new() { AllowDuplicateProperties = false, MaxDepth = 64 };
}

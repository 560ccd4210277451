using System.Text.Json;
using Harness.Mcp.Proxy.Backends;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>What an agent can read in a result: its text items, and the texts and links of resources in it.</summary>
/// <param name="Plain">The text items, or the texts of a resource that was read, joined by line ends; null where there are none.</param>
/// <param name="Embedded">Texts of embedded resources, addresses and descriptions of linked ones, a prompt's description; null where there are none.</param>
internal sealed record ContentTexts(string? Plain, string? Embedded)
{
    public static ContentTexts Of(JsonElement result, CallKind kind)
    {
        var plain = new List<string>();
        var embedded = new List<string>();
        if (kind == CallKind.Prompt)
            AddAll(result, embedded, "description");
        var list = kind switch { CallKind.Resource => "contents", CallKind.Prompt => "messages", _ => "content" };
        if (result.TryGetProperty(list, out var content) && content.ValueKind == JsonValueKind.Array)
            foreach (var item in content.EnumerateArray())
                AddItem(item, kind, plain, embedded);
        return new ContentTexts(Joined(plain), Joined(embedded));
    }

    private static void AddItem(JsonElement item, CallKind kind, List<string> plain, List<string> embedded)
    {
        if (item.ValueKind != JsonValueKind.Object)
            return;
        switch (kind)
        {
            case CallKind.Resource:
                AddAll(item, plain, "text");
                AddAll(item, embedded, "uri");
                break;
            case CallKind.Prompt when item.TryGetProperty("content", out var content):
                foreach (var part in content.ValueKind == JsonValueKind.Array ? [.. content.EnumerateArray()] : (JsonElement[])[content])
                    Add(part, plain, embedded);
                break;
            default:
                Add(item, plain, embedded);
                break;
        }
    }

    private static void Add(JsonElement item, List<string> plain, List<string> embedded)
    {
        if (item.ValueKind != JsonValueKind.Object || Text(item, "type") is not { } type)
            return;
        switch (type)
        {
            case "text" when Text(item, "text") is { } text:
                plain.Add(text);
                break;
            case "resource" when item.TryGetProperty("resource", out var resource) && resource.ValueKind == JsonValueKind.Object:
                AddAll(resource, embedded, "uri", "text");
                break;
            case "resource_link":
                AddAll(item, embedded, "uri", "name", "title", "description");
                break;
        }
    }

    private static void AddAll(JsonElement from, List<string> texts, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
            if (Text(from, key) is { } text)
                texts.Add(text);
    }

    private static string? Text(JsonElement from, string key) =>
        from.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string? Joined(List<string> texts) => texts.Count == 0 ? null : string.Join('\n', texts);
}

using System.Text.Json;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>What an agent can read in a result's `content`: the text items, and the texts and links of resources in it.</summary>
/// <param name="Plain">The text items, joined by line ends; null where there are none.</param>
/// <param name="Embedded">Texts of embedded resources, addresses and descriptions of linked ones; null where there are none.</param>
internal sealed record ContentTexts(string? Plain, string? Embedded)
{
    public static ContentTexts Of(JsonElement result)
    {
        var plain = new List<string>();
        var embedded = new List<string>();
        if (result.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.Array)
            foreach (var item in content.EnumerateArray())
                Add(item, plain, embedded);
        return new ContentTexts(Joined(plain), Joined(embedded));
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

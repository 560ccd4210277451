using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using Harness.Mcp.Proxy.Backends.Catalog;

namespace Harness.Mcp.Proxy.Backends.Reads;

/// <summary>A resource as its backend lists it now: not pinned, since resources come and go. Only its form is checked.</summary>
/// <param name="Uri">As the backend writes it.</param>
internal sealed record ListedResource(string Uri, JsonElement Json)
{
    /// <summary>Resources taken from one backend; what it lists beyond them can be read, but is not shown.</summary>
    public const int CountMax = 10_000;

    private const int BytesMax = 8 * 1024;

    /// <summary>Sorted by URI. What is not fit is left out with the reason; of two of one URI the first is taken.</summary>
    public static ImmutableArray<ListedResource> ReadAll(IEnumerable<JsonElement> listed, Action<string, string> refuse)
    {
        var found = new SortedDictionary<string, ListedResource>(StringComparer.Ordinal);
        foreach (var json in listed)
        {
            var uri = json.ValueKind == JsonValueKind.Object && json.TryGetProperty("uri", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString()! : "";
            if (!ResourceUri.IsSound(uri))
                refuse("resources/read", $"The resource `{VisibleText.Escape(uri.Length > 128 ? uri[..128] : uri)}` has no absolute URI in normal form, so it is not shown.");
            else if (JsonMarshal.GetRawUtf8Value(json).Length > BytesMax || ToolDefinition.HiddenIn(json) is not null)
                refuse("resources/read", $"The resource `{uri}` is not shown: its description is larger than {BytesMax / 1024} KiB, or hides characters from people.");
            else
                found.TryAdd(uri, new ListedResource(uri, json));
        }

        return [.. found.Values];
    }
}

using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Wire.Modern;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// The pages of `tools/list`: sorted by name, definitions as approved but for the exposed name and what this proxy does not serve. A page is
/// written once for each era, and then answered as it stands for as long as its listing is in use.
/// </summary>
internal sealed class ToolPages
{
    public const int ToolsMax = 1_000;

    private static readonly ConditionalWeakTable<ToolListing.Tools, ToolPages> Known = [];

    private readonly ImmutableArray<ListedTool> _listed;
    private readonly ConcurrentDictionary<(int Start, bool IsModern), JsonElement> _written = new();

    private ToolPages(ToolListing.Tools listing) => _listed = listing.Listed.Sort((one, other) => string.CompareOrdinal(one.ExposedName, other.ExposedName));

    public static ToolPages Of(ToolListing.Tools listing) => Known.GetValue(listing, static listing => new ToolPages(listing));

    /// <summary>The whole `result` of one page.</summary>
    /// <param name="cursor">
    /// The name of the last tool of the page before, so that pages hold together even when the list changes in between; null for the first.
    /// </param>
    /// <param name="keepMilliseconds">How long a modern agent may keep it; older ones are not told.</param>
    public JsonElement Page(string? cursor, bool isModern, int keepMilliseconds)
    {
        var start = cursor is null ? 0 : After(cursor);

        // Agents that follow the cursors given to them meet these pages alone; a page from anywhere else is not worth keeping.
        return start % ToolsMax == 0
            ? _written.GetOrAdd((start, isModern), key => Write(key.Start, key.IsModern, keepMilliseconds))
            : Write(start, isModern, keepMilliseconds);
    }

    private int After(string cursor)
    {
        var (low, high) = (0, _listed.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (string.CompareOrdinal(_listed[middle].ExposedName, cursor) <= 0) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private JsonElement Write(int start, bool isModern, int keepMilliseconds)
    {
        var end = Math.Min(start + ToolsMax, _listed.Length);
        var result = new JsonObject { ["tools"] = new JsonArray([.. _listed[start..end].Select(tool => Shown(tool, isModern))]) };
        if (end < _listed.Length) result["nextCursor"] = _listed[end - 1].ExposedName;
        if (!isModern) return WireJson.ElementOf(result);

        Presentation.MayBeKept(result, keepMilliseconds);
        return ReplyWriter.Prepare(result);
    }

    private static JsonObject Shown(ListedTool tool, bool isModern)
    {
        var shown = new JsonObject();
        foreach (var member in tool.Definition.EnumerateObject())
        {
            // `execution` offers tasks, which this proxy does not serve. Before 2026-07-28 an output schema described an object.
            var isLeftOut = member.Name is "execution" || (member.Name is "outputSchema" && !isModern && !DescribesObject(member.Value));
            if (!isLeftOut) shown[member.Name] = member.Name is "name" ? tool.ExposedName : WireJson.ToNode(member.Value);
        }

        return shown;
    }

    private static bool DescribesObject(JsonElement schema) =>
        schema.ValueKind == JsonValueKind.Object
        && schema.TryGetProperty("type", out var type)
        && type.ValueKind == JsonValueKind.String
        && type.ValueEquals("object");
}

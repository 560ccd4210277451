using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>Reads the lists of a backend page by page, to an end even where the backend has none.</summary>
/// <param name="request">Asks for one page, by method and cursor; null for the first.</param>
internal sealed class ListPages(Func<string, string?, CancellationToken, Task<ExchangeEnd>> request)
{
    private const int PagesMax = 1000;

    /// <summary>One list, over all its pages.</summary>
    /// <param name="kind">One of the lists.</param>
    /// <param name="itemsMax">More are not asked for.</param>
    /// <returns>The items, and whether there are more.</returns>
    /// <exception cref="WireException">The list cannot be had or accepted; a list of tools also where it has more items.</exception>
    public async Task<(ImmutableArray<JsonElement> Items, bool IsCut)> ReadAsync(ListKinds kind, int itemsMax, CancellationToken cancellationToken)
    {
        var (method, key) = NamesOf(kind);
        var items = ImmutableArray.CreateBuilder<JsonElement>();
        var cursors = new HashSet<string>(StringComparer.Ordinal);
        string? cursor = null;
        do
        {
            var page = PageOf(await request(method, cursor, cancellationToken), method, key);
            items.AddRange(page.GetProperty(key).EnumerateArray());
            if (items.Count > itemsMax && kind == ListKinds.Tools)
                throw new WireException($"The backend lists more than {itemsMax} tools.");
            if (items.Count > itemsMax)
                return ([.. items.Take(itemsMax)], true);
            cursor = page.TryGetProperty("nextCursor", out var next) && next.ValueKind == JsonValueKind.String ? next.GetString() : null;
            if (cursor is not null && (!cursors.Add(cursor) || cursors.Count > PagesMax))
                throw new WireException($"The backend's answer to `{method}` never ends: its cursors repeat.");
        }
        while (cursor is not null);

        return (items.ToImmutable(), false);
    }

    private static (string Method, string Key) NamesOf(ListKinds kind) => kind switch
    {
        ListKinds.Tools => ("tools/list", "tools"),
        ListKinds.Resources => ("resources/list", "resources"),
        ListKinds.Templates => ("resources/templates/list", "resourceTemplates"),
        ListKinds.Prompts => ("prompts/list", "prompts"),
        _ => throw new UnreachableException($"No list for {kind}."),
    };

    private static JsonElement PageOf(ExchangeEnd end, string method, string key) => end switch
    {
        ExchangeEnd.Result { Value: { ValueKind: JsonValueKind.Object } page }
            when page.TryGetProperty(key, out var items) && items.ValueKind == JsonValueKind.Array && IsComplete(page) => page,
        ExchangeEnd.Result => throw new WireException($"The backend's answer to `{method}` has a wrong shape."),
        ExchangeEnd.Error { Code: var code } => throw new WireException($"The backend answered `{method}` with the error {code}."),
        ExchangeEnd.NotSent(var why) => throw new WireException(why),
        ExchangeEnd.Lost(var why) => throw new WireException(why),
        ExchangeEnd.Unreadable(var why) => throw new WireException(why),
        _ => throw new UnreachableException($"No list for {end.GetType().Name}."),
    };

    private static bool IsComplete(JsonElement page) =>
        !page.TryGetProperty("resultType", out var type) || (type.ValueKind == JsonValueKind.String && type.ValueEquals("complete"u8));
}

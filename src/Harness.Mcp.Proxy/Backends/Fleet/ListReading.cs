using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Backends.Wire;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Backends.Fleet;

/// <summary>
/// Asks a backend for its lists, for those that it says it has. Without its tools a backend cannot be used; of the other lists the last one that
/// is known stays, where one cannot be had.
/// </summary>
internal sealed class ListReading(BackendId id, BackendChannel channel, BackendLimits limits, ILogger logger)
{
    /// <exception cref="WireException">The tools cannot be had, or the channel ended.</exception>
    public async Task<BackendListing> ReadAsync(ListKinds kinds, CancellationToken cancellationToken)
    {
        var offers = channel.Offers;
        return new BackendListing(offers)
        {
            Tools = kinds.HasFlag(ListKinds.Tools) ? await channel.ListToolsAsync(cancellationToken) : null,
            Resources = kinds.HasFlag(ListKinds.Resources)
                ? await OtherAsync(ListKinds.Resources, offers.HasResources, ListedResource.CountMax, cancellationToken)
                : null,
            Templates = kinds.HasFlag(ListKinds.Templates)
                ? await OtherAsync(ListKinds.Templates, offers.HasResources, limits.ToolsMax, cancellationToken)
                : null,
            Prompts = kinds.HasFlag(ListKinds.Prompts)
                ? await OtherAsync(ListKinds.Prompts, offers.HasPrompts, limits.ToolsMax, cancellationToken)
                : null,
        };
    }

    private async Task<ImmutableArray<JsonElement>?> OtherAsync(ListKinds kind, bool isOffered, int itemsMax, CancellationToken cancellationToken)
    {
        if (!isOffered)
            return [];
        try
        {
            var (items, isCut) = await channel.ListAsync(kind, itemsMax, cancellationToken);
            if (isCut)
                BackendLog.ListCut(logger, id, kind, itemsMax);
            return items;
        }
        catch (WireException failure) when (!channel.Ended.IsCompleted)
        {
            BackendLog.ListLacking(logger, id, kind, failure.Message);
            return null;
        }
    }
}

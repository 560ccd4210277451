using System.Collections.Concurrent;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Backends;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>
/// What of the catalog missions' agents are shown. It depends on the catalog, the mission's document and the rules of other authors alone, and the
/// last two have one digest: so missions that were opened alike share one listing, the very same object, until the catalog changes.
/// </summary>
internal sealed class MissionListings
{
    private const int ListingsMax = 64;

    private readonly ConcurrentDictionary<Digest, (CatalogSnapshot Catalog, ToolListing.Tools Listing)> _byRules = new();

    public ToolListing.Tools Of(MissionState state, CatalogSnapshot catalog)
    {
        if (_byRules.TryGetValue(state.Rules, out var known) && known.Catalog == catalog)
            return known.Listing;

        var listing = new ToolListing.Tools(
        [
            .. catalog.Tools.Where(tool => tool.Standing == ToolStanding.Approved && DecisionPoint.IsGranted(state, tool.Facts))
                .Select(tool => new ListedTool(tool.ExposedName, GrantedSchema.Of(state.Template, tool.Facts, tool.Definition))),
        ]);
        if (_byRules.Count >= ListingsMax)
            _byRules.Clear();
        _byRules[state.Rules] = (catalog, listing);
        return listing;
    }
}

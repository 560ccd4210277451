using System.Text.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Enforcement.Images;
using Harness.Mcp.Proxy.Enforcement.Reads;
using Harness.Mcp.Proxy.Telemetry;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>What an agent gets of a backend's result, whenever it comes: with names that it can use, and without images that it should not fetch.</summary>
internal sealed class ShownResults(IReadCatalog reads, IBackendDirectory backends, ILogger<ShownResults> logger)
{
    public JsonElement Of(JsonElement result, CallKind kind, BackendId backend, MissionId mission) =>
        WithoutImages(reads.Reads.Find(backend) is { } of ? ExposedResults.Of(result, kind, backend, of.Form) : result, backend, mission);

    /// <summary>The result without images of hosts that the backend's owner does not list, where it lists any or none.</summary>
    private JsonElement WithoutImages(JsonElement result, BackendId backend, MissionId mission)
    {
        if (backends.Find(backend)?.Images is not { } allowed)
            return result;
        var (shown, hosts) = RemoteImages.TakeOut(result, allowed);
        if (!hosts.IsEmpty)
            Log.ImagesTakenOut(logger, mission.Value, backend.Value, string.Join(", ", hosts.Take(10)));
        return shown;
    }
}

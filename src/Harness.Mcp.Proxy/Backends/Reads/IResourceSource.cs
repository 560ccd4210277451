using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Proxy.Backends.Reads;

/// <summary>Where changes of resources are heard of.</summary>
internal interface IResourceSource
{
    /// <summary>
    /// Watches a resource until the watch is disposed, over sessions and processes that end meanwhile. When this returns the backend has agreed, or
    /// there is no watch.
    /// </summary>
    /// <param name="declares">What the mission's calls tell the backend that it may ask of agents: the watch is on the channel of those calls.</param>
    /// <param name="uri">As the backend writes it.</param>
    /// <param name="updated">Told the URI that changed: this one, or that of a part of it. May be called on any thread, and must not block.</param>
    /// <returns>Null where the backend does not announce changes, does not agree or cannot be reached.</returns>
    Task<IAsyncDisposable?> WatchAsync(
        BackendId backend, MissionId mission, AgentInputs declares, string uri, Action<string> updated, CancellationToken cancellationToken);
}

using Harness.Mcp.Proxy.Backends.Reads;

namespace Harness.Mcp.Proxy.Enforcement.Reads;

/// <summary>Judges subscriptions, and leads what backends announce back to the names that agents know.</summary>
internal sealed class ResourceWatches(EnforcementPoint point, IReadCatalog catalog, IResourceSource source) : IResourceWatches
{
    public async ValueTask<WatchAnswer> WatchAsync(AgentCall read, Action<string> updated, CancellationToken cancellationToken)
    {
        var (refusal, declares) = await point.ForeseeAsync(read, isRecorded: true, cancellationToken);
        if (refusal is not null)
            return new WatchAnswer.Refused(refusal);
        if (catalog.Reads.FindResource(read.Tool) is not (var backend, var uri))
            return new WatchAnswer.NotTold();

        void Tell(string changed) => updated(ResourceUri.Exposed(backend.Id, backend.Form, changed));
        return await source.WatchAsync(backend.Id, read.Mission, declares, uri, Tell, cancellationToken) is { } watch
            ? new WatchAnswer.Watching(watch)
            : new WatchAnswer.NotTold();
    }

    public async ValueTask<bool> MayReadAsync(AgentCall read, CancellationToken cancellationToken) =>
        (await point.ForeseeAsync(read, isRecorded: false, cancellationToken)).Refusal is null;
}

namespace Harness.Mcp.Proxy.Enforcement.Reads;

/// <summary>Subscriptions to changes of resources, each judged as the read that it announces.</summary>
public interface IResourceWatches
{
    /// <summary>
    /// Watches a resource where a read of it would be permitted now; a refusal is recorded like that of a read. When this returns, the backend has agreed.
    /// </summary>
    /// <param name="read">The read of the resource, as `resources/read` would ask for it.</param>
    /// <param name="updated">Told the exposed URI of what changed: the resource, or a part of it. May be called on any thread, and must not block.</param>
    ValueTask<WatchAnswer> WatchAsync(AgentCall read, Action<string> updated, CancellationToken cancellationToken);

    /// <summary>Whether a read would be permitted now; nothing is recorded.</summary>
    ValueTask<bool> MayReadAsync(AgentCall read, CancellationToken cancellationToken);
}

/// <summary>What became of a subscription.</summary>
public abstract record WatchAnswer
{
    private WatchAnswer() { }

    /// <param name="Watch">Ends the subscription when it is disposed.</param>
    public sealed record Watching(IAsyncDisposable Watch) : WatchAnswer;

    /// <summary>The read would be refused, for this reason.</summary>
    public sealed record Refused(CallAnswer.Error Why) : WatchAnswer;

    /// <summary>The backend announces no changes of it, or cannot be reached.</summary>
    public sealed record NotTold : WatchAnswer;
}

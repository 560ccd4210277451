using System.Threading.Channels;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Reads;

namespace Harness.Mcp.Proxy.Wire.Reads;

/// <summary>
/// The resources that one agent subscribed to, over one session or one stream, and the notices of their changes. Changes of one resource that come faster
/// than the agent can be told become one notice; none is sent of what the agent could not read at that moment.
/// </summary>
/// <param name="interval">Shortest time between two rounds of notices.</param>
internal sealed class UpdateNotices(IResourceWatches watches, TimeSpan interval, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Resources that one agent may watch over one session or stream.</summary>
    public const int ResourcesMax = 256;

    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _changing = new(1, 1);
    private readonly Dictionary<string, IAsyncDisposable> _watched = new(StringComparer.Ordinal);
    private readonly HashSet<string> _changed = new(StringComparer.Ordinal);
    private bool _isOver;

    /// <summary>Subscribes; a second time has no effect.</summary>
    /// <returns>Null where it is subscribed; otherwise why not.</returns>
    public async Task<WatchAnswer?> AddAsync(AgentCall read, CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken);
        try
        {
            if (_isOver || _watched.ContainsKey(read.Tool)) return null;
            if (_watched.Count >= ResourcesMax) return new WatchAnswer.NotTold();

            var answer = await watches.WatchAsync(read, Note, cancellationToken);
            if (answer is not WatchAnswer.Watching(var watch)) return answer;
            _watched[read.Tool] = watch;
            return null;
        }
        finally
        {
            _changing.Release();
        }
    }

    public async Task RemoveAsync(string uri)
    {
        await _changing.WaitAsync();
        try
        {
            if (_watched.Remove(uri, out var watch)) await watch.DisposeAsync();
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Sends a notice for each change, until cancelled.</summary>
    /// <param name="read">The read of a resource, by its URI.</param>
    /// <param name="send">Gets the URI of what changed.</param>
    public async Task RunAsync(Func<string, AgentCall> read, Func<string, CancellationToken, Task> send, CancellationToken cancellationToken)
    {
        await foreach (var _ in _changes.Reader.ReadAllAsync(cancellationToken))
        {
            string[] changed;
            lock (_lock)
            {
                changed = [.. _changed.Order(StringComparer.Ordinal)];
                _changed.Clear();
            }

            foreach (var uri in changed)
                if (await watches.MayReadAsync(read(uri), cancellationToken)) await send(uri, cancellationToken);
            await Task.Delay(interval, time, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _changing.WaitAsync();
        _isOver = true;
        await Task.WhenAll(_watched.Values.Select(watch => watch.DisposeAsync().AsTask()));
        _watched.Clear();
        _changing.Release();
    }

    private void Note(string uri)
    {
        lock (_lock)
        {
            // A backend that names ever new parts of a resource cannot fill the memory.
            if (_changed.Count < ResourcesMax * 4) _changed.Add(uri);
        }

        _changes.Writer.TryWrite(true);
    }
}

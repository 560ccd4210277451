using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Fleet;

/// <summary>
/// One channel for each mission, opened with its first call and closed when it was idle for the configured time: what one mission leaves in a
/// session or a process is never met by another. Agents of one mission that can be asked different things have a channel each, since a session is told so once.
/// </summary>
internal sealed class MissionChannels : IAsyncDisposable
{
    /// <summary>Channels at once; past it the one that is idle longest makes room.</summary>
    public const int ChannelsMax = 256;

    private static readonly ChannelKey Shared = new(new MissionId(""), AgentInputs.None);

    private readonly ChannelOpener _opener;
    private readonly IWireReceiver _receiver;
    private readonly TimeSpan _idle;
    private readonly TimeProvider _time;
    private readonly Lock _access = new();
    private readonly Dictionary<ChannelKey, Entry> _entries = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _sweep;

    public MissionChannels(ChannelOpener opener, IWireReceiver receiver, TimeSpan idle, TimeProvider time)
    {
        _opener = opener;
        _receiver = receiver;
        _idle = idle;
        _time = time;
        var period = TimeSpan.FromSeconds(Math.Clamp(idle.TotalSeconds / 4, 0.1, 30));
        _sweep = time.CreateTimer(_ => Sweep(), null, period, period);
    }

    public int Count
    {
        get
        {
            lock (_access)
                return _entries.Count;
        }
    }

    /// <summary>The mission's channel, which stays open until the lease is given back.</summary>
    /// <param name="declares">What the channel tells the backend that it may ask of agents.</param>
    /// <exception cref="WireException">No channel can be had.</exception>
    public Lease Rent(MissionId mission, AgentInputs declares) =>
        // A backend of 2026-07-28 is told with each request, so its channel is the same for all.
        new(this, Rent(_opener.IsShared ? Shared : new ChannelKey(mission, _opener.Era is { IsModern: true } ? AgentInputs.None : declares)));

    public async ValueTask DisposeAsync()
    {
        await _sweep.DisposeAsync();
        await _stop.CancelAsync();
        Entry[] all;
        lock (_access)
        {
            all = [.. _entries.Values];
            _entries.Clear();
        }

        await Task.WhenAll(all.Select(CloseAsync));
        _stop.Dispose();
    }

    private Entry Rent(ChannelKey key)
    {
        Entry? stale = null;
        try
        {
            lock (_access)
            {
                ObjectDisposedException.ThrowIf(_stop.IsCancellationRequested, this);
                if (_entries.TryGetValue(key, out var entry))
                {
                    if (!entry.IsOver)
                    {
                        entry.InUse++;
                        return entry;
                    }

                    _entries.Remove(key);
                    stale = entry;
                }
                else if (_entries.Count >= ChannelsMax)
                {
                    stale = _entries.Values.Where(one => one.InUse == 0).MinBy(one => one.LastUsed)
                        ?? throw new WireException($"{ChannelsMax} missions already use this backend at once.");
                    _entries.Remove(stale.Key);
                }

                return _entries[key] = Open(key);
            }
        }
        finally
        {
            if (stale is not null)
                _ = CloseAsync(stale);
        }
    }

    private Entry Open(ChannelKey key) => new(key, Task.Run(() => _opener.OpenAsync(_receiver, _stop.Token, key.Declares)));

    private void Return(Entry entry)
    {
        lock (_access)
        {
            entry.InUse--;
            entry.LastUsed = _time.GetTimestamp();
        }
    }

    private void Sweep()
    {
        Entry[] idle;
        lock (_access)
        {
            idle = [.. _entries.Values.Where(entry => entry.InUse == 0 && (entry.IsOver || _time.GetElapsedTime(entry.LastUsed) >= _idle))];
            foreach (var entry in idle)
                _entries.Remove(entry.Key);
        }

        foreach (var entry in idle)
            _ = CloseAsync(entry);
    }

    private static async Task CloseAsync(Entry entry)
    {
        try
        {
            await (await entry.Opening).DisposeAsync();
        }
        catch (Exception failure) when (failure is WireException or OperationCanceledException)
        {
            // It never opened; who waited for it was told.
        }
    }

    private readonly record struct ChannelKey(MissionId Mission, AgentInputs Declares);

    /// <summary>A channel in use.</summary>
    public readonly struct Lease : IDisposable
    {
        private readonly MissionChannels _channels;
        private readonly Entry _entry;

        internal Lease(MissionChannels channels, object entry) => (_channels, _entry) = (channels, (Entry)entry);

        /// <exception cref="WireException">The channel cannot be opened.</exception>
        public Task<BackendChannel> OpenAsync(CancellationToken cancellationToken) => _entry.Opening.WaitAsync(cancellationToken);

        public void Dispose() => _channels.Return(_entry);
    }

    private sealed class Entry(ChannelKey key, Task<BackendChannel> opening)
    {
        public ChannelKey Key => key;

        public Task<BackendChannel> Opening => opening;

        public int InUse { get; set; } = 1;

        public long LastUsed { get; set; }

        public bool IsOver => opening.IsFaulted || opening.IsCanceled || (opening.IsCompletedSuccessfully && opening.Result.Ended.IsCompleted);
    }
}

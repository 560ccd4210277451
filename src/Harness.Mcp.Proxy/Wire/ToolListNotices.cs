using System.Threading.Channels;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Enforcement;
using Microsoft.Extensions.Options;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// Tells listeners that their mission's tool list changed. Changes that come faster than the agent can be told become one
/// notice, and the last change is always told.
/// </summary>
internal sealed class ToolListNotices : IDisposable
{
    private readonly IEnforcement _enforcement;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Dictionary<MissionId, HashSet<Channel<bool>>> _listeners = [];

    public ToolListNotices(IEnforcement enforcement, IOptions<WireOptions> options, TimeProvider time)
    {
        _enforcement = enforcement;
        _interval = options.Value.ListNoticeInterval;
        _time = time;
        enforcement.ToolsChanged += Tell;
    }

    /// <summary>Begins to listen at once, so that no change after this call is missed.</summary>
    public Listener Listen(MissionId mission) => new(this, mission);

    public void Dispose() => _enforcement.ToolsChanged -= Tell;

    private void Tell(MissionId mission)
    {
        lock (_lock)
        {
            foreach (var listener in _listeners.GetValueOrDefault(mission, [])) listener.Writer.TryWrite(true);
        }
    }

    internal sealed class Listener : IDisposable
    {
        private readonly ToolListNotices _notices;
        private readonly MissionId _mission;
        private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

        internal Listener(ToolListNotices notices, MissionId mission)
        {
            _notices = notices;
            _mission = mission;
            lock (notices._lock)
            {
                if (!notices._listeners.TryGetValue(mission, out var all)) notices._listeners[mission] = all = [];
                all.Add(_changes);
            }
        }

        /// <summary>Sends a notice for each change, until cancelled.</summary>
        public async Task RunAsync(Func<CancellationToken, Task> send, CancellationToken cancellationToken)
        {
            await foreach (var _ in _changes.Reader.ReadAllAsync(cancellationToken))
            {
                await send(cancellationToken);
                await Task.Delay(_notices._interval, _notices._time, cancellationToken);
            }
        }

        public void Dispose()
        {
            lock (_notices._lock)
            {
                if (!_notices._listeners.TryGetValue(_mission, out var all)) return;
                all.Remove(_changes);
                if (all.Count == 0) _notices._listeners.Remove(_mission);
            }
        }
    }
}

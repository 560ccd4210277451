namespace Harness.Mcp.TestKit.Backends;

/// <summary>A clock that moves only when it is told to; timers that come due fire in order, one moment after the other.</summary>
public sealed class ManualTime : TimeProvider
{
    private readonly Lock _access = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_access)
            return _now;
    }

    public override long GetTimestamp() => GetUtcNow().Ticks;

    /// <summary>The next moment at which a timer is due; null for none.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            lock (_access)
                return _timers.Where(timer => timer.Due is not null).Min(timer => timer.Due);
        }
    }

    /// <summary>Moves the clock, firing what comes due on the way. Between two moments, work that they woke gets to run.</summary>
    public async Task AdvanceAsync(TimeSpan by, Func<Task> settle)
    {
        ArgumentNullException.ThrowIfNull(settle);
        var end = GetUtcNow() + by;
        await settle();
        while (NextDue is { } due && due <= end)
        {
            ManualTimer[] firing;
            lock (_access)
            {
                _now = due > _now ? due : _now;
                firing = [.. _timers.Where(timer => timer.Due <= _now)];
            }

            foreach (var timer in firing)
                timer.Fire();
            await settle();
        }

        lock (_access)
            _now = end;
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        lock (_access)
            _timers.Add(timer);
        return timer;
    }

    private sealed class ManualTimer(ManualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period = Timeout.InfiniteTimeSpan;

        public DateTimeOffset? Due { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._access)
            {
                Due = dueTime == Timeout.InfiniteTimeSpan ? null : time._now + dueTime;
                _period = period;
                return true;
            }
        }

        public void Fire()
        {
            lock (time._access)
                Due = _period > TimeSpan.Zero && Due is not null ? Due + _period : null;
            callback(state);
        }

        public void Dispose()
        {
            lock (time._access)
            {
                Due = null;
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}

using Microsoft.Extensions.ObjectPool;

namespace Harness.Mcp.Proxy.Wire.Modern;

/// <summary>
/// The timer by which one response after the other shows that it lives. Nearly all are answered long before it ticks, so it is not worth one of
/// its own for each. A tick that comes late may find the next response, which then says a little early that it lives.
/// </summary>
internal sealed class Heartbeat
{
    private const int KeptMax = 256;

    private readonly ITimer _timer;
    private volatile ModernResponse? _response;

    private Heartbeat(TimeProvider time) =>
        _timer = time.CreateTimer(static heartbeat => _ = ((Heartbeat)heartbeat!)._response?.BeatAsync(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public static ObjectPool<Heartbeat> Pool(TimeProvider time) => new DefaultObjectPool<Heartbeat>(new Policy(time), KeptMax);

    public void Start(ModernResponse response, TimeSpan first, TimeSpan period)
    {
        _response = response;
        _timer.Change(first, period);
    }

    private void Stop()
    {
        _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _response = null;
    }

    private sealed class Policy(TimeProvider time) : PooledObjectPolicy<Heartbeat>
    {
        public override Heartbeat Create() => new(time);

        public override bool Return(Heartbeat heartbeat)
        {
            heartbeat.Stop();
            return true;
        }
    }
}

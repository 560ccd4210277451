namespace Harness.Mcp.Store.Tests.Contract;

/// <summary>A machine whose wall clock can be set at will, while its monotonic clock only advances.</summary>
internal sealed class JumpingClock(DateTimeOffset start) : TimeProvider
{
    private DateTimeOffset _wall = start;
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _wall;

    public override long GetTimestamp() => _ticks;

    public void JumpTo(DateTimeOffset wall) => _wall = wall;

    public void Advance(TimeSpan span)
    {
        _wall += span;
        _ticks += span.Ticks;
    }
}

namespace Harness.Mcp.Store.Chains;

/// <summary>
/// The machine's clock as it stood when the process began, carried on by a monotonic one: a clock that somebody sets back or forth
/// later neither revives an expired mission nor empties a window.
/// </summary>
internal sealed class ChainClock
{
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _anchor;
    private readonly long _anchorTimestamp;

    public ChainClock(TimeProvider time)
    {
        _time = time;
        _anchor = time.GetUtcNow();
        _anchorTimestamp = time.GetTimestamp();
    }

    public DateTimeOffset Now => _anchor + _time.GetElapsedTime(_anchorTimestamp);
}

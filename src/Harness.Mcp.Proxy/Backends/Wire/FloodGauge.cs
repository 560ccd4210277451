namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>
/// Tells a backend that has much to say from one that floods: messages are counted against an allowance that fills up with time. Reading a
/// flood costs a whole processor, which the other backends' calls would miss.
/// </summary>
internal sealed class FloodGauge
{
    /// <summary>Messages at once; a storm of ten thousand notices is borne.</summary>
    public const int Burst = 20_000;

    /// <summary>Messages a second, for as long as they like.</summary>
    public const int Rate = 1_000;

    private readonly Lock _access = new();
    private double _left = Burst;
    private long _filled = Environment.TickCount64;

    /// <summary>Whether more came than is borne. It stays so: who floods is given up.</summary>
    public bool IsOverdrawn { get; private set; }

    public void Count()
    {
        lock (_access)
        {
            var now = Environment.TickCount64;
            _left = Math.Min(Burst, _left + ((now - _filled) * (Rate / 1000.0))) - 1;
            _filled = now;
            IsOverdrawn |= _left < 0;
        }
    }
}

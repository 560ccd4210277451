namespace Harness.Mcp.Proxy.Backends.Fleet;

/// <summary>
/// The circuit of one backend. Healthy: anybody may connect. After a failure it is open for a growing time, from half a second to a minute;
/// then one attempt at a time may find out. Only a connection that lasted a minute closes the circuit for good, so that a backend that
/// greets and dies is not started again and again: at most 15 times in ten minutes.
/// </summary>
internal sealed class ConnectBackoff(TimeProvider time, Func<double> random)
{
    public static readonly TimeSpan SustainedUptime = TimeSpan.FromSeconds(60);

    private const double FirstSeconds = 0.5;
    private const double MostSeconds = 50;
    private const double Growth = 3;

    private readonly Lock _access = new();
    private int _failures;
    private DateTimeOffset _notBefore = DateTimeOffset.MinValue;
    private bool _isProbing;

    /// <summary>Time until the next attempt is allowed; zero for now.</summary>
    public TimeSpan Wait
    {
        get
        {
            lock (_access)
            {
                var left = _notBefore - time.GetUtcNow();
                return _failures == 0 || left < TimeSpan.Zero ? TimeSpan.Zero : left;
            }
        }
    }

    /// <summary>Asks to attempt a connection; who gets true reports how it went.</summary>
    public bool TryBegin()
    {
        lock (_access)
        {
            if (_failures == 0)
                return true;
            if (_isProbing || time.GetUtcNow() < _notBefore)
                return false;
            return _isProbing = true;
        }
    }

    public void Succeeded()
    {
        lock (_access)
            _isProbing = false;
    }

    public void Failed()
    {
        lock (_access)
        {
            _isProbing = false;
            _failures++;
            var seconds = Math.Min(MostSeconds, FirstSeconds * Math.Pow(Growth, Math.Min(_failures - 1, 10)));
            _notBefore = time.GetUtcNow() + TimeSpan.FromSeconds(seconds * (1.1 + (0.1 * random())));
        }
    }

    /// <summary>The attempt was given up by its caller: it says nothing of the backend.</summary>
    public void Withdrawn()
    {
        lock (_access)
            _isProbing = false;
    }

    /// <summary>A connection ended by itself after some time.</summary>
    public void Ended(TimeSpan uptime)
    {
        if (uptime >= SustainedUptime)
            Reset();
        Failed();
    }

    /// <summary>A connection has lasted: the past is forgotten.</summary>
    public void Reset()
    {
        lock (_access)
            _failures = 0;
    }
}

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>
/// How long one call is waited for: until its caller cancels, until a time after its start whatever happens, or until the backend was quiet for
/// a time. One timer serves both times.
/// </summary>
internal sealed class Patience : IDisposable
{
    private readonly TimeSpan _total;
    private readonly TimeSpan _quiet;
    private readonly TimeProvider _time;
    private readonly CancellationToken _caller;
    private readonly CancellationToken _closing;
    private readonly long _began;
    private readonly CancellationTokenSource _over;
    private readonly CancellationTokenRegistration _cancelled;
    private readonly CancellationTokenRegistration _closed;
    private bool _isLast;
    private bool _isDisposed;
    private int _holds;
    private long _heldSince;
    private TimeSpan _held;

    /// <param name="closing">Cancelled when what is waited on is closed.</param>
    public Patience(TimeSpan total, TimeSpan quiet, TimeProvider time, CancellationToken caller, CancellationToken closing = default)
    {
        (_total, _quiet, _time, _caller, _closing) = (total, quiet, time, caller, closing);
        _began = time.GetTimestamp();
        if (time == TimeProvider.System)
        {
            _over = CancellationSources.Shared.Get();
            _over.CancelAfter(Next(total));
        }
        else
        {
            _over = new CancellationTokenSource(Next(total), time);
        }

        _cancelled = caller.UnsafeRegister(static over => ((CancellationTokenSource)over!).Cancel(), _over);
        _closed = closing.UnsafeRegister(static over => ((CancellationTokenSource)over!).Cancel(), _over);
    }

    /// <summary>Cancelled when the wait is over.</summary>
    public CancellationToken Over => _over.Token;

    /// <summary>Why it is over, for people.</summary>
    public string Why => _caller.IsCancellationRequested ? "The call was cancelled."
        : _closing.IsCancellationRequested ? "The channel was closed."
        : _isLast ? $"The call took longer than {_total.TotalSeconds:0.###} s."
        : $"The backend was silent for {_quiet.TotalSeconds:0.###} s.";

    /// <summary>The backend said something: it is quiet from here on.</summary>
    public void Heard()
    {
        lock (_over)
            if (_holds == 0)
                Restart();
    }

    /// <summary>Stands still, since others than the backend are waited for; <see cref="GoOn"/> must follow.</summary>
    public void Hold()
    {
        lock (_over)
        {
            if (_holds++ > 0 || _isDisposed)
                return;
            _heldSince = _time.GetTimestamp();
            _over.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Goes on, where nobody else holds it.</summary>
    public void GoOn()
    {
        lock (_over)
        {
            if (--_holds > 0)
                return;
            _held += _time.GetElapsedTime(_heldSince);
            Restart();
        }
    }

    public void Dispose()
    {
        lock (_over)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }

        // INVARIANT: nobody cancels the source for this call any more when another call gets it.
        _cancelled.Dispose();
        _closed.Dispose();
        if (_time == TimeProvider.System)
            CancellationSources.Shared.Return(_over);
        else
            _over.Dispose();
    }

    private void Restart()
    {
        if (_isDisposed)
            return;
        var left = _total + _held - _time.GetElapsedTime(_began);
        _over.CancelAfter(Next(left > TimeSpan.Zero ? left : TimeSpan.Zero));
    }

    /// <summary>The time until the next reason to give up, and whether that is the last one.</summary>
    /// <param name="left">Of the total.</param>
    private TimeSpan Next(TimeSpan left)
    {
        _isLast = left <= _quiet;
        return _isLast ? left : _quiet;
    }
}

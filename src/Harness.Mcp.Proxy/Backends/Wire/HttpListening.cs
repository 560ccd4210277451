namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>Keeps a stream for unasked messages open, with growing pauses after each end.</summary>
/// <param name="once">Reads one stream to its end; false where the backend offers none.</param>
internal sealed class HttpListening(Func<CancellationToken, Task<bool>> once, TimeProvider time)
{
    private static readonly TimeSpan PauseLeast = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseMost = TimeSpan.FromSeconds(60);

    private int _isStarted;

    public Task Ended { get; private set; } = Task.CompletedTask;

    public void Start(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _isStarted, 1) == 0)
            Ended = Task.Run(() => RunAsync(cancellationToken), CancellationToken.None);
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        var pause = PauseLeast;
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                var began = time.GetTimestamp();
                if (!await TryOnceAsync(cancellationToken))
                    return;
                pause = time.GetElapsedTime(began) > PauseMost ? PauseLeast : pause;
                await Task.Delay(pause, time, cancellationToken);
                pause = pause * 2 < PauseMost ? pause * 2 : PauseMost;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }

    private async Task<bool> TryOnceAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await once(cancellationToken);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            return true;
        }
    }
}

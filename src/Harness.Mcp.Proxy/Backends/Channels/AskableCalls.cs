namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>Lets one call at a time run during which a backend of the `initialize` era may ask the agent over a stream that all share.</summary>
internal sealed class AskableCalls(TimeProvider time) : IDisposable
{
    /// <summary>Longest wait for the call before: its agent may be a person who thinks.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _place = new(1);

    /// <returns>False where the other call still runs; otherwise <see cref="Leave"/> must follow.</returns>
    /// <exception cref="OperationCanceledException">The call was cancelled meanwhile.</exception>
    public async Task<bool> TryEnterAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await _place.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    public void Leave() => _place.Release();

    public void Dispose() => _place.Dispose();
}

using Harness.Mcp.Proxy.Backends.Wire;
using Harness.Mcp.Proxy.Wire;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>
/// The log level of a session with a backend of the older era: it has one for all its calls, so it is as detailed as the most detailed
/// wish so far. Each call's agent still gets what it asked for alone.
/// </summary>
internal sealed class SessionLogLevel(BackendRequester requester) : IDisposable
{
    /// <summary>Log messages are not worth a longer wait before a call.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _asking = new(1);
    private int _session = -1;
    private string? _level;

    /// <summary>Asks the backend for a level unless it was asked already; a backend that refuses is not asked again.</summary>
    /// <param name="session">Number of the session; a new one knows no level.</param>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    public async Task ReachAsync(string wanted, EraSettled era, int session, CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (_session == session && _level is { } level && LogLevels.Reaches(wanted, level))
                return;
            var end = await requester.RequestAsync(
                "logging/setLevel", era, writer => writer.WriteString("level"u8, wanted), Patience, cancellationToken);
            if (end is ExchangeEnd.NotSent { SessionGone: true })
                return; // The call finds that out as well, and renews the session.
            _session = session;
            _level = wanted;
        }
        finally
        {
            _asking.Release();
        }
    }

    public void Dispose() => _asking.Dispose();
}

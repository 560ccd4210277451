using System.Text.Json;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>Sends requests of ours over a wire, under ids that it mints itself, and waits for their end within a time.</summary>
internal sealed class BackendRequester(IWire wire, TimeProvider time)
{
    private const string TimedOut = "The backend did not answer in time.";

    private long _lastId;

    public IWire Wire => wire;

    public long NextId() => Interlocked.Increment(ref _lastId);

    public static bool IsTimeOut(ExchangeEnd end) => end is ExchangeEnd.Lost { Why: TimedOut };

    /// <summary>Ends as not sent, lost or unreadable where no answer comes; throws for the caller's own cancellation only.</summary>
    /// <param name="name">What `Mcp-Name` repeats; null where the method has no name.</param>
    /// <param name="noticed">Told of what comes while the request runs; null where nobody asked for notices of our own requests.</param>
    public async Task<ExchangeEnd> RequestAsync(
        string method,
        EraSettled? era,
        Action<Utf8JsonWriter> parameters,
        TimeSpan limit,
        CancellationToken cancellationToken,
        Action<RpcMessage.Notice>? noticed = null,
        string? name = null)
    {
        var id = NextId();
        var exchange = new Exchange { Id = id, Method = method, Name = name, Era = era, Body = RpcWriter.Request(id, method, parameters) };
        using var patience = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await wire.SendAsync(exchange, either.Token);
            await foreach (var message in exchange.Incoming.ReadAllAsync(either.Token))
                if (message is RpcMessage.Notice notice)
                    noticed?.Invoke(notice);

            return await exchange.End.WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            if (!exchange.Fail(TimedOut) && exchange.Ended is ExchangeEnd.Large(var spool, _) && cancellationToken.IsCancellationRequested)
                spool.Dispose();
            await wire.AbandonAsync(exchange, "No longer awaited.");
            cancellationToken.ThrowIfCancellationRequested();
            return await exchange.End;
        }
    }
}

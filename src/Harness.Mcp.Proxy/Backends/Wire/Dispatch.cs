using System.Collections.Concurrent;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Backends.Large;
using Harness.Mcp.Proxy.Backends.Reads;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>
/// Brings each message of a backend to the exchange it belongs to, in the order of arrival. What belongs to none is counted: a backend that
/// keeps sending such messages is given up.
/// </summary>
internal sealed class Dispatch(IWireReceiver receiver)
{
    /// <summary>Messages without sense (junk, unknown ids, wrong shapes) that one channel bears.</summary>
    public const int StrayMax = 1000;

    /// <summary>Why a channel over <see cref="StrayMax"/> is given up.</summary>
    public const string Overrun = "The backend sent too much that is no answer to anything.";

    private const int AbandonedMax = 10_000;

    private readonly ConcurrentDictionary<long, Exchange> _running = new();
    private readonly ConcurrentDictionary<long, bool> _abandoned = new();
    private readonly FloodGauge _unasked = new();
    private int _strays;

    public bool IsOverrun => Volatile.Read(ref _strays) > StrayMax || _unasked.IsOverdrawn;

    /// <summary>What the backend was told that it may ask in this session.</summary>
    public AgentInputs Declared { get; set; }

    public int Strays => Volatile.Read(ref _strays);

    public void Add(Exchange exchange) => _running[exchange.Id] = exchange;

    /// <summary>Forgets an exchange; an answer that still comes is not held against the backend.</summary>
    public void Abandon(Exchange exchange)
    {
        if (!_running.TryRemove(exchange.Id, out _))
            return;
        if (_abandoned.Count >= AbandonedMax)
            _abandoned.Clear();
        _abandoned[exchange.Id] = true;
    }

    /// <summary>Forgets an exchange whose stream is gone, so that nothing can still come.</summary>
    public void Forget(Exchange exchange) => _running.TryRemove(exchange.Id, out _);

    /// <summary>Counts a message that is no answer and belongs to no call. Such messages have sense, and are borne at a bounded rate.</summary>
    public void Unasked() => _unasked.Count();

    public void Stray() => Interlocked.Increment(ref _strays);

    /// <summary>Ends every exchange that still runs, as lost or as not sent.</summary>
    /// <param name="isUnreadable">What came cannot be read: with one exchange running, it can only be its answer.</param>
    public void FailAll(string why, bool isUnreadable = false)
    {
        var isAlone = _running.Count == 1;
        foreach (var (id, exchange) in _running)
            if (_running.TryRemove(id, out _))
            {
                if (isUnreadable && isAlone && exchange.HasLeft)
                    exchange.Finish(new ExchangeEnd.Unreadable(why));
                else
                    exchange.Fail(why);
            }
    }

    /// <param name="on">The exchange on whose own stream the message came; null for a stream that all share.</param>
    public async ValueTask DeliverAsync(RpcMessage message, Exchange? on, CancellationToken cancellationToken)
    {
        switch (message)
        {
            case RpcMessage.Response response:
                Answer(response, on);
                break;
            case RpcMessage.Notice { Method: "notifications/tools/list_changed" }:
                Unasked();
                receiver.OnListChanged(ListKinds.Tools);
                break;
            case RpcMessage.Notice { Method: "notifications/resources/list_changed" }:
                Unasked();
                receiver.OnListChanged(ListKinds.Resources | ListKinds.Templates);
                break;
            case RpcMessage.Notice { Method: "notifications/prompts/list_changed" }:
                Unasked();
                receiver.OnListChanged(ListKinds.Prompts);
                break;
            case RpcMessage.Notice { Method: "notifications/resources/updated", Parameters: { ValueKind: JsonValueKind.Object } updated }
                when updated.TryGetProperty("uri", out var uri) && uri.ValueKind == JsonValueKind.String:
                Unasked();
                receiver.OnResourceUpdated(uri.GetString()!);
                break;
            case RpcMessage.Notice { Method: "notifications/subscriptions/acknowledged" } agreed:
                if ((on ?? Subscription(agreed)) is { } listening)
                    await listening.PutAsync(agreed, cancellationToken);
                break;
            case RpcMessage.Notice { Method: "notifications/progress", Parameters: { ValueKind: JsonValueKind.Object } parameters } progress:
                if (Owner(parameters, on) is { } owner)
                    await owner.PutAsync(progress, cancellationToken);
                else
                    Stray();
                break;
            case RpcMessage.Notice { Method: "notifications/message", Parameters.ValueKind: JsonValueKind.Object } log:
                // On a shared stream a log notice names no call: it can be given only where there is no choice.
                if ((on ?? Only(static exchange => exchange.IsCall)) is { } target)
                    await target.PutAsync(log, cancellationToken);
                else
                    Unasked();
                break;
            default:
                // Other notices concern nothing that we asked for.
                Unasked();
                break;
        }
    }

    /// <summary>Brings a request of the backend's own to the call during which it may ask. One that names no call belongs to the only such call.</summary>
    /// <returns>What to answer at once; null where the call's agent is asked.</returns>
    public async ValueTask<ReadOnlyMemory<byte>?> TakeAsync(RpcMessage.Request request, Exchange? on, CancellationToken cancellationToken)
    {
        Unasked();
        if (BackendRequests.IsForAgent(request.Method)
            && (on ?? Only(static exchange => exchange.MayBeAsked)) is { MayBeAsked: true } call
            && await call.PutAsync(request, cancellationToken))
            return null;
        return BackendRequests.AnswerTo(request, Declared);
    }

    /// <summary>Brings an answer that went to a file to whoever takes such; any other is thrown away.</summary>
    public async Task DeliverAsync(Spool spool, Exchange? on, CancellationToken cancellationToken)
    {
        SpooledAnswer? answer = null;
        try
        {
            answer = await spool.ReadAsync(cancellationToken);
        }
        catch (IOException)
        {
            // It cannot be read back: as if it were none.
        }

        if (answer is not null && (on is null || on.Id == answer.Id) && (on ?? _running.GetValueOrDefault(answer.Id)) is { MayBeLarge: true } exchange)
        {
            Forget(exchange);
            if (exchange.Finish(new ExchangeEnd.Large(spool, answer)))
                return;
        }

        spool.Dispose();
        if (on is null)
            Stray();
        else
            on.Finish(new ExchangeEnd.Unreadable("The backend's answer is too large, and no result of a call."));
    }

    private void Answer(RpcMessage.Response response, Exchange? on)
    {
        var id = response.Id;
        if (id is null || (on is not null && on.Id != id))
        {
            Stray();
            on?.Finish(new ExchangeEnd.Unreadable("The backend answered with an id that is not the request's."));
            return;
        }

        var isKnown = _running.TryRemove(id.Value, out var exchange);
        exchange = on ?? exchange;
        if (exchange is null || (!isKnown && exchange.Ended is not null))
        {
            if (!_abandoned.TryRemove(id.Value, out _))
                Stray();
            return;
        }

        exchange.Finish(response.Error is { } error
            ? new ExchangeEnd.Error(error)
            : new ExchangeEnd.Result(response.Result ?? throw new InvalidOperationException("A response without an error has a result.")) { Memory = response.Memory });
    }

    /// <summary>On a shared stream a notice names the request that it belongs to.</summary>
    private Exchange? Subscription(RpcMessage.Notice notice) =>
        notice.Parameters is { ValueKind: JsonValueKind.Object } parameters
        && parameters.TryGetProperty("_meta", out var meta) && meta.ValueKind == JsonValueKind.Object
        && meta.TryGetProperty("io.modelcontextprotocol/subscriptionId", out var subscription)
        && subscription.ValueKind == JsonValueKind.Number && subscription.TryGetInt64(out var id)
            ? _running.GetValueOrDefault(id)
            : null;

    private Exchange? Owner(JsonElement parameters, Exchange? on) =>
        parameters.TryGetProperty("progressToken", out var token)
        && token.ValueKind == JsonValueKind.Number
        && token.TryGetInt64(out var id)
        && (on is null || on.Id == id)
            ? on ?? _running.GetValueOrDefault(id)
            : null;

    private Exchange? Only(Func<Exchange, bool> isMeant)
    {
        Exchange? found = null;
        foreach (var (_, exchange) in _running)
        {
            if (!isMeant(exchange))
                continue;
            if (found is not null)
                return null;
            found = exchange;
        }

        return found;
    }
}

using System.Collections.Concurrent;
using System.Net;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Large;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>
/// The old HTTP+SSE transport of MCP 2024-11-05: one event stream, whose first event names the address that messages are posted to, and on which
/// every answer comes. It ends with the stream. No redirect is followed, and messages go to the stream's own origin alone.
/// </summary>
internal sealed class SseWire : IWire
{
    private readonly HttpRequests _requests;
    private readonly Uri _endpoint;
    private readonly HttpResponseMessage _response;
    private readonly SseReader _events;
    private readonly int _messageBytesMax;
    private readonly Dispatch _dispatch;
    private readonly ConcurrentDictionary<long, CancellationTokenSource> _running = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _leaving = new();
    private readonly Task _reading;
    private EraSettled? _era;
    private int _disposed;

    private SseWire(HttpRequests requests, Uri endpoint, HttpResponseMessage response, SseReader events, int messageBytesMax, IWireReceiver receiver)
    {
        _requests = requests;
        _endpoint = endpoint;
        _response = response;
        _events = events;
        _messageBytesMax = messageBytesMax;
        _dispatch = new Dispatch(receiver);
        _reading = Task.Run(ReadAllAsync);
    }

    public Task<string> Ended => _ended.Task;

    /// <summary>Opens the stream and waits for its first event.</summary>
    /// <param name="client">Shared by all wires of the backend; not disposed here.</param>
    /// <exception cref="NoEndpointException">No event stream is there.</exception>
    /// <exception cref="WireException">The backend cannot be reached, or its stream does not begin as it must.</exception>
    public static async Task<SseWire> OpenAsync(
        BackendConnection.Http connection, HttpMessageInvoker client, int messageBytesMax, IWireReceiver receiver, CancellationToken cancellationToken, LargeResults? large = null)
    {
        var requests = new HttpRequests(connection, client);
        HttpResponseMessage? response = null;
        try
        {
            using var request = requests.New(HttpMethod.Get, connection.Endpoint, null, null);
            response = await requests.SendAsync(request, cancellationToken);
            await RefuseAllButStreamAsync(response, cancellationToken);
            var events = new SseReader(await response.Content.ReadAsStreamAsync(cancellationToken), messageBytesMax, large);
            var first = await events.ReadEventAsync(cancellationToken)
                ?? throw new WireException("The backend's event stream ended before it named the address for messages.");
            var wire = new SseWire(requests, SseEndpoint.Read(connection.Endpoint, first.Type, first.Data), response, events, messageBytesMax, receiver);
            response = null;
            return wire;
        }
        catch (LineTooLongException failure)
        {
            throw new WireException($"The first event of the backend's stream is over the bound: {failure.Message}", failure);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            throw new WireException(HttpRequests.Unreachable(failure) ?? "The connection to the backend broke off.", failure);
        }
        finally
        {
            response?.Dispose();
        }
    }

    public void Settle(EraSettled era) => _era = era;

    public void Declared(AgentInputs inputs) => _dispatch.Declared = inputs;

    public Task ListenAsync() => Task.CompletedTask;

    public async Task SendAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        _dispatch.Add(exchange);
        if (!MayLeave(exchange))
        {
            _dispatch.Abandon(exchange);
            exchange.Fail(await _ended.Task);
            return;
        }

        var abort = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _running[exchange.Id] = abort;
        _ = RunAsync(exchange, abort);
    }

    public async Task NotifyAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        using var request = _requests.New(HttpMethod.Post, _endpoint, _era, message);
        await _requests.TrySendAsync(request, cancellationToken);
    }

    public async ValueTask AbandonAsync(Exchange exchange, string why)
    {
        _dispatch.Abandon(exchange);
        if (_running.TryGetValue(exchange.Id, out var abort))
            await HttpRequests.CancelAsync(abort);
        if (!exchange.HasLeft || exchange.Era is null || _ended.Task.IsCompleted)
            return;
        using var limit = new CancellationTokenSource(HttpRequests.CourtesyLimit);
        await NotifyAsync(RpcWriter.Cancelled(exchange.Id, why), limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        End("The channel was closed.");
        await _stop.CancelAsync();
        await _reading;
        _stop.Dispose();
    }

    private static async Task RefuseAllButStreamAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode == HttpStatusCode.OK && HttpWire.IsEventStream(response.Content))
            return;
        if (response.IsSuccessStatusCode)
            throw new NoEndpointException("The backend offers no event stream at this address.");
        var why = await HttpRefusal.ReadAsync(response, 0, false, cancellationToken) switch
        {
            ExchangeEnd.NotSent(var refused) => refused,
            ExchangeEnd.Lost(var failed) => failed,
            _ => $"The backend refused the request (HTTP {(int)response.StatusCode}).",
        };
        throw (int)response.StatusCode is 401 or 403 or >= 500 ? new WireException(why) : new NoEndpointException(why);
    }

    /// <summary>The answer comes on the stream; what the request itself is answered by only says whether it was taken up.</summary>
    private async Task RunAsync(Exchange exchange, CancellationTokenSource abort)
    {
        var posting = PostAsync(exchange, abort.Token);
        await exchange.End;
        abort.CancelAfter(HttpRequests.CourtesyLimit);
        await posting;
        _running.TryRemove(exchange.Id, out _);
        abort.Dispose();
    }

    private async Task PostAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        try
        {
            using var request = _requests.New(HttpMethod.Post, _endpoint, exchange.Era, exchange.Body);
            using var response = await _requests.SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode)
                return;
            var refusal = await HttpRefusal.ReadAsync(response, exchange.Id, false, cancellationToken);
            _dispatch.Abandon(exchange);
            exchange.Finish(refusal);
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Gone)
                End("The backend does not know the stream's session any more.");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            // Where it was taken up all the same, nobody waits for its answer any more.
            _dispatch.Abandon(exchange);
            HttpRequests.Fail(exchange, failure);
        }
    }

    private async Task ReadAllAsync()
    {
        try
        {
            while (await NextAsync())
            {
                if (!_dispatch.IsOverrun)
                    continue;
                End(Dispatch.Overrun);
                return;
            }

            End("The backend's event stream ended.");
        }
        catch (LineTooLongException)
        {
            End($"The backend sent an event of more than {_messageBytesMax} bytes.", isUnreadable: true);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
            End("The backend's event stream broke off.");
        }
        finally
        {
            _response.Dispose();
        }
    }

    /// <returns>False at the end of the stream.</returns>
    private async ValueTask<bool> NextAsync()
    {
        try
        {
            if (await _events.ReadAsync(_stop.Token) is not { } data)
                return false;
            await TakeAsync(data);
        }
        catch (LineSpooledException large)
        {
            await _dispatch.DeliverAsync(large.Spool, null, _stop.Token);
        }

        return true;
    }

    private async ValueTask TakeAsync(byte[] data)
    {
        if (!RpcMessage.TryRead(data, out var message))
        {
            _dispatch.Stray();
        }
        else if (message is RpcMessage.Request request)
        {
            // A backend that does not take the answer must not hold up what follows on the stream.
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            limit.CancelAfter(HttpRequests.CourtesyLimit);
            if (await _dispatch.TakeAsync(request, null, _stop.Token) is { } answer)
                await NotifyAsync(answer, limit.Token);
        }
        else
        {
            await _dispatch.DeliverAsync(message, null, _stop.Token);
        }
    }

    /// <summary>Nothing leaves after the end: an exchange that the end finds counts as not sent only where it never leaves.</summary>
    private bool MayLeave(Exchange exchange)
    {
        lock (_leaving)
            return exchange.HasLeft = !_ended.Task.IsCompleted;
    }

    private void End(string why, bool isUnreadable = false)
    {
        lock (_leaving)
            if (!_ended.TrySetResult(why))
                return;
        _dispatch.FailAll(why, isUnreadable);
    }
}

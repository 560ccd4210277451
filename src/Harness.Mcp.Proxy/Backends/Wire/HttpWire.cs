using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Runtime.CompilerServices;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Large;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>
/// Streamable HTTP: one POST a message, its answer as JSON or as an event stream. No redirect is followed, no cookie kept, and every body is
/// read up to a bound.
/// </summary>
internal sealed class HttpWire : IWire, IOwnStreams
{
    private const string SessionHeader = "Mcp-Session-Id";
    private const int SessionLengthMax = 1024;

    /// <summary>A larger answer is rare, and its memory not worth keeping.</summary>
    private const int RentedBytesMax = 16 * 1024;

    /// <summary>Times that a stream is gone on with in a row and brings nothing.</summary>
    private const int EmptyResumptionsMax = 5;

    private static readonly TimeSpan ResumptionPause = TimeSpan.FromSeconds(1);

    private readonly BackendConnection.Http _connection;
    private readonly HttpRequests _requests;
    private readonly int _messageBytesMax;
    private readonly LargeResults? _large;
    private readonly Dispatch _dispatch;
    private readonly ConcurrentDictionary<long, CancellationTokenSource> _running = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HttpListening _listening;
    private readonly TaskCompletionSource _hears = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time;
    private EraSettled? _era;
    private string? _session;
    private int _disposed;

    /// <param name="client">Shared by all wires of the backend; not disposed here.</param>
    /// <param name="large">Where answers over the bound go; null where they are refused.</param>
    public HttpWire(BackendConnection.Http connection, HttpMessageInvoker client, int messageBytesMax, IWireReceiver receiver, TimeProvider time, LargeResults? large = null)
    {
        _connection = connection;
        _requests = new HttpRequests(connection, client);
        _messageBytesMax = messageBytesMax;
        _large = large;
        _dispatch = new Dispatch(receiver);
        _listening = new HttpListening(ListenOnceAsync, time);
        _time = time;
    }

    public Task<string> Ended => _ended.Task;

    public CancellationToken Closing => _stop.Token;

    public bool KeepsCallsApart => true;

    /// <summary>A client for one backend.</summary>
    public static HttpMessageInvoker NewClient(TimeSpan connectLimit) => NewClient(NewHandler(connectLimit));

    /// <summary>A client over <see cref="NewHandler"/>, or over one that watches it.</summary>
    public static HttpMessageInvoker NewClient(HttpMessageHandler handler) => new(handler);

    /// <param name="forward">The forward proxy that requests go by; null for none, whatever the environment names.</param>
    public static SocketsHttpHandler NewHandler(TimeSpan connectLimit, IWebProxy? forward = null) => new()
    {
        UseProxy = forward is not null,
        Proxy = forward,
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = connectLimit,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxResponseHeadersLength = 64,
        ActivityHeadersPropagator = null,
    };

    public void Settle(EraSettled era) => _era = era;

    public void Declared(AgentInputs inputs) => _dispatch.Declared = inputs;

    public Task ListenAsync()
    {
        _listening.Start(_stop.Token);
        return _hears.Task;
    }

    public Task SendAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        if (_ended.Task.IsCompleted)
        {
            exchange.Fail("The channel was closed.");
            return Task.CompletedTask;
        }

        _dispatch.Add(exchange);
        var abort = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        _running[exchange.Id] = abort;
        _ = RunAsync(exchange, abort);
        return Task.CompletedTask;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask RunAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        try
        {
            if (!_ended.Task.IsCompleted)
                await PostAsync(exchange, cancellationToken);
            exchange.Fail(_ended.Task.IsCompleted ? "The channel was closed." : "The backend closed the stream without an answer.");
        }
        catch (LineSpooledException large)
        {
            await _dispatch.DeliverAsync(large.Spool, exchange, cancellationToken);
        }
        catch (LineTooLongException failure)
        {
            exchange.Finish(new ExchangeEnd.Unreadable($"The backend's answer is over the bound: {failure.Message}"));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            HttpRequests.Fail(exchange, failure);
        }
    }

    public async Task NotifyAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        using var request = NewRequest(HttpMethod.Post, _era, message);
        await _requests.TrySendAsync(request, cancellationToken);
    }

    public async ValueTask AbandonAsync(Exchange exchange, string why)
    {
        _dispatch.Forget(exchange);
        if (_running.TryGetValue(exchange.Id, out var abort))
            await HttpRequests.CancelAsync(abort);
        if (!exchange.HasLeft || exchange.Era is null or { IsModern: true })
            return; // A modern backend is told by the end of the stream.
        using var limit = new CancellationTokenSource(HttpRequests.CourtesyLimit);
        await NotifyAsync(RpcWriter.Cancelled(exchange.Id, why), limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _ended.TrySetResult("The channel was closed.");
        await _stop.CancelAsync();
        _dispatch.FailAll("The channel was closed.");
        await _listening.Ended;
        if (_session is not null && _era is { IsModern: false })
            await DeleteSessionAsync();
        _stop.Dispose();
    }

    public static bool IsEventStream(HttpContent content) =>
        string.Equals(content.Headers.ContentType?.MediaType, "text/event-stream", StringComparison.OrdinalIgnoreCase);

    /// <summary>As most servers write it, the media type need not be parsed.</summary>
    private static bool IsJson(HttpContent content) =>
        (content.Headers.NonValidated.TryGetValues("Content-Type", out var written) && written.Count == 1 && written.ToString() is "application/json" or "application/json; charset=utf-8")
        || string.Equals(content.Headers.ContentType?.MediaType, "application/json", StringComparison.OrdinalIgnoreCase);

    private async Task RunAsync(Exchange exchange, CancellationTokenSource abort)
    {
        try
        {
            await RunAsync(exchange, abort.Token);
        }
        catch (OperationCanceledException cancelled)
        {
            HttpRequests.Fail(exchange, cancelled);
        }
        finally
        {
            _dispatch.Forget(exchange);
            _running.TryRemove(exchange.Id, out _);
            abort.Dispose();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask PostAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        using var request = NewRequest(HttpMethod.Post, exchange.Era, exchange.Body);
        if (exchange.Era is { IsModern: true })
        {
            request.Headers.TryAddWithoutValidation("Mcp-Method", exchange.Method);
            if (exchange.Name is { } name)
                request.Headers.TryAddWithoutValidation("Mcp-Name", HeaderValue.Encode(name));
            foreach (var (header, value) in exchange.ParameterHeaders)
                request.Headers.TryAddWithoutValidation(header, value);
        }

        var hadSession = request.Headers.Contains(SessionHeader);
        exchange.HasLeft = true;
        using var response = await _requests.SendAsync(request, cancellationToken);
        if (string.Equals(exchange.Method, "initialize", StringComparison.Ordinal) && response.IsSuccessStatusCode)
            TakeSession(response);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            exchange.Finish(await HttpRefusal.ReadAsync(response, exchange.Id, hadSession, cancellationToken));
            return;
        }

        await using var body = response.Content.ReadAsStream(cancellationToken); // As it arrives: nothing of it is awaited here.
        if (IsJson(response.Content))
            await TakeBodyAsync(body, response.Content.Headers.ContentLength, exchange, cancellationToken);
        else if (IsEventStream(response.Content))
            await ReadAndResumeAsync(body, exchange, cancellationToken);
        else
            exchange.Finish(new ExchangeEnd.Unreadable("The backend's answer is neither JSON nor an event stream."));
    }

    private void TakeSession(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues(SessionHeader, out var values))
        {
            _session = null;
            return;
        }

        var session = values.FirstOrDefault();
        _session = session is { Length: > 0 and <= SessionLengthMax } && session.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0 ? session : null;
    }

    /// <summary>
    /// A server of the older era may end the stream before its answer and number its events: then the stream is gone on with from the last one,
    /// and nothing is sent a second time.
    /// </summary>
    private async Task ReadAndResumeAsync(Stream body, Exchange exchange, CancellationToken cancellationToken)
    {
        var events = new SseReader(body, _messageBytesMax, _large);
        await ReadEventsAsync(events, exchange, cancellationToken);
        var (id, pause) = (events.LastId, events.Pause ?? ResumptionPause);
        for (var empty = 0; empty < EmptyResumptionsMax && id is not null && exchange.Ended is null && exchange.Era is { IsModern: false }; empty++)
        {
            await Task.Delay(pause, _time, cancellationToken);
            using var request = NewRequest(HttpMethod.Get, exchange.Era, null);
            request.Headers.TryAddWithoutValidation("Last-Event-ID", id);
            using var response = await _requests.SendAsync(request, cancellationToken);
            if (response.StatusCode != HttpStatusCode.OK || !IsEventStream(response.Content))
                return;
            await using var rest = await response.Content.ReadAsStreamAsync(cancellationToken);
            var resumed = new SseReader(rest, _messageBytesMax, _large);
            await ReadEventsAsync(resumed, exchange, cancellationToken);
            if (resumed.LastId is { } later && later != id)
                (id, empty) = (later, -1);
            pause = resumed.Pause ?? pause;
        }
    }

    private async Task ReadEventsAsync(SseReader events, Exchange exchange, CancellationToken cancellationToken)
    {
        while (exchange.Ended is null && await events.ReadAsync(cancellationToken) is { } data)
        {
            await TakeAsync(data, exchange, cancellationToken);
            if (_dispatch.IsOverrun)
            {
                exchange.Finish(new ExchangeEnd.Unreadable(Dispatch.Overrun));
                _ended.TrySetResult(Dispatch.Overrun);
            }
        }
    }

    /// <summary>Takes a body that is one message. One of announced and common size lies in rented memory, which its reader gives back.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TakeBodyAsync(Stream body, long? length, Exchange exchange, CancellationToken cancellationToken)
    {
        if (length is not { } announced || announced > Math.Min(RentedBytesMax, _messageBytesMax))
        {
            await TakeAsync(await BoundedBody.ReadAsync(body, length, _messageBytesMax, cancellationToken, _large), exchange, cancellationToken);
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent((int)announced);
        var message = rented.AsMemory(0, (int)announced);
        await body.ReadExactlyAsync(message, cancellationToken);
        await TakeAsync(message, exchange, cancellationToken, rented);
    }

    private async Task TakeAsync(ReadOnlyMemory<byte> data, Exchange? exchange, CancellationToken cancellationToken, byte[]? rented = null)
    {
        if (!RpcMessage.TryRead(data, out var message, rented))
        {
            _dispatch.Stray();
            exchange?.Finish(new ExchangeEnd.Unreadable("The backend's answer is not a JSON-RPC message."));
        }
        else if (message is RpcMessage.Request request)
        {
            if (await _dispatch.TakeAsync(request, exchange, cancellationToken) is { } answer)
                await NotifyAsync(answer, cancellationToken);
        }
        else
        {
            await _dispatch.DeliverAsync(message, exchange, cancellationToken);
        }
    }

    /// <summary>One GET stream of a session; returns whether another one is worth trying.</summary>
    private async Task<bool> ListenOnceAsync(CancellationToken cancellationToken)
    {
        using var request = NewRequest(HttpMethod.Get, _era, null);
        using var response = await FirstWordAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK
            || !IsEventStream(response.Content))
            return (int)response.StatusCode >= 500;
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var events = new SseReader(body, _messageBytesMax);
        while (!_dispatch.IsOverrun && await events.ReadAsync(cancellationToken) is { } data)
            await TakeAsync(data, null, cancellationToken);
        return !_dispatch.IsOverrun;
    }

    private async Task<HttpResponseMessage> FirstWordAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _requests.SendAsync(request, cancellationToken);
        }
        finally
        {
            _hears.TrySetResult();
        }
    }

    /// <summary>A backend that does not hear it forgets the session by its own time-out.</summary>
    private async Task DeleteSessionAsync()
    {
        using var limit = new CancellationTokenSource(HttpRequests.CourtesyLimit);
        using var request = NewRequest(HttpMethod.Delete, _era, null);
        await _requests.TrySendAsync(request, limit.Token);
    }

    private HttpRequestMessage NewRequest(HttpMethod method, EraSettled? era, ReadOnlyMemory<byte>? body)
    {
        var request = _requests.New(method, _connection.Endpoint, era, body);
        if (era is { IsModern: false } && _session is { } session)
            request.Headers.TryAddWithoutValidation(SessionHeader, session);
        return request;
    }
}

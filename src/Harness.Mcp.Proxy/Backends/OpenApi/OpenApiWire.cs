using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Large;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>
/// A service that an OpenAPI document describes, as a backend: it lists the operations as tools, and carries a call out as one HTTP request. No
/// redirect is followed, no cookie kept, no effect sent twice.
/// </summary>
internal sealed class OpenApiWire : IWire, ISettledWire
{
    private const int MethodNotFound = -32601;
    private const int InvalidParameters = -32602;

    /// <summary>A call that names another definition than the one at hand has the document read again, this often at most.</summary>
    private static readonly TimeSpan BetweenReadings = TimeSpan.FromSeconds(2);

    private readonly BackendConnection.OpenApi _connection;
    private readonly HttpMessageInvoker _client;
    private readonly DocumentSource _source;
    private readonly IWireReceiver _receiver;
    private readonly TimeProvider _time;
    private readonly int _messageBytesMax;
    private readonly LargeResults? _large;
    private readonly ConcurrentDictionary<long, CancellationTokenSource> _running = new();
    private readonly SemaphoreSlim _reading = new(1);
    private readonly TaskCompletionSource<string> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ApiDescription _description;
    private bool _isUnlisted = true;
    private long _read;
    private FolderWatch? _watch;
    private int _disposed;

    private OpenApiWire(
        BackendConnection.OpenApi connection, HttpMessageInvoker client, DocumentSource source, ApiDescription description, int messageBytesMax, IWireReceiver receiver, TimeProvider time,
        LargeResults? large)
    {
        (_connection, _client, _source, _description, _messageBytesMax, _receiver, _time, _large) = (connection, client, source, description, messageBytesMax, receiver, time, large);
        _read = time.GetTimestamp();
    }

    public Task<string> Ended => _ended.Task;

    /// <summary>Operations that the document describes and that are no tools.</summary>
    public ImmutableArray<LeftOutOperation> LeftOut => Volatile.Read(ref _description).LeftOut;

    /// <summary>Stateless, as the newest revision is; the version is the document's.</summary>
    public Agreement Agreement => new(
        new EraSettled(true, $"OpenAPI {VisibleText.Escape(_description.Version)}"),
        TellsChanges: _connection.Document.IsFile,
        HasTools: true,
        SendsLogs: false,
        ReadOffers.None with { Tells = _connection.Document.IsFile ? ListKinds.Tools : ListKinds.None });

    /// <param name="newClient">Makes the client, over the handler that guards where it may connect to.</param>
    /// <param name="large">Where answers over the bound go; null where they are refused.</param>
    /// <exception cref="WireException">The document cannot be had or used.</exception>
    public static async Task<OpenApiWire> OpenAsync(
        BackendConnection.OpenApi connection,
        Func<HttpMessageHandler, HttpMessageInvoker> newClient,
        BackendLimits limits,
        IWireReceiver receiver,
        TimeProvider time,
        CancellationToken cancellationToken,
        LargeResults? large = null)
    {
        var named = new[] { connection.Base, connection.Document.IsFile ? null : connection.Document }
            .OfType<Uri>().Select(address => address.Host.ToLowerInvariant().Trim('[', ']')).ToHashSet(StringComparer.Ordinal);
        var client = newClient(EgressGuard.NewHandler(named, limits.Connect, connection.ForwardProxy));
        try
        {
            var source = new DocumentSource(connection, client, limits, time);
            return new OpenApiWire(connection, client, source, await source.LoadAsync(cancellationToken), limits.MessageBytesMax, receiver, time, large);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Why nothing answers where the first operation's paths are; null where something does. It asks for headers alone, without credentials.</summary>
    public async Task<string?> SilenceAsync(CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _description).Operations is not [{ Request.Base: var place }, ..])
            return null;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, place);
            using var response = await _client.SendAsync(request, cancellationToken);
            return null;
        }
        catch (HttpRequestException failure)
        {
            return $"The document can be read, but nothing answers at `{place.Host}:{place.Port}`: {VisibleText.Escape(failure.InnerException?.Message ?? failure.Message).TrimEnd('.')}.";
        }
    }

    public void Settle(EraSettled era)
    {
    }

    public Task ListenAsync() => Task.CompletedTask;

    public Task NotifyAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task SendAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        var abort = new CancellationTokenSource();
        _running[exchange.Id] = abort;
        if (_ended.Task.IsCompleted)
            exchange.Fail("The channel was closed.");
        _ = RunAsync(exchange, abort);
        return Task.CompletedTask;
    }

    public async ValueTask AbandonAsync(Exchange exchange, string why)
    {
        if (_running.TryGetValue(exchange.Id, out var abort))
            await HttpRequests.CancelAsync(abort);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _ended.TrySetResult("The channel was closed.");
        foreach (var abort in _running.Values)
            await HttpRequests.CancelAsync(abort);
        if (Interlocked.Exchange(ref _watch, null) is { } watch)
            await watch.DisposeAsync();
        _client.Dispose();
    }

    private async Task RunAsync(Exchange exchange, CancellationTokenSource abort)
    {
        try
        {
            exchange.Finish(exchange.Method switch
            {
                _ when exchange.Ended is { } ended => ended,
                "tools/list" => await ListAsync(abort.Token),
                "tools/call" => await CallAsync(exchange, abort.Token),
                "subscriptions/listen" => await WatchAsync(abort.Token),
                _ => Error(MethodNotFound, "A service behind an OpenAPI document has tools alone."),
            });
        }
        catch (WireException failure)
        {
            exchange.Fail(failure.Message);
        }
        catch (LineSpooledException large)
        {
            await FinishAsync(exchange, large.Spool, abort.Token);
        }
        catch (LineTooLongException)
        {
            exchange.Finish(new ExchangeEnd.Unreadable($"The service's answer is larger than {_messageBytesMax} bytes."));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            HttpRequests.Fail(exchange, failure);
        }
        finally
        {
            _running.TryRemove(exchange.Id, out _);
            abort.Dispose();
        }
    }

    private async Task<ExchangeEnd> ListAsync(CancellationToken cancellationToken)
    {
        // What was read to open the wire serves its first list.
        if (!_isUnlisted)
            await ReadAsync(cancellationToken);
        _isUnlisted = false;
        var operations = Volatile.Read(ref _description).Operations;
        return new ExchangeEnd.Result(Element(writer =>
        {
            writer.WriteStartArray("tools"u8);
            foreach (var operation in operations)
                operation.Definition.WriteTo(writer);
            writer.WriteEndArray();
        }));
    }

    private async Task<ExchangeEnd> CallAsync(Exchange exchange, CancellationToken cancellationToken)
    {
        using var message = JsonDocument.Parse(exchange.Body);
        var parameters = message.RootElement.GetProperty("params");
        if (await FindAsync(exchange.Name, exchange.Definition, cancellationToken) is not { } operation)
            return new ExchangeEnd.NotSent("The document does not describe the operation as it was approved.");

        HttpRequestMessage request;
        try
        {
            var trace = parameters.TryGetProperty("_meta", out var meta) && meta.TryGetProperty("traceparent", out var parent) ? parent.GetString() : null;
            request = RequestWriter.Write(operation.Request, _connection, parameters.GetProperty("arguments"), trace);
        }
        catch (ArgumentRefusedException refused)
        {
            return Error(InvalidParameters, $"Nothing was sent. {refused.Message}");
        }

        using (request)
        {
            exchange.HasLeft = true;
            using var response = await _client.SendAsync(request, cancellationToken);
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            var length = request.Method == HttpMethod.Head ? 0 : response.Content.Headers.ContentLength;
            var large = LargeAnswerForm.IsFit(operation, response) ? _large : null;
            var bytes = await BoundedBody.ReadAsync(body, length, _messageBytesMax, cancellationToken, large, new LargeAnswerForm(exchange.Id, operation, response));
            return new ExchangeEnd.Result(AnswerWriter.Write(operation, response, bytes));
        }
    }

    /// <summary>Ends an exchange by an answer that went to a file.</summary>
    private static async Task FinishAsync(Exchange exchange, Spool spool, CancellationToken cancellationToken)
    {
        try
        {
            if (await spool.ReadAsync(cancellationToken) is { } answer && exchange.Finish(new ExchangeEnd.Large(spool, answer)))
                return;
        }
        catch (Exception failure) when (failure is IOException or OperationCanceledException)
        {
            // It cannot be read back, or nobody waits for it.
        }

        spool.Dispose();
        exchange.Finish(new ExchangeEnd.Unreadable("The service's answer is too large, and could not be kept."));
    }

    /// <summary>The operation whose definition is the approved one: no other is carried out, whatever the document says by now.</summary>
    private async Task<ApiOperation?> FindAsync(string? tool, Digest? approved, CancellationToken cancellationToken)
    {
        if (Find() is { } operation || _time.GetElapsedTime(Interlocked.Read(ref _read)) < BetweenReadings)
            return Find();
        await ReadAsync(cancellationToken);
        return Find();

        ApiOperation? Find() => Volatile.Read(ref _description).Operations.FirstOrDefault(one => one.Tool == tool && one.Digest == approved);
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        await _reading.WaitAsync(cancellationToken);
        try
        {
            Volatile.Write(ref _description, await _source.LoadAsync(cancellationToken));
            Interlocked.Exchange(ref _read, _time.GetTimestamp());
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>Says that the tools changed when the document's file did, until the wire is closed.</summary>
    private async Task<ExchangeEnd> WatchAsync(CancellationToken cancellationToken)
    {
        var path = _connection.Document.LocalPath;
        _watch ??= new FolderWatch(Path.GetDirectoryName(path) ?? "/", Path.GetFileName(path), _ =>
        {
            _receiver.OnListChanged(ListKinds.Tools);
            return default;
        }, _time);
        await Task.Delay(Timeout.InfiniteTimeSpan, _time, cancellationToken);
        throw new UnreachableException();
    }

    private static ExchangeEnd.Error Error(int code, string message) => new(Element(writer =>
    {
        writer.WriteNumber("code"u8, code);
        writer.WriteString("message"u8, message);
    }));

    private static JsonElement Element(Action<Utf8JsonWriter> members)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, PooledJson.Options))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return JsonElement.Parse(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }
}

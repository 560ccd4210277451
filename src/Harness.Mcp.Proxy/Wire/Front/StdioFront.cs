using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;

namespace Harness.Mcp.Proxy.Wire.Front;

/// <summary>What the stdio front needs to know.</summary>
/// <param name="Endpoint">The proxy's agent endpoint, such as `http://127.0.0.1:7777/m/MISSION/mcp`.</param>
/// <param name="Token">The agent's access token; null where the proxy runs in development mode.</param>
public sealed record StdioFrontOptions(Uri Endpoint, string? Token)
{
    /// <summary>Longest line that is read, in bytes; the proxy's own cap may be lower.</summary>
    public int LineBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>How long calls may go on once the input has ended.</summary>
    public TimeSpan EndGrace { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>
/// Lets a client that only starts commands speak to a running proxy: lines in, lines out, HTTP in between. It decides nothing;
/// the proxy checks all it sends like any agent's requests.
/// </summary>
public sealed class StdioFront : IDisposable
{
    private const int RequestsMax = 256;

    private readonly StdioFrontOptions _options;
    private readonly TextWriter _errors;
    private readonly StdioLines _lines;
    private readonly HttpClient _http;
    private readonly ProxyConnection _proxy;
    private readonly ConcurrentDictionary<string, Pending> _pending = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _ended = new();
    private Task _stream = Task.CompletedTask;
    private string? _streamOf;
    private bool _isUnreachableSaid;

    private StdioFront(StdioFrontOptions options, Stream input, Stream output, TextWriter errors)
    {
        _options = options;
        _errors = errors;
        _lines = new StdioLines(input, output, options.LineBytesMax);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            MaxConnectionsPerServer = RequestsMax * 2,
            UseCookies = false,
            UseProxy = false,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _proxy = new ProxyConnection(_http, options.Endpoint, options.Token);
    }

    /// <summary>Relays until the input ends or the front is cancelled, then ends the session that it holds.</summary>
    /// <param name="errors">Where a person is told what is wrong; never part of the protocol.</param>
    public static async Task RunAsync(StdioFrontOptions options, Stream input, Stream output, TextWriter errors, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var front = new StdioFront(options, input, output, errors);
        await front.RunAsync(cancellationToken);
    }

    public void Dispose()
    {
        _proxy.Dispose();
        _http.Dispose();
        _lines.Dispose();
        _ended.Dispose();
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await _lines.ReadAsync(cancellationToken) is { } line) await TakeAsync(line);
            await Task.WhenAll(_pending.Values.Where(pending => !pending.IsStream).Select(pending => pending.Done.Task))
                .WaitAsync(_options.EndGrace, cancellationToken);
        }
        catch (Exception end) when (end is OperationCanceledException or TimeoutException)
        {
            // What still runs is cancelled below, which the proxy hears.
        }

        await _ended.CancelAsync();
        await Task.WhenAll(_pending.Values.Select(pending => pending.Done.Task).Append(_stream));
        await EndSessionAsync();
    }

    private async Task TakeAsync(StdioLines.Line line)
    {
        if (line.IsTooLong)
        {
            await AnswerAsync(null, WireError.Malformed($"A line is longer than {_options.LineBytesMax} bytes: send less at once."));
            return;
        }

        if (StrictJson.Parse(line.Bytes, int.MaxValue, out var fault, out _) is not { } root)
        {
            await AnswerAsync(null, new WireError(0, WireError.ParseError, fault!));
            return;
        }

        if (AgentResponse.IsMeant(root))
        {
            await RespondAsync(line.Bytes);
            return;
        }

        if (AgentMessage.Read(root, out var id, out var error) is not { } message)
        {
            await AnswerAsync(id, error!);
            return;
        }

        if (message.Id is { } given) await BeginAsync(message, given, line.Bytes);
        else await NotifyAsync(message, line.Bytes);
    }

    private async Task BeginAsync(AgentMessage message, JsonElement id, byte[] body)
    {
        var pending = new Pending(message, CancellationTokenSource.CreateLinkedTokenSource(_ended.Token));
        if (_pending.Count >= RequestsMax || !_pending.TryAdd(id.GetRawText(), pending))
        {
            pending.Cancellation.Dispose();
            await AnswerAsync(id, WireError.Malformed($"A request of this id, or {RequestsMax} others, are still being answered: wait for one to end, and use a new id."));
            return;
        }

        var relaying = RelayAsync(pending, id, body);

        // The session must exist before what follows can belong to it.
        if (string.Equals(message.Method, Methods.Initialize, StringComparison.Ordinal)) await relaying;
    }

    private async Task RelayAsync(Pending pending, JsonElement id, byte[] body)
    {
        var cancellation = pending.Cancellation.Token;
        try
        {
            // Reading goes on while this request is under way.
            await Task.Yield();
            using var response = await _proxy.PostAsync(pending.Message, body, cancellation);
            pending.Started.TrySetResult();

            var isAnswered = false;
            await foreach (var bytes in ProxyConnection.MessagesAsync(response, cancellation)) isAnswered |= await PassAsync(pending, response, id, bytes);
            if (!isAnswered && !pending.IsCancelled) await AnswerAsync(id, NoAnswer(response));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // A cancelled request gets no answer.
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or JsonException)
        {
            await AnswerAsync(id, Unreachable(failure, hasLeft: pending.Started.Task.IsCompleted));
        }
        finally
        {
            _pending.TryRemove(id.GetRawText(), out _);
            pending.Started.TrySetResult();
            pending.Cancellation.Dispose();
            pending.Done.TrySetResult();
        }
    }

    /// <returns>Whether the message answers the request.</returns>
    private async Task<bool> PassAsync(Pending pending, HttpResponseMessage response, JsonElement id, byte[] bytes)
    {
        var message = JsonElement.Parse(bytes);
        if (message.TryGetProperty("method", out var method))
        {
            if (method.ValueEquals(Methods.ToolsChanged)) _proxy.ForgetTools();
            await _lines.WriteAsync(bytes, _ended.Token);
            return false;
        }

        if (message.TryGetProperty("result", out var result) && string.Equals(pending.Message.Method, Methods.Initialize, StringComparison.Ordinal))
        {
            _proxy.Agreed(response, result);
        }

        // What is refused before its id is read comes back without one; it can only be this request.
        await _lines.WriteAsync(
            message.TryGetProperty("id", out var answered) && answered.ValueKind != JsonValueKind.Null ? bytes : WithId(message, id), _ended.Token);
        return true;
    }

    /// <summary>Passes the client's answer to a request of the proxy's on. What is wrong with it, the proxy finds; nobody waits for that here.</summary>
    private async Task RespondAsync(byte[] body)
    {
        try
        {
            using var response = await _proxy.RespondAsync(body, _ended.Token);
            if (!response.IsSuccessStatusCode) Say($"The proxy did not take an answer of the client's (HTTP {(int)response.StatusCode}).");
        }
        catch (HttpRequestException failure)
        {
            Say(Unreachable(failure, hasLeft: false).Message);
        }
    }

    private async Task NotifyAsync(AgentMessage message, byte[] body)
    {
        try
        {
            if (string.Equals(message.Method, Methods.Cancelled, StringComparison.Ordinal)
                && message.Param("requestId") is { } id && _pending.TryGetValue(id.GetRawText(), out var pending))
            {
                pending.IsCancelled = true;
                if (pending.Message.MetaMember(AgentMessage.VersionKey) is not null)
                {
                    // Over HTTP a modern request is cancelled by closing its response.
                    await pending.Cancellation.CancelAsync();
                    return;
                }

                // Sent earlier, it could overtake the request that it cancels.
                await pending.Started.Task;
            }

            using var response = await _proxy.PostAsync(message, body, _ended.Token);
            if (_proxy.Session is { } session && string.Equals(message.Method, "notifications/initialized", StringComparison.Ordinal)
                && response.IsSuccessStatusCode && !string.Equals(_streamOf, session, StringComparison.Ordinal))
            {
                _streamOf = session;
                _stream = StreamAsync();
            }
        }
        catch (ObjectDisposedException)
        {
            // The request ended in the same moment.
        }
        catch (HttpRequestException failure)
        {
            Say(Unreachable(failure, hasLeft: false).Message);
        }
    }

    /// <summary>Passes on what the proxy says outside of any request, while the session lasts.</summary>
    private async Task StreamAsync()
    {
        try
        {
            await Task.Yield();
            using var response = await _proxy.OpenStreamAsync(_ended.Token);
            if (!response.IsSuccessStatusCode) return;
            await foreach (var bytes in ProxyConnection.MessagesAsync(response, _ended.Token)) await _lines.WriteAsync(bytes, _ended.Token);
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The front ends.
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            Say($"The proxy's notice stream broke off: {failure.Message}");
        }
    }

    private async Task EndSessionAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await _proxy.EndSessionAsync(patience.Token);
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            Say($"The session could not be ended at the proxy; it ends there by itself: {failure.Message}");
        }
    }

    private Task AnswerAsync(JsonElement? id, WireError error) => _lines.WriteAsync(error.ToMessage(id), CancellationToken.None);

    private WireError NoAnswer(HttpResponseMessage response)
    {
        var say = response.StatusCode == HttpStatusCode.OK
            ? "The proxy ended its response without an answer, so the outcome is unknown: check before you repeat the request."
            : $"{_options.Endpoint} answered HTTP {(int)response.StatusCode}, which is not how a Harness.Mcp proxy answers: check the URL.";
        Say(say);
        return new WireError(0, WireError.ProxyUnreachable, say);
    }

    private WireError Unreachable(Exception failure, bool hasLeft)
    {
        var say = hasLeft
            ? "The connection to the proxy broke off, so the outcome of this request is unknown: check before you repeat it."
            : $"No proxy answers at {_options.Endpoint.GetLeftPart(UriPartial.Authority)}: start it with `harness run`, or name its URL with --url or HARNESS_URL.";
        if (!_isUnreachableSaid || hasLeft) Say($"{say} ({failure.Message})");
        _isUnreachableSaid |= !hasLeft;
        return new WireError(0, WireError.ProxyUnreachable, say);
    }

    private void Say(string what) => _errors.WriteLine($"harness connect: {what}");

    private static byte[] WithId(JsonElement message, JsonElement id)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc", "2.0");
            json.WritePropertyName("id");
            id.WriteTo(json);
            foreach (var member in message.EnumerateObject())
            {
                if (member.Name is not ("jsonrpc" or "id")) member.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return bytes.ToArray();
    }

    private sealed class Pending(AgentMessage message, CancellationTokenSource cancellation)
    {
        private volatile bool _isCancelled;

        public AgentMessage Message { get; } = message;

        public CancellationTokenSource Cancellation { get; } = cancellation;

        /// <summary>Ends when the proxy has begun to answer.</summary>
        public TaskCompletionSource Started { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsCancelled
        {
            get => _isCancelled;
            set => _isCancelled = value;
        }

        /// <summary>Whether it ends only when the client ends it.</summary>
        public bool IsStream => string.Equals(Message.Method, Methods.Listen, StringComparison.Ordinal);
    }
}

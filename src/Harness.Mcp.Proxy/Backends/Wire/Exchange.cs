using System.Text.Json;
using System.Threading.Channels;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>How one request to a backend ended.</summary>
internal abstract record ExchangeEnd
{
    private ExchangeEnd() { }

    public sealed record Result(JsonElement Value) : ExchangeEnd;

    public sealed record Error(JsonElement Value) : ExchangeEnd
    {
        public long Code => Value.GetProperty("code").GetInt64();
    }

    /// <summary>The request did not reach the backend, or the backend refused it before reading it.</summary>
    public sealed record NotSent(string Why) : ExchangeEnd
    {
        /// <summary>The backend no longer knows the session: a new one may do.</summary>
        public bool SessionGone { get; init; }

        /// <summary>The HTTP status that said so; 0 for none.</summary>
        public int Status { get; init; }
    }

    /// <summary>The request left and no answer came.</summary>
    public sealed record Lost(string Why) : ExchangeEnd
    {
        /// <summary>The HTTP status that said so; 0 for none.</summary>
        public int Status { get; init; }
    }

    /// <summary>An answer came that cannot be accepted.</summary>
    public sealed record Unreadable(string Why) : ExchangeEnd;
}

/// <summary>
/// One request on its way: its bytes, the notices that come back while it runs, and its end. Notices that were put in before the end are
/// taken out before it.
/// </summary>
internal sealed class Exchange
{
    private const int NoticesMax = 256;

    private readonly Channel<RpcMessage.Notice> _notices;
    private readonly TaskCompletionSource<ExchangeEnd> _end;

    /// <param name="goesOnInPlace">
    /// Whether whoever waits may go on within the call that ends the exchange: only where that call's own thread serves no other exchange.
    /// </param>
    public Exchange(bool goesOnInPlace = false)
    {
        _notices = Channel.CreateBounded<RpcMessage.Notice>(
            new BoundedChannelOptions(NoticesMax) { SingleReader = true, AllowSynchronousContinuations = goesOnInPlace });
        _end = new TaskCompletionSource<ExchangeEnd>(goesOnInPlace ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Unique on its channel; also the progress token.</summary>
    public required long Id { get; init; }

    public required string Method { get; init; }

    /// <summary>Whether this is an agent's call, and not a request of our own.</summary>
    public bool IsCall { get; init; }

    /// <summary>What `Mcp-Name` repeats; null where the method has no name.</summary>
    public string? Name { get; init; }

    /// <summary>The whole JSON-RPC message, without a line end.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    /// <summary>The revision that this message speaks; null for `initialize`, which settles one.</summary>
    public EraSettled? Era { get; init; }

    /// <summary>Names and values of `Mcp-Param-*`, rebuilt from the arguments.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> ParameterHeaders { get; init; } = [];

    /// <summary>Digest of the tool's definition as it was approved; null for what is no call.</summary>
    public Digest? Definition { get; init; }

    /// <summary>Set just before the first byte leaves: from here on nobody knows what the backend did.</summary>
    public bool HasLeft { get; set; }

    public Task<ExchangeEnd> End => _end.Task;

    public ChannelReader<RpcMessage.Notice> Notices => _notices.Reader;

    /// <summary>Waits while the receiver is behind, so that no notice is lost.</summary>
    public async ValueTask PutAsync(RpcMessage.Notice notice, CancellationToken cancellationToken)
    {
        try
        {
            await _notices.Writer.WriteAsync(notice, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            // The exchange ended; nobody waits for its notices.
        }
    }

    public bool Finish(ExchangeEnd end)
    {
        var isFirst = _end.TrySetResult(end);
        _notices.Writer.TryComplete();
        return isFirst;
    }

    /// <summary>Ends without an answer: as not sent where nothing left, else as lost.</summary>
    public bool Fail(string why) => Finish(HasLeft ? new ExchangeEnd.Lost(why) : new ExchangeEnd.NotSent(why));
}

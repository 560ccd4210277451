using System.Text.Json;
using System.Threading.Channels;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Backends.Large;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>How one request to a backend ended.</summary>
internal abstract record ExchangeEnd
{
    private ExchangeEnd() { }

    public sealed record Result(JsonElement Value) : ExchangeEnd
    {
        /// <summary>What the value lies in; null where it is not to be given back.</summary>
        public MessageMemory? Memory { get; init; }
    }

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

    /// <summary>A result came that is too large for memory; it is in a file, which whoever takes the end disposes or keeps.</summary>
    public sealed record Large(Spool Spool, SpooledAnswer Answer) : ExchangeEnd;

    /// <summary>An answer came that cannot be accepted.</summary>
    public sealed record Unreadable(string Why) : ExchangeEnd;
}

/// <summary>Takes what a backend says during one request, while it is read.</summary>
internal interface IMessageReceiver
{
    ValueTask ReceiveAsync(RpcMessage message);
}

/// <summary>
/// One request on its way: its bytes, what comes back while it runs, and its end. What was put in before the end is
/// taken out before it.
/// </summary>
internal sealed class Exchange
{
    private const int NoticesMax = 256;

    private readonly IMessageReceiver? _receiver;
    private readonly Channel<RpcMessage>? _incoming;
    private readonly TaskCompletionSource<ExchangeEnd>? _told;
    private ExchangeEnd? _end;

    /// <param name="receiver">
    /// Takes what comes before the end, where the exchange has a stream of its own; the next message is read when it is done. Null for a stream that
    /// all share: there it is put aside, so that it holds up no other.
    /// </param>
    public Exchange(IMessageReceiver? receiver = null)
    {
        _receiver = receiver;
        if (receiver is not null)
            return;
        _incoming = Channel.CreateBounded<RpcMessage>(new BoundedChannelOptions(NoticesMax) { SingleReader = true });
        _told = new TaskCompletionSource<ExchangeEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Unique on its channel; also the progress token.</summary>
    public required long Id { get; init; }

    public required string Method { get; init; }

    /// <summary>Whether this is an agent's call, and not a request of our own.</summary>
    public bool IsCall { get; init; }

    /// <summary>Whether the answer may be so large that it goes to a file: that of a call, and that about a task, which brings the call's.</summary>
    public bool MayBeLarge => IsCall || string.Equals(Method, "tasks/get", StringComparison.Ordinal);

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

    /// <summary>Whether the backend may ask the agent of this call.</summary>
    public bool MayBeAsked { get; init; }

    /// <summary>Set just before the first byte leaves: from here on nobody knows what the backend did.</summary>
    public bool HasLeft { get; set; }

    /// <summary>How it ended; null while it runs.</summary>
    public ExchangeEnd? Ended => Volatile.Read(ref _end);

    /// <summary>Completes with the end. Only where streams are shared.</summary>
    public Task<ExchangeEnd> End => _told?.Task ?? throw new InvalidOperationException("Whoever reads the stream of this exchange knows when it ends.");

    /// <summary>Notices, and where it may be asked something, requests of the backend's own. Only where streams are shared.</summary>
    public ChannelReader<RpcMessage> Incoming => _incoming?.Reader ?? throw new InvalidOperationException("What comes on the stream of this exchange is received at once.");

    /// <summary>Waits while the receiver is behind, so that nothing is lost.</summary>
    /// <returns>False where the exchange has ended, and nobody waits for what it brings.</returns>
    public async ValueTask<bool> PutAsync(RpcMessage message, CancellationToken cancellationToken)
    {
        if (_receiver is not null)
        {
            await _receiver.ReceiveAsync(message);
            return true;
        }

        try
        {
            await _incoming!.Writer.WriteAsync(message, cancellationToken);
            return true;
        }
        catch (ChannelClosedException)
        {
            return false;
        }
    }

    public bool Finish(ExchangeEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, end, null) is not null)
            return false;
        _told?.TrySetResult(end);
        _incoming?.Writer.TryComplete();
        return true;
    }

    /// <summary>Ends without an answer: as not sent where nothing left, else as lost.</summary>
    public bool Fail(string why) => Ended is null && Finish(HasLeft ? new ExchangeEnd.Lost(why) : new ExchangeEnd.NotSent(why));
}

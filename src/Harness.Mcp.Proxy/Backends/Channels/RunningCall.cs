using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Wire;
using Harness.Mcp.Proxy.Telemetry;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>One call on a channel, from its first byte to its end. What the backend says meanwhile goes to the agent, and what it asks, too.</summary>
internal sealed class RunningCall(
    IWire wire, BackendCall call, ParameterHeaders headers, EraSettled era, long id, INoticeSink notices, BackendLimits limits, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    : IMessageReceiver, IDisposable
{
    private readonly Activity? _activity = Activity.Current;
    private readonly IOwnStreams? _own = OwnStreams(wire, era);
    private readonly Patience _patience = new(limits.Call, limits.Quiet, time, cancellationToken, OwnStreams(wire, era)?.Closing ?? CancellationToken.None);
    private AskRelay? _asking;
    private byte[]? _rented;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ExchangeEnd> RunAsync()
    {
        _activity?.SetTag(HarnessTelemetry.Tags.RequestId, id.ToString(CultureInfo.InvariantCulture));
        var exchange = NewExchange();
        try
        {
            if (_own is not null)
            {
                await _own.RunAsync(exchange, _patience.Over);
                return exchange.Ended ?? throw new UnreachableException("An exchange ran to no end.");
            }

            await wire.SendAsync(exchange, _patience.Over);
            while (await exchange.Incoming.WaitToReadAsync(_patience.Over))
                while (exchange.Incoming.TryRead(out var message))
                    await ReceiveAsync(message);
            return await exchange.End.WaitAsync(_patience.Over);
        }
        catch (OperationCanceledException)
        {
            var why = _patience.Why;

            // An answer that came at the same moment wins: it happened.
            if (exchange.Fail(why))
                await wire.AbandonAsync(exchange, why);
            return exchange.Ended!;
        }
        finally
        {
            if (_asking is not null)
                await _asking.DisposeAsync();
        }
    }

    public void Dispose()
    {
        _patience.Dispose();
        if (_rented is not { } rented)
            return;
        _rented = null;
        ArrayPool<byte>.Shared.Return(rented, clearArray: true);
    }

    private static IOwnStreams? OwnStreams(IWire wire, EraSettled era) => era.IsModern ? wire as IOwnStreams : null;

    private Exchange NewExchange() => new(_own is null ? null : this)
    {
        Id = id,
        Method = call.Method,
        IsCall = true,
        Name = call.MirroredName,
        Definition = call.Definition,
        Era = era,
        ParameterHeaders = era.IsModern ? headers.Rebuild(call.Arguments) : [],
        Body = Message(),
        MayBeAsked = call.Inputs is not null && !era.IsModern,
    };

    /// <summary>The message to the backend. Where its stream is the call's own, its memory is rented, since nobody reads it once the call has run.</summary>
    private ReadOnlyMemory<byte> Message()
    {
        using var json = PooledJson.Rent();
        RpcWriter.Request(json.Writer, id, call.Method, this, static (writer, running) => running.WriteParameters(writer));
        var message = json.Written;
        if (_own is null)
            return message.ToArray();
        _rented = ArrayPool<byte>.Shared.Rent(message.Length);
        message.CopyTo(_rented);
        return _rented.AsMemory(0, message.Length);
    }

    private void WriteParameters(Utf8JsonWriter writer)
    {
        CallParameters.Write(writer, call);
        if (call.Retry is { } retry)
            WriteRetry(writer, retry);
        RequestMeta.Write(writer, era, call.WantsProgress ? id : null, _activity, call.Meta, call.LogLevel, call.MayAsk, call.TakesTask);
    }

    private static void WriteRetry(Utf8JsonWriter writer, CallRetry retry)
    {
        if (retry.Responses is { } responses)
        {
            writer.WritePropertyName("inputResponses"u8);
            responses.WriteTo(writer);
        }

        if (retry.State is { } state)
            writer.WriteString("requestState"u8, state);
    }

    /// <inheritdoc/>
    public async ValueTask ReceiveAsync(RpcMessage message)
    {
        _patience.Heard();
        if (message is RpcMessage.Request request)
        {
            (_asking ??= new AskRelay(wire, call.Inputs!, _patience)).Begin(request);
            return;
        }

        if (message is not RpcMessage.Notice notice)
            return;
        try
        {
            await notices.SendAsync(notice.Method, notice.Parameters ?? default, _patience.Over);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // The way back to the agent is gone; the call itself goes on, and its answer is recorded.
            BackendLog.NoticeLost(logger, notice.Method, failure);
        }
    }
}

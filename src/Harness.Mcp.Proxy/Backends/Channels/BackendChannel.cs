using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Backends.Tasks;
using Harness.Mcp.Proxy.Backends.Wire;
using Harness.Mcp.Proxy.Telemetry;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>An open conversation with a backend in one era. It outlives a lost HTTP session, but not its process.</summary>
internal sealed class BackendChannel : IAsyncDisposable
{
    /// <summary>How long a first call waits until a backend can ask outside of it, as some do; where that takes longer, it goes on without.</summary>
    private static readonly TimeSpan ListeningLimit = TimeSpan.FromMilliseconds(500);

    private readonly IWire _wire;
    private readonly BackendRequester _requester;
    private readonly BackendLimits _limits;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _renewing = new(1);
    private readonly AskableCalls _askable;
    private readonly AgentInputs _declares;
    private readonly SessionLogLevel _logLevel;
    private readonly long _began = Stopwatch.GetTimestamp();
    private Agreement _agreement;
    private int _session;

    private BackendChannel(
        IWire wire, BackendRequester requester, Agreement agreement, AgentInputs declares, BackendLimits limits, TimeProvider time, ILogger logger)
    {
        _declares = declares;
        _askable = new AskableCalls(time);
        _wire = wire;
        _requester = requester;
        _logLevel = new SessionLogLevel(requester);
        _agreement = agreement;
        _limits = limits;
        _time = time;
        _logger = logger;
    }

    public EraSettled Era => _agreement.Era;

    public Task<string> Ended => _wire.Ended;

    /// <summary>The resources that are watched on this channel; null where nothing can be.</summary>
    public ResourceUpdates? Updates { get; private init; }

    /// <summary>Whether the channel's end is our own doing.</summary>
    public bool IsClosedByUs { get; private set; }

    /// <summary>Takes the wire over: it is closed where the handshake fails.</summary>
    /// <param name="declares">What the backend is told that it may ask of agents, over all calls of a session, and while its tools are listed.</param>
    /// <param name="updates">What receives the wire's unasked messages; null where nobody watches resources.</param>
    /// <exception cref="WireException">The handshake failed.</exception>
    /// <exception cref="ProbeFailedException">It failed over the question for the era.</exception>
    public static async Task<BackendChannel> OpenAsync(
        IWire wire,
        EraPreference preference,
        AgentInputs declares,
        BackendLimits limits,
        TimeProvider time,
        ILogger logger,
        CancellationToken cancellationToken,
        ResourceUpdates? updates = null)
    {
        try
        {
            var requester = new BackendRequester(wire, time);
            var agreement = wire is ISettledWire settled
                ? settled.Agreement
                : await new Handshake(requester, declares).RunAsync(preference, limits.Connect, cancellationToken);
            updates?.Open(requester, agreement.Era, limits.Connect);
            if (declares != AgentInputs.None && !agreement.Era.IsModern)
                await Task.WhenAny(wire.ListenAsync(), Task.Delay(ListeningLimit, time, cancellationToken));
            return new BackendChannel(wire, requester, agreement, declares, limits, time, logger) { Updates = updates };
        }
        catch
        {
            await wire.DisposeAsync();
            throw;
        }
    }

    /// <summary>All tools, over all pages.</summary>
    /// <exception cref="WireException">The list cannot be had or accepted.</exception>
    public async Task<ImmutableArray<JsonElement>> ListToolsAsync(CancellationToken cancellationToken) =>
        _agreement.HasTools ? (await ListAsync(ListKinds.Tools, _limits.ToolsMax, cancellationToken)).Items : [];

    /// <summary>What the backend says that it can do besides tools.</summary>
    public ReadOffers Offers => _agreement.Reads;

    /// <inheritdoc cref="ListPages.ReadAsync"/>
    public Task<(ImmutableArray<JsonElement> Items, bool IsCut)> ListAsync(ListKinds kind, int itemsMax, CancellationToken cancellationToken) =>
        new ListPages(RequestPageAsync).ReadAsync(kind, itemsMax, cancellationToken);

    /// <summary>Asks to be told when a list changes, for as long as the channel lives.</summary>
    public void ListenForChanges(CancellationToken cancellationToken)
    {
        if (!_agreement.TellsChanges)
            return;
        if (Era.IsModern)
            _ = SubscribeAsync(cancellationToken);
        else
            _ = _wire.ListenAsync();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<BackendReply> CallAsync(BackendCall call, ParameterHeaders headers, INoticeSink notices, CancellationToken cancellationToken)
    {
        ExchangeEnd end;
        var isAlone = false;
        try
        {
            // Where a request names no call, only one call at a time can be asked something.
            if (call.Inputs is not null && !Era.IsModern && !_wire.KeepsCallsApart && !(isAlone = await _askable.TryEnterAsync(cancellationToken)))
                return new BackendReply.NotSent("Another call of this mission, during which the backend may ask the agent, is still running.");
            // A backend that did not offer tasks is not told of them, and may not make one.
            if (call.TakesTask && !(call.Kind == CallKind.Tool && Offers.Tasks))
                call = call with { TakesTask = false };
            var session = Volatile.Read(ref _session);
            await AskForLogsAsync(call, cancellationToken);
            end = await CallOnceAsync(call, headers, notices, cancellationToken);
            if (end is ExchangeEnd.NotSent { SessionGone: true } && await RenewAsync(session, cancellationToken))
            {
                await AskForLogsAsync(call, cancellationToken);
                end = await CallOnceAsync(call, headers, notices, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new BackendReply.NotSent("The call was cancelled before it left.");
        }
        finally
        {
            if (isAlone)
                _askable.Leave();
        }

        return end switch
        {
            ExchangeEnd.Result result => Read(result, call),
            ExchangeEnd.Large(var spool, var answer) => new BackendReply.Large(spool, answer),
            ExchangeEnd.Error(var value) => new BackendReply.Error(value),
            ExchangeEnd.NotSent(var why) => new BackendReply.NotSent(why),
            ExchangeEnd.Lost(var why) => new BackendReply.Lost(why),
            ExchangeEnd.Unreadable(var why) => new BackendReply.Unreadable(why),
            _ => throw new UnreachableException($"No reply for {end.GetType().Name}."),
        };
    }

    /// <summary>Asks about a task of an earlier call. Never throws for a failure of the backend's.</summary>
    public async Task<TaskReply> AskTaskAsync(TaskRequest request, CancellationToken cancellationToken) => TaskResult.Reply(
        request,
        await _requester.RequestAsync(
            request.Method,
            Era,
            writer =>
            {
                writer.WriteString("taskId"u8, request.Task);
                if (request.Responses is { } responses)
                {
                    writer.WritePropertyName("inputResponses"u8);
                    responses.WriteTo(writer);
                }

                RequestMeta.Write(writer, Era, null, Activity.Current, null, inputs: request.MayAsk, takesTasks: true);
            },
            _limits.Connect,
            cancellationToken,
            name: request.Task));

    public async ValueTask DisposeAsync()
    {
        IsClosedByUs = true;
        Updates?.Dispose();
        await _wire.DisposeAsync();
        if (!Era.IsModern)
            HarnessTelemetry.ClientSessionDuration.Record(
                Stopwatch.GetElapsedTime(_began).TotalSeconds,
                new KeyValuePair<string, object?>(HarnessTelemetry.Tags.ProtocolVersion, Era.ProtocolVersion));
        _renewing.Dispose();
        _askable.Dispose();
        _logLevel.Dispose();
    }

    /// <summary>Asks for one page of a list, once more where the session was lost.</summary>
    private async Task<ExchangeEnd> RequestPageAsync(string method, string? cursor, CancellationToken cancellationToken)
    {
        void Parameters(Utf8JsonWriter writer)
        {
            if (Era.IsModern)
                RequestMeta.Write(writer, Era, null, null, null, inputs: _declares);
            if (cursor is not null)
                writer.WriteString("cursor"u8, cursor);
        }

        var session = Volatile.Read(ref _session);
        var end = await _requester.RequestAsync(method, Era, Parameters, _limits.Connect, cancellationToken);
        return end is ExchangeEnd.NotSent { SessionGone: true } && await RenewAsync(session, cancellationToken)
            ? await _requester.RequestAsync(method, Era, Parameters, _limits.Connect, cancellationToken)
            : end;
    }

    private BackendReply Read(ExchangeEnd.Result result, BackendCall call)
    {
        var reply = ToolResult.Read(result.Value, call.Kind, Era, out var isCopy, call.TakesTask);
        if (isCopy)
            result.Memory?.GiveBack();
        return reply;
    }

    private Task AskForLogsAsync(BackendCall call, CancellationToken cancellationToken) =>
        call.LogLevel is { } wanted && _agreement is { SendsLogs: true, Era.IsModern: false }
            ? _logLevel.ReachAsync(wanted, Era, Volatile.Read(ref _session), cancellationToken)
            : Task.CompletedTask;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ExchangeEnd> CallOnceAsync(BackendCall call, ParameterHeaders headers, INoticeSink notices, CancellationToken cancellationToken)
    {
        using var running = new RunningCall(_wire, call, headers, Era, _requester.NextId(), notices, _limits, _time, _logger, cancellationToken);
        return await running.RunAsync();
    }

    /// <summary>One renewal for all who found the session gone. False where it failed: the first answer stands.</summary>
    private async Task<bool> RenewAsync(int goneSession, CancellationToken cancellationToken)
    {
        await _renewing.WaitAsync(cancellationToken);
        try
        {
            if (Volatile.Read(ref _session) != goneSession)
                return true;
            _agreement = await new Handshake(_requester, _declares).InitializeAsync(_limits.Connect, cancellationToken);
            Interlocked.Increment(ref _session);
            if (Updates is { } updates)
                _ = updates.AskAgainAsync();
            return true;
        }
        catch (WireException failure)
        {
            BackendLog.SessionNotRenewed(_logger, failure.Message);
            return false;
        }
        finally
        {
            _renewing.Release();
        }
    }

    private async Task SubscribeAsync(CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromSeconds(1);
        try
        {
            while (!_wire.Ended.IsCompleted)
            {
                var end = await _requester.RequestAsync("subscriptions/listen", Era, writer =>
                {
                    RequestMeta.Write(writer, Era, null, null, null);
                    writer.WriteStartObject("notifications"u8);
                    if (Offers.Tells.HasFlag(ListKinds.Tools))
                        writer.WriteBoolean("toolsListChanged"u8, true);
                    if (Offers.Tells.HasFlag(ListKinds.Resources))
                        writer.WriteBoolean("resourcesListChanged"u8, true);
                    if (Offers.Tells.HasFlag(ListKinds.Prompts))
                        writer.WriteBoolean("promptsListChanged"u8, true);
                    writer.WriteEndObject();
                }, Timeout.InfiniteTimeSpan, cancellationToken);
                if (end is ExchangeEnd.Error or ExchangeEnd.Unreadable)
                    return; // The periodic list serves alone.
                await Task.Delay(pause, _time, cancellationToken);
                pause = pause < TimeSpan.FromMinutes(1) ? pause * 2 : pause;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
    }
}

using System.Diagnostics;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Tasks;
using Harness.Mcp.Proxy.Backends.Wire;
using Harness.Mcp.Proxy.Telemetry;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Backends.Fleet;

/// <summary>One backend as the fleet holds it: its tools, its channels, its circuit and its bulkhead.</summary>
internal sealed class Backend : IBackendPort, IAsyncDisposable
{
    /// <summary>Longest wait for a free place in the bulkhead.</summary>
    private static readonly TimeSpan PlaceWait = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _time;
    private readonly ChannelOpener _opener;
    private readonly MissionChannels _channels;
    private readonly ListingLoop _listing;
    private readonly SemaphoreSlim _places;
    private readonly CancellationTokenSource _stop = new();
    private readonly Action _changed;
    private Task _running = Task.CompletedTask;
    private string? _lastError;
    private bool _isConnected;

    public Backend(BackendConfig config, WireFactory wires, PinFolder pins, TimeProvider time, ILogger logger, Action changed)
    {
        Config = config;
        Tools = new BackendTools(config, pins, time, logger);
        _time = time;
        _changed = changed;
        _opener = new ChannelOpener(config, wires, time, logger);
        _places = new SemaphoreSlim(config.Limits.Concurrency);
        _listing = new ListingLoop(config.Id, config.Limits, _opener, time, logger)
        {
            Listed = listing =>
            {
                Tools.Listed(listing);
                _changed();
            },
            StateChanged = Note,
        };
        _channels = new MissionChannels(_opener, _listing, config.Limits.Idle, time);
    }

    public BackendId Id => Config.Id;

    public string Domain => Config.Domain;

    public AskTerms Asks => Config.Asks;

    public ImmutableArray<string>? Images => Config.Images;

    public BackendConfig Config { get; private set; }

    public BackendTools Tools { get; }

    public MissionChannels Channels => _channels;

    /// <summary>Completes when the first attempt to list is over.</summary>
    public Task FirstListing => _listing.FirstAttempt;

    public BackendStatus Status => BackendStatus.Of(Config, _opener.Transport, _opener.Era, _isConnected, Tools.All, Tools.Reads, Volatile.Read(ref _lastError));

    public void Start() => _running = Task.Run(() => _listing.RunAsync(_stop.Token));

    /// <summary>Takes over what the owner says of the tools; the connection must be the same.</summary>
    public void Apply(BackendConfig config)
    {
        Config = config;
        Tools.Apply(config);
    }

    public ValueTask<BackendReply> CallAsync(BackendCall call, INoticeSink notices, CancellationToken cancellationToken) =>
        HarnessTelemetry.ClientDuration.Enabled || HarnessTelemetry.Source.HasListeners()
            ? CallTracedAsync(call, notices, cancellationToken)
            : CallInPlaceAsync(call, notices, cancellationToken);

    public async ValueTask<TaskReply> AskTaskAsync(TaskRequest request, CancellationToken cancellationToken)
    {
        using var activity = HarnessTelemetry.Source.StartActivity(request.Method, ActivityKind.Client);
        activity?.SetTag(HarnessTelemetry.Tags.Method, request.Method);
        activity?.SetTag(HarnessTelemetry.Tags.Backend, Id.Value);
        activity?.SetTag(HarnessTelemetry.Tags.Mission, request.Mission.Value);
        activity?.SetTag(HarnessTelemetry.Tags.CallId, request.Call.ToString());
        if (!_places.Wait(0, CancellationToken.None) && !await WaitForPlaceAsync(cancellationToken))
            return new TaskReply.None($"The backend already works on {Config.Limits.Concurrency} calls.");

        try
        {
            using var lease = _channels.Rent(request.Mission, AgentInputs.None);
            var channel = await lease.OpenAsync(cancellationToken);
            return await channel.AskTaskAsync(request, cancellationToken);
        }
        catch (WireException failure)
        {
            return new TaskReply.None(failure.Message);
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
        {
            return new TaskReply.None("Nobody waits for the answer any more.");
        }
        finally
        {
            _places.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await _channels.DisposeAsync();
        _stop.Dispose();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<BackendReply> CallTracedAsync(BackendCall call, INoticeSink notices, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        using var activity = HarnessTelemetry.Source.StartActivity(call.Kind == CallKind.Tool ? $"tools/call {call.Tool}" : call.Method, ActivityKind.Client);
        var tags = Tags(call);
        foreach (var tag in tags)
            activity?.SetTag(tag.Key, tag.Value);
        activity?.SetTag(HarnessTelemetry.Tags.Mission, call.Mission.Value);
        activity?.SetTag(HarnessTelemetry.Tags.CallId, call.Call.ToString());

        var reply = await CallInPlaceAsync(call, notices, cancellationToken);
        if (_opener.Era is { } era)
        {
            tags.Add(HarnessTelemetry.Tags.ProtocolVersion, era.ProtocolVersion);
            activity?.SetTag(HarnessTelemetry.Tags.ProtocolVersion, era.ProtocolVersion);
        }

        if (ErrorType(reply) is { } error)
        {
            // The code alone: a backend's own words never become a status.
            tags.Add(HarnessTelemetry.Tags.ErrorType, error);
            activity?.SetTag(HarnessTelemetry.Tags.ErrorType, error);
            if (reply is BackendReply.Error)
                activity?.SetTag(HarnessTelemetry.Tags.StatusCode, error);
            activity?.SetStatus(ActivityStatusCode.Error, error);
        }

        HarnessTelemetry.ClientDuration.Record(_time.GetElapsedTime(began).TotalSeconds, tags);
        return reply;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<BackendReply> CallInPlaceAsync(BackendCall call, INoticeSink notices, CancellationToken cancellationToken)
    {
        if (!_places.Wait(0, CancellationToken.None) && !await WaitForPlaceAsync(cancellationToken))
            return new BackendReply.NotSent(cancellationToken.IsCancellationRequested
                ? "The call was cancelled before it left."
                : $"The backend already works on {Config.Limits.Concurrency} calls.");

        try
        {
            // Checked once more at the last moment: the definition may have changed since the decision.
            var tool = call.Kind == CallKind.Tool ? Tools.Find(call.Tool) : null;
            if (call.Kind == CallKind.Tool && (tool is not { Standing: ToolStanding.Approved } || (call.Definition is { } admitted && admitted != tool.Definition.Digest)))
                return new BackendReply.NotSent("The tool's definition is not approved as it is now.");

            if (tool is not null && call.Definition is null)
                call = call with { Definition = tool.Definition.Digest };
            for (var isAgain = false; ; isAgain = true)
            {
                using var lease = _channels.Rent(call.Mission, call.Declares);
                var channel = await lease.OpenAsync(cancellationToken);
                var reply = await channel.CallAsync(call, tool?.Definition.Headers ?? ParameterHeaders.None, notices, cancellationToken);

                // The channel had ended unnoticed and nothing left: a new one is as good.
                if (isAgain || !(reply is BackendReply.NotSent && channel.Ended.IsCompleted))
                    return reply;
            }
        }
        catch (WireException failure)
        {
            return new BackendReply.NotSent(failure.Message);
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
        {
            return new BackendReply.NotSent("The call was cancelled before it left.");
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task<bool> WaitForPlaceAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(PlaceWait, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await _places.WaitAsync(either.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private TagList Tags(BackendCall call)
    {
        var tags = new TagList
        {
            { HarnessTelemetry.Tags.Method, call.Method },
            { HarnessTelemetry.Tags.Tool, call.Tool },
            { HarnessTelemetry.Tags.Operation, "execute_tool" },
            { HarnessTelemetry.Tags.Backend, Id.Value },
        };
        if (Config.Connection is BackendConnection.OpenApi api)
        {
            tags.Add(HarnessTelemetry.Tags.Transport, "tcp");
            tags.Add(HarnessTelemetry.Tags.Protocol, "http");
            if (api.Base is { } under)
            {
                tags.Add(HarnessTelemetry.Tags.ServerAddress, under.Host);
                tags.Add(HarnessTelemetry.Tags.ServerPort, under.Port);
            }
        }
        else if (Config.Connection is BackendConnection.Http http)
        {
            tags.Add(HarnessTelemetry.Tags.Transport, "tcp");
            tags.Add(HarnessTelemetry.Tags.Protocol, "http");
            tags.Add(HarnessTelemetry.Tags.ServerAddress, http.Endpoint.Host);
            tags.Add(HarnessTelemetry.Tags.ServerPort, http.Endpoint.Port);
        }
        else
        {
            tags.Add(HarnessTelemetry.Tags.Transport, "pipe");
        }

        return tags;
    }

    private static string? ErrorType(BackendReply reply) => reply switch
    {
        BackendReply.Result(var value) => value.TryGetProperty("isError", out var isError) && isError.ValueKind == System.Text.Json.JsonValueKind.True ? "tool_error" : null,
        BackendReply.Error(var error) => error.GetProperty("code").GetInt64().ToString(CultureInfo.InvariantCulture),
        BackendReply.InputRequired or BackendReply.Task => null,
        BackendReply.Large { Answer.IsError: var isError } => isError ? "tool_error" : null,
        BackendReply.NotSent => "not_sent",
        BackendReply.Lost => "lost",
        BackendReply.Unreadable => "unreadable",
        _ => "unknown",
    };

    private void Note(string? error)
    {
        var wasConnected = _isConnected;
        _isConnected = error is null;
        var before = Interlocked.Exchange(ref _lastError, error ?? Volatile.Read(ref _lastError));
        if (wasConnected != _isConnected || !string.Equals(before, _lastError, StringComparison.Ordinal))
            _changed();
    }
}

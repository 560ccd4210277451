using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Backends;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>The notices of a call whose agent wants none.</summary>
internal sealed class NoNotices : INoticeSink
{
    private NoNotices() { }

    public static INoticeSink Sink { get; } = new NoNotices();

    public ValueTask SendAsync(string method, JsonElement parameters, CancellationToken cancellationToken) => ValueTask.CompletedTask;
}

/// <summary>
/// The notices of one running call: progress where the agent asked for it, log messages from the level that it wants, in the
/// order the backend sent them and all before the answer. While the backend is quiet, it reports that the call still runs.
/// </summary>
internal sealed class CallNotices : INoticeSink, IAsyncDisposable
{
    private readonly IAgentPeer _peer;
    private readonly AgentRequest _request;
    private readonly JsonElement? _token;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _beating;
    private double? _progress;
    private bool _isActive;
    private bool _isEnded;

    public CallNotices(IAgentPeer peer, AgentRequest request, TimeSpan heartbeat, TimeProvider time, ILogger logger)
    {
        _peer = peer;
        _request = request;
        _token = request.Message!.ProgressToken;
        _logger = logger;
        _beating = _token is null ? Task.CompletedTask : BeatAsync(heartbeat, time);
    }

    /// <summary>Whether the agent may be told anything while its request runs. One of the `initialize` era can change its mind meanwhile.</summary>
    public static bool AreWanted(AgentRequest request) => !request.IsModern || request.Message!.ProgressToken is not null || request.LogLevel is not null;

    public async ValueTask SendAsync(string method, JsonElement parameters, CancellationToken cancellationToken)
    {
        if (parameters.ValueKind != JsonValueKind.Object || !IsWanted(method, parameters)) return;

        await _sending.WaitAsync(cancellationToken);
        try
        {
            if (_isEnded) return;

            var notice = JsonObject.Create(parameters.Clone())!;
            if (string.Equals(method, Methods.Progress, StringComparison.Ordinal))
            {
                notice["progressToken"] = JsonValue.Create(_token);
                if (parameters.TryGetProperty("progress", out var value) && value.TryGetDouble(out var progress)) _progress = progress;
                _isActive = true;
            }

            await SendAsync(method, notice, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Ends the notices: none follows, so the answer can leave.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        await _beating;
        await _sending.WaitAsync();
        _isEnded = true;
        _sending.Release();
        _ended.Dispose();
    }

    private bool IsWanted(string method, JsonElement parameters)
    {
        if (string.Equals(method, Methods.Progress, StringComparison.Ordinal)) return _token is not null;
        if (!string.Equals(method, Methods.Message, StringComparison.Ordinal)) return false;

        var level = parameters.TryGetProperty("level", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString()! : "";
        return _request.LogLevel is { } least && LogLevels.Reaches(level, least);
    }

    private async Task BeatAsync(TimeSpan interval, TimeProvider time)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ended.Token)) await BeatOnceAsync();
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The call has its answer.
        }
    }

    private async Task BeatOnceAsync()
    {
        await _sending.WaitAsync(_ended.Token);
        try
        {
            var isQuiet = !_isActive;
            _isActive = false;
            if (!isQuiet) return;

            // Progress must grow with each notice; the next number above the last one claims no progress that nobody made.
            _progress = _progress is { } last ? double.BitIncrement(last) : 0;
            await SendAsync(
                Methods.Progress,
                new JsonObject { ["progressToken"] = JsonValue.Create(_token), ["progress"] = _progress, ["message"] = "Still waiting for the tool." },
                _ended.Token);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task SendAsync(string method, JsonObject parameters, CancellationToken cancellationToken)
    {
        try
        {
            await _peer.NotifyAsync(method, parameters, cancellationToken);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // The call goes on without its notices: what it did must be settled, whoever listens.
            WireLog.NoticeLost(_logger, _request.Mission.Value, failure);
        }
    }
}

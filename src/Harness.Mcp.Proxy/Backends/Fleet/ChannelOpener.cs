using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Wire;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Backends.Fleet;

/// <summary>Opens channels to one backend under its circuit, and remembers transport and era once they are known.</summary>
internal sealed class ChannelOpener(BackendConfig config, WireFactory wires, TimeProvider time, ILogger logger)
{
    private readonly ConnectBackoff _backoff = new(time, Random.Shared.NextDouble);
    private readonly TransportChoice _choice = new(wires, time, logger);
    private BackendConnection _connection = config.Connection;
    private EraSettled? _era;
    private bool _beginsWithInitialize;

    public ConnectBackoff Backoff => _backoff;

    public EraSettled? Era => Volatile.Read(ref _era);

    /// <summary>The transport in use: `stdio`, `http`, `sse` or `openapi`; what the description says where none was found yet.</summary>
    public string Transport => Volatile.Read(ref _connection).Transport;

    /// <summary>Whether one channel serves all missions: nothing on it belongs to one of them.</summary>
    public bool IsShared => config.Connection is BackendConnection.OpenApi || (config.Connection is BackendConnection.Http && Era is { IsModern: true });

    /// <param name="declares">What the backend is told that it may ask of agents; null for what its owner wants told while tools are listed.</param>
    /// <exception cref="WireException">The circuit is open, or the backend cannot be reached or agreed with.</exception>
    public async Task<BackendChannel> OpenAsync(IWireReceiver receiver, CancellationToken cancellationToken, AgentInputs? declares = null)
    {
        if (!_backoff.TryBegin())
            throw new WireException($"The backend failed before and is not tried again for {Math.Max(0.1, _backoff.Wait.TotalSeconds):0.#} s.");

        using var limit = new CancellationTokenSource(config.Limits.Connect, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            var (channel, connection) = await _choice.OpenAsync(config, Volatile.Read(ref _connection), Preference(), receiver, either.Token, declares);
            Volatile.Write(ref _connection, connection);
            Volatile.Write(ref _era, channel.Era);
            _beginsWithInitialize = false;
            _backoff.Succeeded();
            _ = ReportEndAsync(channel, time.GetTimestamp());
            return channel;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _backoff.Withdrawn();
            throw;
        }
        catch (OperationCanceledException failure)
        {
            throw Failed($"The backend did not finish its handshake in {config.Limits.Connect.TotalSeconds:0.###} s.", failure);
        }
        catch (ProbeFailedException failure)
        {
            _beginsWithInitialize = true;
            throw Failed(failure.Message, failure);
        }
        catch (WireException failure)
        {
            _beginsWithInitialize = false;
            throw Failed(failure.Message, failure);
        }
    }

    private EraPreference Preference() => Era switch
    {
        { IsModern: true } => EraPreference.Auto,
        { IsModern: false } => EraPreference.Legacy,
        null when _beginsWithInitialize && config.Era == EraPreference.Auto => EraPreference.Legacy,
        _ => config.Era,
    };

    private WireException Failed(string why, Exception failure)
    {
        // The backend may have become another one: transport and era are asked for again.
        Volatile.Write(ref _connection, config.Connection);
        Volatile.Write(ref _era, null);
        _backoff.Failed();
        return new WireException(why, failure);
    }

    private async Task ReportEndAsync(BackendChannel channel, long opened)
    {
        await channel.Ended;
        if (!channel.IsClosedByUs)
            _backoff.Ended(time.GetElapsedTime(opened));
    }
}

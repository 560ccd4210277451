using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Fleet;
using Harness.Mcp.Proxy.Backends.Guard;
using Harness.Mcp.Proxy.Backends.OAuth;
using Harness.Mcp.Proxy.Backends.OpenApi;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Backends.Wire;
using Microsoft.Extensions.Logging.Abstractions;

namespace Harness.Mcp.Proxy.Backends.Probing;

/// <summary>
/// Connects to a backend once, as the proxy would, lists its tools and lets go of it. It writes nothing: no pins, no status. Where it fails it
/// says what its owner can do.
/// </summary>
/// <param name="guard">The program that starts backends over stdio.</param>
/// <param name="clients">Puts access tokens before requests, as the proxy would.</param>
internal sealed class BackendProbe(GuardProgram guard, BackendClients clients, TimeProvider time)
{
    /// <param name="limit">Longest time for all of it; the backend's own `timeouts.connect` where that is shorter.</param>
    public async Task<ProbeResult> RunAsync(BackendConfig config, TimeSpan limit, CancellationToken cancellationToken)
    {
        var connect = config.Limits.Connect < limit ? config.Limits.Connect : limit;
        var bounded = config with { Limits = config.Limits with { Connect = connect } };
        if (config.Connection is BackendConnection.Stdio stdio && StdioDiagnosis.BeforeStart(stdio) is { } impossible)
            return impossible;

        using var patience = new CancellationTokenSource(connect, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);

        // A backend that ends over the question for the era is asked again without it, as the proxy does.
        var result = await AttemptAsync(bounded, bounded.Era, either.Token) ?? await AttemptAsync(bounded, EraPreference.Legacy, either.Token);
        cancellationToken.ThrowIfCancellationRequested();
        return result ?? throw new InvalidOperationException("A backend that is not asked for its era cannot end over it.");
    }

    /// <summary>Null where the backend ended over the question for its era and may be asked again.</summary>
    /// <param name="over">Ends the attempt; a result that says so is still a result.</param>
    private async Task<ProbeResult?> AttemptAsync(BackendConfig config, EraPreference era, CancellationToken over)
    {
        using var witness = new HttpWitness(HttpWire.NewHandler(config.Limits.Connect, config.Connection.ForwardProxy));
        using var client = clients.New(config, witness);
        var began = time.GetTimestamp();
        StdioWire? pipe = null;
        OpenApiWire? service = null;
        string why;
        try
        {
            var choice = new TransportChoice(async (one, receiver, cancellationToken) =>
            {
                var wire = await OpenWireAsync(one, client, receiver, cancellationToken);
                pipe = wire as StdioWire;
                service = wire as OpenApiWire;
                return wire;
            }, time, NullLogger.Instance);
            var (opened, connection) = await choice.OpenAsync(config, config.Connection, era, Nobody.Instance, over);
            await using var channel = opened;
            var connecting = time.GetElapsedTime(began);
            var listing = await new ListReading(config.Id, channel, config.Limits, NullLogger.Instance).ReadAsync(ListKinds.All, over);
            if (service is not null && await service.SilenceAsync(over) is { } silence)
                return OpenApiDiagnosis.OfService(silence);
            return new ProbeResult.Reached(
                channel.Era, connection.Transport, connecting, time.GetElapsedTime(began) - connecting, listing.Tools ?? [], pipe?.FirstJunk)
            {
                LeftOut = service?.LeftOut ?? [],
                Others = listing,
            };
        }
        catch (ProbeFailedException) when (era == EraPreference.Auto && !over.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception failure) when (failure is WireException or ProbeFailedException or OperationCanceledException)
        {
            why = failure.Message;
        }

        var limit = config.Limits.Connect;
        var isSilent = over.IsCancellationRequested || time.GetElapsedTime(began) >= limit;
        if (isSilent)
            why = $"It did not answer in {limit.TotalSeconds:0.###} s.";
        return (config.Connection, pipe) switch
        {
            (BackendConnection.OpenApi api, _) => OpenApiDiagnosis.Of(api, why),
            (BackendConnection.Http http, _) => HttpDiagnosis.Of(http, witness, why, isSilent),
            (BackendConnection.Stdio stdio, { } started) => StdioDiagnosis.Of(stdio, started.LastSaid, started.FirstJunk, why, isSilent),
            _ => new ProbeResult.Failed(ProbeCause.NotRunnable, why, "See that this machine can start another process."),
        };
    }

    private async Task<IWire> OpenWireAsync(BackendConfig config, HttpMessageInvoker client, IWireReceiver receiver, CancellationToken cancellationToken) => config.Connection switch
    {
        BackendConnection.Stdio stdio => await StdioWire.OpenAsync(stdio, guard, config.Limits.MessageBytesMax, receiver, cancellationToken),
        BackendConnection.Http { Form: HttpForm.Sse } old => await SseWire.OpenAsync(old, client, config.Limits.MessageBytesMax, receiver, cancellationToken),
        BackendConnection.OpenApi api => await OpenApiWire.OpenAsync(api, handler => clients.New(config, handler), config.Limits, receiver, time, cancellationToken),
        BackendConnection.Http http => new HttpWire(http, client, config.Limits.MessageBytesMax, receiver, time),
        _ => throw new InvalidOperationException($"No wire for {config.Connection.GetType().Name}."),
    };

    private sealed class Nobody : IWireReceiver
    {
        public static readonly Nobody Instance = new();

        public void OnListChanged(ListKinds kinds)
        {
        }

        public void OnResourceUpdated(string uri)
        {
        }
    }
}

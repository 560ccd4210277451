using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Wire;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>Opens a wire to a backend.</summary>
internal delegate Task<IWire> WireFactory(BackendConfig config, IWireReceiver receiver, CancellationToken cancellationToken);

/// <summary>
/// Opens a channel over the transport that a backend speaks. An endpoint whose owner names none is asked for Streamable HTTP, and for HTTP+SSE
/// where that is answered by 404 or 405: until then nothing but a refused handshake was sent.
/// </summary>
internal sealed class TransportChoice(WireFactory wires, TimeProvider time, ILogger logger)
{
    /// <param name="connection">How the backend is reached, as it is described or as it was found before.</param>
    /// <param name="declares">What the backend is told that it may ask of agents; null for what its owner wants told while tools are listed.</param>
    /// <returns>The channel, and the connection with the transport that it speaks.</returns>
    /// <exception cref="WireException">The backend cannot be reached or agreed with.</exception>
    /// <exception cref="ProbeFailedException">It failed over the question for the era.</exception>
    public async Task<(BackendChannel Channel, BackendConnection Connection)> OpenAsync(
        BackendConfig config, BackendConnection connection, EraPreference era, IWireReceiver receiver, CancellationToken cancellationToken, AgentInputs? declares = null)
    {
        try
        {
            return await OverAsync(connection);
        }
        catch (NoEndpointException refused) when (connection is BackendConnection.Http { Form: HttpForm.Either })
        {
            try
            {
                return await OverAsync(((BackendConnection.Http)connection) with { Form = HttpForm.Sse });
            }
            catch (NoEndpointException)
            {
                throw new WireException(refused.Message, refused);
            }
        }

        async Task<(BackendChannel, BackendConnection)> OverAsync(BackendConnection over)
        {
            var isOld = over is BackendConnection.Http { Form: HttpForm.Sse };
            var updates = new ResourceUpdates(receiver);
            var wire = await wires(config with { Connection = over }, updates, cancellationToken);
            var channel = await BackendChannel.OpenAsync(wire, isOld ? EraPreference.Legacy : era, declares ?? config.Asks.Listing, config.Limits, time, logger, cancellationToken, updates);
            return (channel, over);
        }
    }
}

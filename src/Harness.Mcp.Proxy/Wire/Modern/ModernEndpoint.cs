using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.ObjectPool;
using Microsoft.Extensions.Options;

namespace Harness.Mcp.Proxy.Wire.Modern;

/// <summary>
/// Answers requests of 2026-07-28, where each stands alone: no session, no object that outlives it. The bytes were parsed once, by the
/// gate, and the answer is written once. An agent that closes the response cancels its request.
/// </summary>
internal sealed class ModernEndpoint(AgentEndpoint endpoint, IOptions<WireOptions> options, TimeProvider time)
{
    private readonly ObjectPool<Heartbeat> _heartbeats = Heartbeat.Pool(time);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask HandleAsync(HttpContext http, AgentRequest request)
    {
        var accepted = Accepted.Of(http.Request.Headers.Accept);
        if (request.Message!.Id is not { } id)
        {
            // Nothing that an agent may notify of has an effect in this revision: to cancel, it closes the response.
            http.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        if (!accepted.Json && !accepted.Stream)
        {
            var refusal = new WireError(StatusCodes.Status406NotAcceptable, WireError.InvalidRequest, "Accept must name application/json or text/event-stream: send both, since a long call streams.");
            await refusal.WriteAsync(http, id);
            return;
        }

        await using var response = new ModernResponse(http, id, accepted, options.Value.HeartbeatInterval, _heartbeats);
        var reply = await endpoint.AnswerAsync(request, response, http.RequestAborted);
        try
        {
            if (!http.RequestAborted.IsCancellationRequested) await response.EndAsync(reply);
        }
        finally
        {
            if (http.RequestAborted.IsCancellationRequested) endpoint.Undelivered(request);
        }
    }
}

using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Wire.Modern;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// What every request to the agent endpoint passes before anything else sees it: where its body ends, host and origin, who the agent is, size, one
/// strict parse, headers against body, mission, session. What goes on is what was parsed here.
/// </summary>
internal sealed class AgentGate(
    HostGuard hosts,
    IAgentAuthenticator authenticator,
    IEnforcement enforcement,
    LegacySessions sessions,
    MissionTools tools,
    ModernEndpoint modern,
    IOptions<WireOptions> options,
    TimeProvider time,
    ILogger<AgentGate> logger)
{
    private readonly RequestPlaces _places = new(options.Value.RequestsInFlightMax);
    private readonly InFlight _streams = new(options.Value.ListenStreamsMax);

    public async Task InvokeAsync(HttpContext http, RequestDelegate endpoint)
    {
        if ((FramingGuard.Check(http) ?? hosts.Check(http.Request)) is { } foreign)
        {
            await RefuseAsync(http, foreign, id: null);
            return;
        }

        switch (await authenticator.AuthenticateAsync(http))
        {
            case AgentAuthentication.Agent(var agent):
                await EnterAsync(http, endpoint, agent);
                return;
            case AgentAuthentication.Challenge(var challenge):
                http.Response.Headers.WWWAuthenticate = challenge;
                await RefuseAsync(http, new WireError(StatusCodes.Status401Unauthorized, WireError.AgentRefused, "A valid access token is required: get one from the issuer that the challenge names."), id: null);
                return;
            case AgentAuthentication.Refused(var say):
                await RefuseAsync(http, new WireError(StatusCodes.Status403Forbidden, WireError.AgentRefused, say), id: null);
                return;
            default:
                throw new UnreachableException("No branch for this authentication result.");
        }
    }

    /// <summary>Turns a crowd away before it costs anything. What ends a session always gets in, since it makes room.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask EnterAsync(HttpContext http, RequestDelegate endpoint, RegisteredAgent agent)
    {
        if (!HttpMethods.IsPost(http.Request.Method))
        {
            await AdmitAsync(http, endpoint, agent, place: null);
            return;
        }

        using var place = _places.TryTake(agent.Id);
        if (place is null)
        {
            http.Response.Headers.RetryAfter = "1";
            http.Response.Headers.Connection = "close";
            await RefuseAsync(http, new WireError(StatusCodes.Status503ServiceUnavailable, WireError.Overloaded, "The proxy works on as many requests as it takes at once: try again in a second."), id: null);
            return;
        }

        await AdmitAsync(http, endpoint, agent, place);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AdmitAsync(HttpContext http, RequestDelegate endpoint, RegisteredAgent agent, RequestPlaces.Place? place)
    {
        AgentMessage? message = null;
        if (HttpMethods.IsPost(http.Request.Method))
        {
            var (read, response, id, error) = await RequestBody.ReadAsync(http, options.Value);
            if (response is not null)
            {
                await TakeResponseAsync(http, endpoint, agent, response);
                return;
            }

            if (read is null)
            {
                await RefuseAsync(http, error!, id);
                return;
            }

            message = read;
        }

        var refusal = MirroredHeaders.ReadVersion(http.Request.Headers, message, out var version);
        var isModern = ProtocolVersions.IsModern(version);
        refusal ??= message is null ? CheckStream(http, isModern) : MirroredHeaders.Check(http.Request.Headers, message, isModern) ?? MethodShape.Check(message, isModern);
        if (refusal is not null)
        {
            await RefuseAsync(http, refusal, message?.Id);
            return;
        }

        var selection = await enforcement.SelectAsync(agent, http.Request.RouteValues["mission"] as string, http.RequestAborted);
        if (selection is not MissionSelection.Selected(var mission) { OldestProtocol: var oldest })
        {
            await RefuseMissionAsync(http, (MissionSelection.Refused)selection, message, isModern);
            return;
        }

        LegacySession? session = null;
        if (!isModern) refusal = FindSession(http, agent, mission, message, out session);
        var agreed = version;
        if (refusal is null && !isModern)
        {
            agreed = session?.Version ?? ProtocolVersions.Negotiate(message!.Param("protocolVersion")!.Value.GetString()!, oldest);
            if (!ProtocolRevisions.IsAtLeast(agreed, oldest)) refusal = WireError.TooOld(agreed, oldest!);
        }

        if (refusal is null && message is { IsRequest: true, Method: Methods.CallTool } call)
        {
            var tool = await tools.FindAsync(agent, mission, call.Name!, http.RequestAborted);
            refusal = CheckParameters(http, tool, call, isModern);
        }

        if (refusal is not null)
        {
            await RefuseAsync(http, refusal, message?.Id);
            return;
        }

        // A stream waits for what may come, and is no work meanwhile.
        if (message is { Method: Methods.Listen }) place?.Dispose();
        if (!HttpMethods.IsGet(http.Request.Method))
        {
            await PassOnAsync(http, endpoint, agent, mission, agreed, message, session);
            return;
        }

        if (!_streams.TryEnter(agent.Id, mission))
        {
            await RefuseAsync(http, new WireError(StatusCodes.Status429TooManyRequests, WireError.Overloaded, $"You have {_streams.Max} notice streams open under this mission: close one first."), id: null);
            return;
        }

        try
        {
            await PassOnAsync(http, endpoint, agent, mission, agreed, message, session);
        }
        finally
        {
            _streams.Leave(agent.Id, mission);
        }
    }

    /// <summary>A response is taken only in the session of the `initialize` era in which we sent the request that it answers; it goes no further than to whoever asked.</summary>
    private async Task TakeResponseAsync(HttpContext http, RequestDelegate endpoint, RegisteredAgent agent, AgentResponse response)
    {
        var refusal = MirroredHeaders.ReadVersion(http.Request.Headers, message: null, out var version);
        if (refusal is null && ProtocolVersions.IsModern(version))
            refusal = WireError.Malformed($"Protocol version {ProtocolVersions.Modern} has no requests to agents, so no responses: repeat the call with inputResponses.");
        if (refusal is not null)
        {
            await RefuseAsync(http, refusal, id: null);
            return;
        }

        var selection = await enforcement.SelectAsync(agent, http.Request.RouteValues["mission"] as string, http.RequestAborted);
        if (selection is not MissionSelection.Selected(var mission))
        {
            await RefuseMissionAsync(http, (MissionSelection.Refused)selection, message: null, isModern: false);
            return;
        }

        refusal = FindSession(http, agent, mission, message: null, out var session);
        if (refusal is null && !session!.Sent.TryAnswer(response))
            refusal = WireError.Malformed("No request of this id waits for an answer in this session: answer each request once, while its call runs.");
        if (refusal is not null)
        {
            await RefuseAsync(http, refusal, id: null);
            return;
        }

        await HostAsync(http, endpoint, new AgentRequest(agent, mission, session!.Version, message: null) { Session = session }, response.ToEnvelope());
    }

    private ValueTask PassOnAsync(
        HttpContext http, RequestDelegate endpoint, RegisteredAgent agent, MissionId mission, string version, AgentMessage? message, LegacySession? session)
    {
        if (session is not null && message is { Id: { } id } && !session.TryBegin(id))
            return new ValueTask(RefuseAsync(http, WireError.Malformed("A request of this id is still being answered: use a new id for each request."), id));

        var request = new AgentRequest(agent, mission, version, message)
        {
            Session = session,
            Gone = http.RequestAborted,
            Origin = ServerActivity.IsWanted ? RequestOrigin.Of(http) : null,
        };
        return request.IsModern ? AnswerAsync(http, request) : new ValueTask(HostAsync(http, endpoint, request, message?.ToEnvelope()));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AnswerAsync(HttpContext http, AgentRequest request)
    {
        try
        {
            await modern.HandleAsync(http, request);
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
        {
            // The agent went away: there is nobody to answer.
        }
    }

    /// <summary>Hands the request to the hosting library, which carries the `initialize` era's sessions and streams.</summary>
    /// <param name="envelope">The message as the library may see it; null for a request without a body.</param>
    private async Task HostAsync(HttpContext http, RequestDelegate endpoint, AgentRequest request, byte[]? envelope)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        request.EndResponse = ending.Cancel;

        // Clients that name another version of this era mean the one that their handshake agreed on.
        if (request.Session is { } session) http.Request.Headers[MirroredHeaders.Version] = session.Version;
        if (envelope is not null)
        {
            http.Request.Body = new MemoryStream(envelope, writable: false);
            http.Request.ContentLength = envelope.Length;
            http.Request.ContentType = "application/json";
        }

        http.RequestAborted = ending.Token;
        AgentRequest.Current = request;
        await using var body = new KeepAliveBody(http, options.Value.HeartbeatInterval, time);
        try
        {
            await endpoint(http);
        }
        catch (OperationCanceledException)
        {
            // The agent went away, its request was cancelled or its session ended: there is nothing more to write.
        }
        finally
        {
            if (request.TryAbandon() && request is { Session: { } held, Message.Id: { } given }) held.End(given);
        }
    }

    /// <summary>GET opens the notice stream of a session and DELETE ends it: both exist in the `initialize` era alone.</summary>
    private static WireError? CheckStream(HttpContext http, bool isModern)
    {
        if (!isModern && http.Request.Headers.ContainsKey(MirroredHeaders.Session)) return null;

        http.Response.Headers.Allow = HttpMethods.Post;
        return new WireError(
            StatusCodes.Status405MethodNotAllowed,
            WireError.InvalidRequest,
            $"{http.Request.Method} serves sessions of the `initialize` handshake alone: send requests by POST, and `subscriptions/listen` for notices.");
    }

    private WireError? FindSession(HttpContext http, RegisteredAgent agent, MissionId mission, AgentMessage? message, out LegacySession? session)
    {
        session = null;
        var given = http.Request.Headers[MirroredHeaders.Session];
        if (message is { Method: Methods.Initialize, IsRequest: true })
        {
            return given.Count == 0 ? null : WireError.Malformed($"`initialize` begins a new session: send it without the {MirroredHeaders.Session} header.");
        }

        if (given.Count != 1)
        {
            return WireError.Malformed($"Exactly one {MirroredHeaders.Session} header is needed: send `initialize` first, or name protocol version {ProtocolVersions.Modern}, which has no sessions.");
        }

        // A session of another agent or mission is answered like one that does not exist.
        if (!sessions.TryFind(given[0] ?? "", out var found) || !found.IsOf(agent, mission))
        {
            return new WireError(StatusCodes.Status404NotFound, WireError.SessionNotFound, "Session not found: send `initialize` to begin a new one.");
        }

        session = found;
        return null;
    }

    private static WireError? CheckParameters(HttpContext http, CalledTool? tool, AgentMessage call, bool isModern)
    {
        // An older request need not mirror anything, but what it mirrors must be true.
        var mirrors = isModern || http.Request.Headers.Keys.Any(name => name.StartsWith(MirroredHeaders.ParameterPrefix, StringComparison.OrdinalIgnoreCase));
        return mirrors ? tool?.Headers.Check(http.Request.Headers, call.Param("arguments")) : null;
    }

    private async Task RefuseMissionAsync(HttpContext http, MissionSelection.Refused refused, AgentMessage? message, bool isModern)
    {
        WireLog.MissionRefused(logger, refused.Reason.Value);
        if (message is { Method: Methods.CallTool, Id: { } id })
        {
            // A call is answered so that the model can read why; an HTTP error would end the client's connection instead.
            await WireError.WriteResultAsync(http, id, DenialResult.Of(new Denial(refused.Reason, refused.Say), mission: null), isModern);
            return;
        }

        var error = new WireError(StatusCodes.Status400BadRequest, WireError.MissionRefused, refused.Say)
        {
            Data = json => json.WriteString("reason", refused.Reason.Value),
        };
        await error.WriteAsync(http, message?.Id);
    }

    private async Task RefuseAsync(HttpContext http, WireError error, JsonElement? id)
    {
        WireLog.RequestRefused(logger, error.Status, error.Code, error.Message);
        await error.WriteAsync(http, id);
    }
}

using System.Runtime.CompilerServices;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Reads;
using Harness.Mcp.Proxy.Enforcement.Tasks;
using Harness.Mcp.Proxy.Wire.Reads;
using Harness.Mcp.Proxy.Wire.Tasks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// Answers every method that agents may use. For agents of the `initialize` era it stands as the one filter in front of the hosting
/// library, which carries the messages and decides nothing.
/// </summary>
internal sealed class AgentEndpoint(
    IEnforcement enforcement,
    MissionTools tools,
    IMissionReads reads,
    ReadLists readLists,
    ListenStreams streams,
    IMissionTasks missionTasks,
    TaskRequests taskRequests,
    IOptions<WireOptions> options,
    TimeProvider time,
    ILogger<AgentEndpoint> logger)
{
    /// <summary>How long an agent may keep a list or our description, in milliseconds; a change is told as well.</summary>
    private const int KeepMilliseconds = 30_000;

    private readonly InFlight _calls = new(options.Value.CallsInFlightMax);

    public async Task HandleAsync(MessageContext context, McpMessageHandler next, CancellationToken cancellationToken)
    {
        if (context.JsonRpcMessage is JsonRpcResponse)
        {
            // The gate took the answer; the library only learns that there is one.
            await next(context, cancellationToken);
            return;
        }

        if (AgentRequest.Current is not { Message: { } message } request)
        {
            throw new InvalidOperationException("A message reached the endpoint that did not pass the gate.");
        }

        if (context.JsonRpcMessage is not JsonRpcRequest asked)
        {
            // The library cancels the request that a notice names; other notices have no effect.
            if (string.Equals(message.Method, Methods.Cancelled, StringComparison.Ordinal)) await next(context, cancellationToken);
            return;
        }

        if (!request.TryTake()) return;
        var reply = await AnswerAsync(request, new HostedPeer(context.Server), cancellationToken);
        if (message.Id is { } id) request.Session?.End(id);

        if (cancellationToken.IsCancellationRequested)
        {
            // A cancelled request gets no answer; without this its response would stay open for ever.
            Undelivered(request);
            request.EndResponse();
            return;
        }

        try
        {
            await context.Server.SendMessageAsync(reply.ToMessage(asked.Id), cancellationToken);
        }
        finally
        {
            if (request.Gone.IsCancellationRequested) Undelivered(request);
        }
    }

    /// <summary>Says of a request that its answer reached nobody.</summary>
    public void Undelivered(AgentRequest request)
    {
        if (request.Answer is { Effect: not null } or CallAnswer.InputRequired or CallAnswer.Task) enforcement.Undelivered(request.Answer);
    }

    /// <summary>Answers a request. It never throws: what fails is an answer too.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Reply> AnswerAsync(AgentRequest request, IAgentPeer peer, CancellationToken cancellationToken)
    {
        var message = request.Message!;
        using var activity = ServerActivity.IsWanted ? new ServerActivity(request, await ResolvedToolAsync(request, cancellationToken)) : null;

        Reply reply;
        try
        {
            reply = await DispatchAsync(request, peer, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            reply = new Reply.Error(WireError.InternalError, "The request was cancelled.");
        }
        catch (Exception bug)
        {
            WireLog.RequestFailed(logger, request.Agent.Id.Value, request.Mission.Value, message.Method, bug);
            reply = Methods.IsCall(message.Method)
                ? Denied(request, new Denial(ReasonCode.DecisionFailed, "The proxy failed on this call, so take its outcome as unknown. Check before you repeat it, and tell the proxy's operator."))
                : new Reply.Error(WireError.InternalError, "The proxy failed on this request. Tell its operator; the log has the cause.");
        }

        if (activity is not null && reply.ErrorType is { } error) activity.Failed(error);
        return reply;
    }

    private async ValueTask<string?> ResolvedToolAsync(AgentRequest request, CancellationToken cancellationToken)
    {
        var message = request.Message!;
        if (!string.Equals(message.Method, Methods.CallTool, StringComparison.Ordinal)) return null;

        var name = message.Name!;
        try
        {
            return await tools.FindAsync(request.Agent, request.Mission, name, cancellationToken) is null ? null : name;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // Only the span's name suffers; the call itself is enforcement's to answer.
            WireLog.RequestFailed(logger, request.Agent.Id.Value, request.Mission.Value, Methods.ListTools, failure);
            return null;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private ValueTask<Reply> DispatchAsync(AgentRequest request, IAgentPeer peer, CancellationToken cancellationToken) => Methods.IsCall(request.Message!.Method)
        ? CallAsync(request, peer, cancellationToken)
        : new ValueTask<Reply>(AnswerOtherAsync(request, peer, cancellationToken));

    private async Task<Reply> AnswerOtherAsync(AgentRequest request, IAgentPeer peer, CancellationToken cancellationToken) => request.Message!.Method switch
    {
        Methods.ListResources or Methods.ListTemplates or Methods.ListPrompts => await readLists.AnswerAsync(request, KeepMilliseconds, cancellationToken),
        Methods.ListTools => await ListAsync(request, cancellationToken),
        Methods.Listen => await streams.AnswerAsync(request, peer, cancellationToken),
        Methods.Subscribe or Methods.Unsubscribe => await SessionSubscriptions.AnswerAsync(request, peer, cancellationToken),
        Methods.GetTask or Methods.UpdateTask or Methods.CancelTask => await taskRequests.AnswerAsync(request, cancellationToken),
        Methods.Discover => new Reply.Result(Presentation.Discover(
            KeepMilliseconds, await reads.InstructionsAsync(request.Mission, cancellationToken), await missionTasks.AreOfferedAsync(request.Mission, cancellationToken))),
        Methods.Initialize => new Reply.Result(Presentation.Initialize(request.Version, await reads.InstructionsAsync(request.Mission, cancellationToken))),
        Methods.SetLevel => SetLevel(request),
        Methods.Ping => new Reply.Result([]),
        _ => new Reply.Error(WireError.MethodNotFound, "This method is not served here."),
    };

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Reply> CallAsync(AgentRequest request, IAgentPeer peer, CancellationToken cancellationToken)
    {
        if (!_calls.TryEnter(request.Agent.Id, request.Mission))
        {
            WireLog.Overloaded(logger, request.Agent.Id.Value, request.Mission.Value, _calls.Max);
            return Denied(request, new Denial(ReasonCode.Overloaded, $"You have {_calls.Max} calls in flight under this mission. Wait for one to end, then call again."));
        }

        try
        {
            var call = ReadShape.CallOf(request, peer);
            await using var notices = CallNotices.AreWanted(request) ? new CallNotices(peer, request, options.Value.HeartbeatInterval, time, logger) : null;
            request.Answer = await enforcement.CallAsync(call, notices is null ? NoNotices.Sink : notices, cancellationToken);
            return Reply.Of(request.Answer, call.Kind, request.IsModern);
        }
        finally
        {
            _calls.Leave(request.Agent.Id, request.Mission);
        }
    }

    private async Task<Reply> ListAsync(AgentRequest request, CancellationToken cancellationToken)
    {
        switch (await enforcement.ListToolsAsync(request.Agent, request.Mission, cancellationToken))
        {
            case ToolListing.Tools listing:
                return new Reply.Prepared(ToolPages.Of(listing).Page(request.Message!.Param("cursor")?.GetString(), request.IsModern, KeepMilliseconds));
            case ToolListing.Refused(var denial):
                var data = DenialResult.Of(denial, request.Mission).GetProperty("structuredContent");
                return new Reply.Error(WireError.MissionRefused, DenialResult.TextOf(denial), data);
            default:
                throw new System.Diagnostics.UnreachableException("No branch for this listing.");
        }
    }

    private static Reply.Result SetLevel(AgentRequest request)
    {
        if (request.Session is { } session) session.LogLevel = request.Message!.Param("level")!.Value.GetString()!;
        return new Reply.Result([]);
    }

    private static Reply Denied(AgentRequest request, Denial denial)
    {
        var call = ReadShape.CallOf(request);
        return call.Kind == CallKind.Tool
            ? new Reply.ToolResult(DenialResult.Of(denial, request.Mission))
            : Reply.Of(new CallAnswer.Error(DenialError.Of(denial, call)), call.Kind, request.IsModern);
    }
}

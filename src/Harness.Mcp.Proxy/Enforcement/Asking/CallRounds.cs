using System.Diagnostics;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>
/// What one call's backend asks of the agent, in any mix of protocol eras. A backend of the `initialize` era asks while it works
/// (<see cref="IInputPort"/>), one of 2026-07-28 ends a round and wants to be called again (<see cref="TakeAsync"/>); an agent of the `initialize`
/// era is sent requests, one of 2026-07-28 gets them as its call's result.
/// </summary>
internal sealed class CallRounds : IInputPort, IDisposable
{
    /// <summary>The one request of a backend of the `initialize` era.</summary>
    private const string Key = "request";

    private const int InvalidParams = -32602;
    private const int InternalError = -32603;

    private static readonly TimeSpan PauseStep = TimeSpan.FromMilliseconds(100);

    private readonly InputDesk _desk;
    private readonly RequestStateSeal _seal;
    private readonly TimeProvider _time;
    private readonly ProposedCall _proposed;
    private readonly IAgentInputs _agent;
    private readonly AskTerms _terms;
    private readonly ParkedCall? _parked;
    private readonly CancellationTokenSource _given;
    private int _rounds;

    /// <param name="allowed">What may be asked during this call: granted, and declared by its agent.</param>
    /// <param name="parked">What holds the call between two requests of an agent that takes no requests; null for one that does.</param>
    public CallRounds(
        InputDesk desk, RequestStateSeal seal, TimeProvider time, ProposedCall proposed, IAgentInputs agent, AgentInputs allowed, AskTerms terms, ParkedCall? parked,
        CancellationToken cancellationToken)
    {
        (_desk, _seal, _time, _proposed, _agent, Allowed, _terms, _parked) = (desk, seal, time, proposed, agent, allowed, terms, parked);
        _given = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    }

    public AgentInputs Allowed { get; }

    /// <summary>Cancelled when the agent lets go of the call, or when the call is given up over an answer.</summary>
    public CancellationToken Ending => _given.Token;

    /// <summary>Why the call is given up though its backend may still work; null while it is not.</summary>
    public Denial? GivenUp { get; private set; }

    public async ValueTask<InputReply> AskAsync(string method, JsonElement? parameters, CancellationToken cancellationToken)
    {
        var (question, refusal) = Question.Read(_proposed.Facts.Id.Backend, _terms, Allowed, One(method, parameters));
        if (question is null)
        {
            _desk.Refused(_proposed, refusal!);
            return new InputReply.Error(
                Allowed == AgentInputs.None ? BackendRequests.MethodNotFound : InvalidParams, "The agent of this call is not asked for that.");
        }

        switch (await PutAsync(question, isHeld: true, cancellationToken))
        {
            case { Given: { } given }:
                return new InputReply.Result(given.GetProperty(Key));
            case { Refusal: { Reason: var reason } denial } when reason != ReasonCode.InputNotGiven && reason != ReasonCode.AskRefused:
                // What was answered must not leave, and the agent learns why: the call is over.
                GivenUp = denial;
                await _given.CancelAsync();
                return new InputReply.Error(InternalError, "The call was given up.");
            default:
                return new InputReply.Error(InternalError, "The agent gave no answer.");
        }
    }

    /// <summary>Takes up what a backend of 2026-07-28 asked for.</summary>
    public async Task<NextRound> TakeAsync(BackendReply.InputRequired required, CancellationToken cancellationToken)
    {
        if (++_rounds > OpenAsk.RoundsMax)
            return Ended(new Denial(
                ReasonCode.AskRefused, "The tool wanted to be called again and again, so the call was given up. It may have taken effect: find out with a read before you repeat it."));
        if (required.Requests is not { } requests)
        {
            // It only wants to be asked again later.
            await Task.Delay(PauseStep * _rounds, _time, cancellationToken);
            return new NextRound.Again(new CallRetry(null, required.State));
        }

        var (question, refusal) = Question.Read(_proposed.Facts.Id.Backend, _terms, Allowed, requests);
        if (question is null)
        {
            _desk.Refused(_proposed, refusal!);
            return Ended(refusal!);
        }

        if (!_agent.TakesRequests)
            return await LeaveAsync(question, required.State);
        return await PutAsync(question, isHeld: true, cancellationToken) switch
        {
            { Given: { } given } => new NextRound.Again(new CallRetry(given, required.State)),
            { Refusal: { } denial } => Ended(denial),
            _ => throw new UnreachableException("An answer has neither value nor refusal."),
        };
    }

    public void Dispose() => _given.Dispose();

    /// <summary>The question leaves as the call's result, and the call stays open on the chain alone: any request may go on with it.</summary>
    private async Task<NextRound> LeaveAsync(Question question, string? inner)
    {
        var (asked, refusal) = await _desk.AskAsync(_proposed, question, isHeld: false);
        if (asked is null)
            return Ended(refusal!);
        return Sealed(asked, inner) is { } answer
            ? new NextRound.Left(answer)
            : Ended(new Denial(ReasonCode.ResultRefused, "The tool's own state is larger than can be carried. The call may have taken effect: find out with a read before you repeat it."));
    }

    private CallAnswer.InputRequired? Sealed(LinkBody.InputAsked asked, string? inner) => _seal.Seal(new RequestState(
            _proposed.Asked.Mission, _proposed.Asked.Agent.Id, _proposed.Facts.Id, _proposed.ArgumentsDigest, _proposed.Id, asked.Round, asked.ExpiresAt, inner))
        is { } state ? new CallAnswer.InputRequired(asked.Asked, state) : null;

    /// <summary>Asks the agent while the call waits here.</summary>
    private async Task<ParkedAnswer> PutAsync(Question question, bool isHeld, CancellationToken cancellationToken)
    {
        var (asked, refusal) = await _desk.AskAsync(_proposed, question, isHeld);
        if (asked is null)
            return new ParkedAnswer(null, refusal);
        try
        {
            var answer = _parked is null ? await RequestAllAsync(asked, cancellationToken) : await ParkAsync(_parked, asked, cancellationToken);
            if (answer is not null)
                return answer;
        }
        catch (OperationCanceledException)
        {
            await _desk.CloseAsync(_proposed, asked.Round, NotGiven("The call was given up before an answer came."));
            throw;
        }

        var late = NotGiven("No answer came to what the tool asked.");
        await _desk.CloseAsync(_proposed, asked.Round, late);
        return new ParkedAnswer(null, late);
    }

    /// <returns>Null where the agent did not repeat its call in time: then the call is given up, since nobody is there for its answer.</returns>
    private async Task<ParkedAnswer?> ParkAsync(ParkedCall parked, LinkBody.InputAsked asked, CancellationToken cancellationToken)
    {
        var answer = await parked.AskAsync(Sealed(asked, inner: null)!, _desk.Patience, _time, cancellationToken);
        if (answer is null)
        {
            GivenUp = NotGiven("No answer came to what the tool asked, so the call was given up.");
            await _given.CancelAsync();
        }

        return answer;
    }

    /// <returns>Null where the agent has no answer.</returns>
    private async Task<ParkedAnswer?> RequestAllAsync(LinkBody.InputAsked asked, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(_desk.Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var responses = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        string? unreadable = null;
        try
        {
            foreach (var request in asked.Asked.EnumerateObject())
            {
                var reply = await _agent.RequestAsync(request.Value.GetProperty("method").GetString()!, request.Value.GetProperty("params"), either.Token);
                if (reply is AgentReply.None)
                    return null;
                if (reply is AgentReply.Unreadable(var why))
                    unreadable = why;
                else
                    responses[request.Name] = ((AgentReply.Result)reply).Value;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        var all = JsonSerializer.SerializeToElement(responses);
        var outcome = await _desk.GiveAsync(
            _proposed, asked.Round, expiresAt: null, call => unreadable is null ? Answers.Read(call.Ask!.Asked, all) : new Answers.Invalid(unreadable));
        return outcome switch
        {
            GivenOutcome.Given(var value, _, _) => new ParkedAnswer(value, null),
            GivenOutcome.Refused(var denial, _) => new ParkedAnswer(null, denial),
            _ => null,
        };
    }

    private NextRound.Ended Ended(Denial denial) => new(Settlement.GivenUp(_proposed.Id, denial));

    private static Denial NotGiven(string what) => new(
        ReasonCode.InputNotGiven, $"{what} The call may have taken effect: find out with a read before you repeat it.");

    private static JsonElement One(string method, JsonElement? parameters)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, PooledJson.Options))
        {
            json.WriteStartObject();
            json.WriteStartObject(Key);
            json.WriteString("method"u8, method);
            if (parameters is { } given)
            {
                json.WritePropertyName("params"u8);
                given.WriteTo(json);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return JsonElement.Parse(buffer.ToArray());
    }
}

/// <summary>How a call goes on after its backend asked for input.</summary>
internal abstract record NextRound
{
    private NextRound() { }

    /// <summary>The backend is called again.</summary>
    public sealed record Again(CallRetry Retry) : NextRound;

    /// <summary>The agent gets the question as the answer to its request. The call stays open until then.</summary>
    public sealed record Left(CallAnswer.InputRequired Answer) : NextRound;

    public sealed record Ended(Settlement Settlement) : NextRound;
}

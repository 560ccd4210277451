using System.Text.Json;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Proxy.Backends;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>
/// A call of an agent that takes no requests, while its backend waits in this process: the call goes on behind the agent's requests. Each request takes one
/// turn, which ends with a question or with the call's own answer.
/// </summary>
internal sealed class ParkedCall : INoticeSink, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _stopping = new();
    private bool _isOver;
    private INoticeSink? _notices;
    private TaskCompletionSource<CallAnswer> _turn = NewTurn();
    private TaskCompletionSource<ParkedAnswer>? _waiting;

    /// <summary>Cancelled when the call is given up.</summary>
    public CancellationToken Stopping => _stop.Token;

    /// <summary>Completes when the call has its own answer.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Begins the call, and with it the first turn.</summary>
    public Task<CallAnswer> BeginAsync(Func<Task<CallAnswer>> call, INoticeSink notices, CancellationToken cancellationToken)
    {
        var turn = _turn.Task;
        Volatile.Write(ref _notices, notices);
        Ended = RunAsync(call);
        return TurnAsync(turn, notices, cancellationToken);
    }

    /// <summary>Goes on with an answer that is on the chain, or with its refusal: the next turn.</summary>
    public Task<CallAnswer> GoOnAsync(ParkedAnswer answer, INoticeSink notices, CancellationToken cancellationToken)
    {
        // Taken before the call goes on: it may end this turn with a further question at once.
        var turn = _turn.Task;
        Volatile.Write(ref _notices, notices);
        _waiting?.TrySetResult(answer);
        return TurnAsync(turn, notices, cancellationToken);
    }

    /// <summary>Ends the turn with a question, and waits for what the agent repeats its call with.</summary>
    /// <returns>Null where nothing came in time.</returns>
    public async Task<ParkedAnswer?> AskAsync(CallAnswer.InputRequired question, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        var waiting = _waiting = new TaskCompletionSource<ParkedAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asked = _turn;
        _turn = NewTurn();
        asked.TrySetResult(question);
        try
        {
            return await waiting.Task.WaitAsync(patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Gives the call up: its backend is told, and its outcome is unknown.</summary>
    public void Stop()
    {
        lock (_stopping)
            if (!_isOver)
                _stop.Cancel();
    }

    /// <summary>The call is over; its last turn may still be on its way.</summary>
    public void Dispose()
    {
        lock (_stopping)
            _isOver = true;
        _stop.Dispose();
    }

    public ValueTask SendAsync(string method, JsonElement parameters, CancellationToken cancellationToken) =>
        Volatile.Read(ref _notices)?.SendAsync(method, parameters, cancellationToken) ?? ValueTask.CompletedTask;

    /// <summary>One turn: the request's notices are the call's meanwhile, and an agent that lets go of it gives the call up.</summary>
    private async Task<CallAnswer> TurnAsync(Task<CallAnswer> turn, INoticeSink notices, CancellationToken cancellationToken)
    {
        await using (cancellationToken.Register(static call => ((ParkedCall)call!).Stop(), this))
        {
            try
            {
                return await turn;
            }
            finally
            {
                Interlocked.CompareExchange(ref _notices, null, notices);
            }
        }
    }

    private async Task RunAsync(Func<Task<CallAnswer>> call)
    {
        // The agent's request is answered by its turn, not by what started here.
        await Task.Yield();
        try
        {
            var answer = await call();
            _turn.TrySetResult(answer); // The turn of now, not the first one.
        }
        catch (Exception bug)
        {
            _turn.TrySetException(bug);
        }
    }

    private static TaskCompletionSource<CallAnswer> NewTurn() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>What a parked call goes on with: answers, or why there are none. Exactly one of the two is there.</summary>
internal sealed record ParkedAnswer(JsonElement? Given, Denial? Refusal);

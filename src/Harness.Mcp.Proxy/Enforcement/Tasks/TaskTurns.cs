using System.Collections.Concurrent;
using Harness.Mcp.Core.Chains;

namespace Harness.Mcp.Proxy.Enforcement.Tasks;

/// <summary>Lets the questions about one task come one after the other, and remembers which of its own were answered.</summary>
internal sealed class TaskTurns
{
    private const int KeptMax = 10_000;

    private readonly ConcurrentDictionary<CallId, Turns> _all = new();

    /// <summary>Waits for the turn; it ends when what is returned is disposed.</summary>
    public async Task<TaskTurn> EnterAsync(CallId call, CancellationToken cancellationToken)
    {
        if (_all.Count >= KeptMax)
            _all.Clear(); // At worst an agent is asked once more what it has answered.
        var turns = _all.GetOrAdd(call, static _ => new Turns());
        await turns.Gate.WaitAsync(cancellationToken);
        return new TaskTurn(turns.Gate, turns.Answered);
    }

    public void Forget(CallId call) => _all.TryRemove(call, out _);

    private sealed class Turns
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public HashSet<string> Answered { get; } = new(StringComparer.Ordinal);
    }
}

/// <summary>One request about a task at work.</summary>
/// <param name="answered">Keys of what the backend asked and was given an answer to: it may take a while to take that in.</param>
internal sealed class TaskTurn(SemaphoreSlim gate, HashSet<string> answered) : IDisposable
{
    public HashSet<string> Answered => answered;

    public void Dispose() => gate.Release();
}

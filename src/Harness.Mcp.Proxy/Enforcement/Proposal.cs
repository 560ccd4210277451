using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>One question to a <see cref="MissionGate"/>: what it decides, and what became of it.</summary>
/// <param name="isLook">Whether it only looks, and so must see what other writers did before.</param>
internal abstract class Proposal(bool isLook, CancellationToken cancellationToken)
{
    /// <summary>Stands where a waiter would, once whoever asks is told.</summary>
    private static readonly TaskCompletionSource<GateAnswer> Told = new();

    private TaskCompletionSource<GateAnswer>? _waiter;
    private GateAnswer? _end;

    public bool IsLook => isLook;

    public bool IsCancelled => cancellationToken.IsCancellationRequested;

    public abstract LinkBody? Decide(MissionState state, DateTimeOffset time);

    /// <summary>What the latest attempt decided; null for nothing.</summary>
    public SealedLink? Link { get; set; }

    /// <summary>The trace of the call before, which this one's trace links to.</summary>
    public RequestTrace PreviousTrace { get; set; } = RequestTrace.None;

    /// <summary>What became of it, for the one who proposed it. Where that is known already, since the gate worked in place, nobody needs to wait.</summary>
    public ValueTask<GateAnswer> AnswerAsync()
    {
        if (Volatile.Read(ref _waiter) is null)
        {
            var waiter = new TaskCompletionSource<GateAnswer>();
            if (Interlocked.CompareExchange(ref _waiter, waiter, null) is null)
                return new ValueTask<GateAnswer>(waiter.Task);
        }

        return _end is null ? ValueTask.FromCanceled<GateAnswer>(cancellationToken) : new ValueTask<GateAnswer>(_end);
    }

    /// <summary>Notes what became of it; nobody is told yet. The first note stands.</summary>
    public void End(GateAnswer answer) => _end ??= answer;

    /// <summary>Tells whoever asked; a proposal without an end was withdrawn.</summary>
    /// <param name="isInPlace">Whether what follows may run here and now; else it runs on another thread, so that it holds up nobody.</param>
    public void Tell(bool isInPlace)
    {
        if (isInPlace)
            Tell();
        else
            ThreadPool.UnsafeQueueUserWorkItem(static proposal => proposal.Tell(), this, preferLocal: false);
    }

    private void Tell()
    {
        if (Interlocked.Exchange(ref _waiter, Told) is not { } waiter)
            return;
        if (_end is null)
            waiter.TrySetCanceled(cancellationToken);
        else
            waiter.TrySetResult(_end);
    }
}

/// <summary>A question about something, which it hands to the code that decides.</summary>
internal sealed class Proposal<T>(T of, Func<T, MissionState, DateTimeOffset, LinkBody?> decide, bool isLook, CancellationToken cancellationToken)
    : Proposal(isLook, cancellationToken)
{
    public override LinkBody? Decide(MissionState state, DateTimeOffset time) => decide(of, state, time);
}

using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>One question to a <see cref="MissionGate"/>: what it decides, and what became of it.</summary>
/// <param name="IsLook">Whether it only looks, and so must see what other writers did before.</param>
internal sealed record Proposal(
    Func<MissionState, DateTimeOffset, LinkBody?> Decide, bool IsLook, CancellationToken CancellationToken)
{
    private readonly TaskCompletionSource<GateAnswer> _answer = new();
    private GateAnswer? _end;

    public Task<GateAnswer> Answer => _answer.Task;

    public bool IsCancelled => CancellationToken.IsCancellationRequested;

    /// <summary>What the latest attempt decided; null for nothing.</summary>
    public SealedLink? Link { get; set; }

    /// <summary>The trace of the call before, which this one's trace links to.</summary>
    public RequestTrace PreviousTrace { get; set; } = RequestTrace.None;

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
        if (_end is null)
            _answer.TrySetCanceled(CancellationToken);
        else
            _answer.TrySetResult(_end);
    }
}

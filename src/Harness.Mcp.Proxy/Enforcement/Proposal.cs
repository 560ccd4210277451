using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Store;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>One question to a <see cref="MissionGate"/>: what it decides, and what became of it.</summary>
/// <param name="IsLook">Whether it only looks, and so must see what other writers did before.</param>
internal sealed record Proposal(
    Func<MissionState, DateTimeOffset, LinkBody?> Decide, bool IsLook, CancellationToken CancellationToken)
{
    // Continuations run elsewhere, so that no caller can hold up the drain.
    private readonly TaskCompletionSource<GateAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<GateAnswer> Answer => _answer.Task;

    public bool IsCancelled => CancellationToken.IsCancellationRequested;

    /// <summary>What the latest attempt decided; null for nothing.</summary>
    public SealedLink? Link { get; set; }

    /// <summary>The trace of the call before, which this one's trace links to.</summary>
    public RequestTrace PreviousTrace { get; set; } = RequestTrace.None;

    public void End(GateAnswer answer) => _answer.TrySetResult(answer);

    public void Cancel() => _answer.TrySetCanceled(CancellationToken);
}

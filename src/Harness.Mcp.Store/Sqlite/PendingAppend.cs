using Harness.Mcp.Store.Chains;

namespace Harness.Mcp.Store.Sqlite;

/// <summary>
/// An append on its way. It is withdrawn (by its caller's cancellation or the time limit) or claimed by the writer, whichever comes
/// first: what was withdrawn is never written, and what was claimed ends with the writer's answer.
/// </summary>
internal sealed class PendingAppend(AppendRequest request)
{
    private const int Waiting = 0;
    private const int Claimed = 1;
    private const int Withdrawn = 2;

    // The writer must get back to the disk at once: callers continue on threads of their own.
    private readonly TaskCompletionSource<AppendResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _phase = Waiting;

    public AppendRequest Request { get; } = request;

    public Task<AppendResult> Done => _done.Task;

    /// <summary>Whether the writer may write it.</summary>
    public bool Claim() => Interlocked.CompareExchange(ref _phase, Claimed, Waiting) == Waiting;

    public void Answer(AppendResult result) => _done.TrySetResult(result);

    /// <summary>The caller gave up. Once the writer has it, the answer is near and is worth more than the cancellation.</summary>
    public void Cancel(CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _phase, Withdrawn, Waiting) == Waiting)
            _done.TrySetCanceled(cancellationToken);
    }

    public void TimeOut(TimeSpan limit)
    {
        var isWritten = Interlocked.CompareExchange(ref _phase, Withdrawn, Waiting) == Waiting ? "Nothing was written." : "It may still be written.";
        Answer(new AppendResult.Unavailable($"The append took longer than {limit.TotalMilliseconds:0} ms. {isWritten}"));
    }
}

using System.Collections.Concurrent;
using System.Globalization;
using Harness.Mcp.Proxy.Enforcement.Asking;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>The requests that were sent to the agent of one session and wait for their answers. A response that answers none of them is refused.</summary>
internal sealed class SentRequests
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<AgentReply>> _open = new(StringComparer.Ordinal);
    private long _last;

    /// <summary>Mints an id, unique in the session; <see cref="Forget"/> must follow.</summary>
    public long Open(out Task<AgentReply> reply)
    {
        var id = Interlocked.Increment(ref _last);
        var waiting = new TaskCompletionSource<AgentReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _open[Key(id)] = waiting;
        reply = waiting.Task;
        return id;
    }

    public void Forget(long id) => _open.TryRemove(Key(id), out _);

    /// <returns>False where no such request waits: it was never sent in this session, or was answered or given up.</returns>
    public bool TryAnswer(AgentResponse response) =>
        _open.TryRemove(response.Id.GetRawText(), out var waiting) && waiting.TrySetResult(ReplyOf(response));

    private static AgentReply ReplyOf(AgentResponse response) => response switch
    {
        { Fault: { } fault } => new AgentReply.Unreadable(fault),
        { Result: { } result } => new AgentReply.Result(result),
        _ => new AgentReply.None(),
    };

    private static string Key(long id) => id.ToString(CultureInfo.InvariantCulture);
}

using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Provenance;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Tasks;

/// <summary>
/// The tasks by which backends answer the calls of a mission later. An open one stands at its pending call; here is what its links change,
/// and what is remembered once it has ended. They say why a link cannot be genuine, as the end of a sentence that begins with it; then nothing changed.
/// </summary>
internal sealed class TaskBook(PendingCalls pending, RecordedStatus status, ProvenanceIndex? provenance)
{
    private readonly EndedTasks _ended = new();

    public bool HasOpen
    {
        get
        {
            // Asked after each link.
            foreach (var call in pending.All)
                if (call.Task is not null)
                    return true;
            return false;
        }
    }

    /// <summary>The calls that wait for a task.</summary>
    public ImmutableArray<ChainCall> Open => [.. pending.All.Where(static call => call.Task is not null)];

    public EndedTask? FindEnded(CallId call) => _ended.Find(call);

    public string? Begin(Link link, LinkBody.TaskOpened opened)
    {
        if (!status.IsActiveAt(link.Time))
            return "opens a task while the mission is not active";
        if (pending.Find(opened.Call) is not { Task: null, Ask: null, Obligation: null } call)
            return $"opens a task for the call {opened.Call}, which is not pending, waits for an answer or has a task";
        if (opened.ExpiresAt <= link.Time)
            return "opens a task that is over already";

        Tell(call with { Task = OpenTask.Of(link, opened) }, opened.Message, opened.Labels);
        return null;
    }

    public string? Report(Link link, LinkBody.TaskReported reported)
    {
        if (!status.IsActiveAt(link.Time))
            return "reports of a task while the mission is not active";
        if (pending.Find(reported.Call) is not { Task: { } task } call || task.Reports >= OpenTask.ReportsMax)
            return $"reports of a task of the call {reported.Call}, which has none, or too often";

        Tell(call with { Task = task.With(reported) }, reported.Message, reported.Labels);
        return null;
    }

    /// <summary>Remembers the task of a call that settled, where it had one.</summary>
    /// <param name="call">The call as it was while it waited.</param>
    /// <param name="time">When it settled.</param>
    public void End(ChainCall call, LinkBody.CallSettled settled, DateTimeOffset time)
    {
        if (call.Task is not null)
            _ended.Add(call, settled, time);
    }

    public void Transfer(StateTransfer state) => _ended.Transfer(state);

    /// <summary>From here on the mission knows what a backend said of its task.</summary>
    private void Tell(ChainCall call, string? message, ImmutableArray<string> labels)
    {
        if (message is not null)
            provenance?.AddReported(call, message, labels);
        pending.Hear(call, labels);
    }
}

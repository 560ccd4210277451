using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tasks;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Tasks;
using Harness.Mcp.Proxy.Telemetry;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Enforcement.Tasks;

/// <summary>Ends calls that wait for a task: records how, and lets the backend know where it may still be at work.</summary>
internal sealed class TaskEnds(MissionGates gates, IBackendDirectory backends, TimeProvider time, ILogger<TaskEnds> logger)
{
    /// <summary>How long a backend may take to note that nobody waits any more.</summary>
    private static readonly TimeSpan CancelLimit = TimeSpan.FromSeconds(5);

    /// <summary>Records how a call ended, as long as its mission is active: what comes later is nothing that its agent may learn.</summary>
    public async Task<TaskEnd> RecordAsync(MissionId mission, LinkBody.CallSettled settled)
    {
        TaskEnd end = new TaskEnd.NotRecorded();
        var answer = await gates.Of(mission).RecordAsync(
            (state, now) =>
            {
                if (DecisionPoint.Refuse(state, now) is { } stopped)
                {
                    end = new TaskEnd.Stopped(stopped);
                    return null;
                }

                if (state.FindPending(settled.Call) is null)
                {
                    end = new TaskEnd.Before(state.FindEndedTask(settled.Call));
                    return null;
                }

                end = new TaskEnd.Recorded();
                return settled;
            },
            CancellationToken.None);
        if (answer is GateAnswer.Recorded)
            return end;
        Log.SettlementLost(logger, settled.Call.Value, mission.Value, answer.GetType().Name);
        return new TaskEnd.NotRecorded();
    }

    /// <summary>Gives a call up, whatever its mission's status: its backend is told, and its outcome is unknown.</summary>
    /// <param name="why">For the chain.</param>
    public async Task GiveUpAsync(MissionId mission, CallId call, ToolId tool, string task, string why)
    {
        await CancelAsync(mission, call, tool, task);
        await SettleUnknownAsync(mission, call, why);
    }

    /// <summary>Records that nobody knows how a call ended, whatever its mission's status.</summary>
    public async Task SettleUnknownAsync(MissionId mission, CallId call, string why) => await gates.Of(mission).RecordAsync(
        (state, _) => state.FindPending(call) is null ? null : new LinkBody.CallSettled(call, CallOutcome.Unknown, null, null, [], why), CancellationToken.None);

    /// <summary>Tells a backend that nobody waits for a task any more.</summary>
    public async Task<TaskReply> CancelAsync(MissionId mission, CallId call, ToolId tool, string task)
    {
        using var limit = new CancellationTokenSource(CancelLimit, time);
        var reply = backends.Find(tool.Backend) is { } backend
            ? await backend.AskTaskAsync(new TaskRequest(mission, call, task, TaskErrand.Cancel), limit.Token)
            : new TaskReply.None("The backend is no longer configured.");
        if (reply is TaskReply.None(var why))
            Log.TaskNotCancelled(logger, call.Value, mission.Value, why);
        return reply;
    }
}

/// <summary>What became of the record of a task's end.</summary>
internal abstract record TaskEnd
{
    private TaskEnd() { }

    public sealed record Recorded : TaskEnd;

    /// <summary>The call had settled before.</summary>
    /// <param name="Ended">How; null where that is forgotten.</param>
    public sealed record Before(EndedTask? Ended) : TaskEnd;

    /// <summary>The mission may not go on.</summary>
    public sealed record Stopped(Denial Denial) : TaskEnd;

    public sealed record NotRecorded : TaskEnd;
}

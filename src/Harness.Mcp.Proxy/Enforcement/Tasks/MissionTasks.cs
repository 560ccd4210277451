using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tasks;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Backends.Tasks;
using Harness.Mcp.Proxy.Telemetry;
using Harness.Mcp.Proxy.Wire;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Enforcement.Tasks;

/// <summary>
/// Answers agents' questions about their tasks. A handle proves whose task it is; the mission's state says whether it may still bring anything; and
/// what the backend says is recorded before the agent reads it.
/// </summary>
internal sealed class MissionTasks(
    MissionGates gates, TaskSeal seal, TaskEnds ends, TaskQuestions questions, TaskOutcomes outcomes, IToolCatalog catalog, IReadCatalog reads, IBackendDirectory backends,
    EnforcementOptions options, ILogger<MissionTasks> logger) : IMissionTasks
{
    private static readonly Denial Unreadable = new(
        ReasonCode.StateUnavailable, "The record of this mission cannot be used now, so nothing was done. Ask again later, or tell the proxy's operator.");

    private static readonly Denial Expired = new(
        ReasonCode.TaskExpired, "This task is over, and what came of it is not kept any more. Its call may have taken effect: find out with a read before you repeat it.");

    private static readonly Denial NotTold = new(
        ReasonCode.BackendUnavailable, "The backend of this task cannot be asked now. The task goes on as far as anybody knows: ask again in a moment.");

    private readonly TaskTurns _turns = new();

    public async ValueTask<TaskAnswer> GetAsync(AgentTask asked, CancellationToken cancellationToken)
    {
        if (HandleOf(asked) is not { } handle)
            return await RefuseForgedAsync(asked, "tasks/get");

        using var turn = await _turns.EnterAsync(handle.Call, cancellationToken);
        switch (await LookAsync(handle, cancellationToken))
        {
            case Seen.Open(var call):
                return await BackendOf(handle).AskTaskAsync(Request(handle, TaskErrand.Get, call.MayAsk & asked.Declared), cancellationToken) switch
                {
                    TaskReply.Reported(var report) when IsOf(report, handle) => await TakeAsync(asked, handle, call, report, turn),
                    TaskReply.Gone => await EndAsync(asked, handle, call, TaskOutcomes.Without(call, new BackendReply.Lost("the backend does not know the task any more"))),
                    TaskReply.Unreadable(var why) => await EndAsync(asked, handle, call, TaskOutcomes.Without(call, new BackendReply.Unreadable(why))),
                    var reply => Untold(handle, reply),
                };
            case Seen.Ended(var ended):
                return await AgainAsync(asked, handle, ended, cancellationToken);
            case Seen.Over:
                await GiveUpAsync(handle, "The task's time was over before it ended.");
                return Error(Expired, handle.Mission, WireError.InvalidParams);
            case Seen.Refused(var denial):
                return Error(denial, handle.Mission);
            default:
                return Error(Expired, handle.Mission, WireError.InvalidParams);
        }
    }

    public async ValueTask<TaskAnswer> UpdateAsync(AgentTask asked, JsonElement responses, CancellationToken cancellationToken)
    {
        if (HandleOf(asked) is not { } handle)
            return await RefuseForgedAsync(asked, "tasks/update");

        using var turn = await _turns.EnterAsync(handle.Call, cancellationToken);
        switch (await LookAsync(handle, cancellationToken))
        {
            case Seen.Open(var call):
                var (denial, isOver) = await questions.AnswerAsync(asked, call, responses, turn, cancellationToken);
                if (isOver)
                    await GiveUpAsync(handle, $"Given up: {denial!.Reason}.");
                return denial is null ? new TaskAnswer.Noted() : Error(denial, handle.Mission);
            case Seen.Ended:
                return new TaskAnswer.Noted(); // It asks nothing any more, so nothing is passed on.
            case Seen.Over:
                await GiveUpAsync(handle, "The task's time was over before it ended.");
                return Error(Expired, handle.Mission, WireError.InvalidParams);
            case Seen.Refused(var refused):
                return Error(refused, handle.Mission);
            default:
                return Error(Expired, handle.Mission, WireError.InvalidParams);
        }
    }

    public async ValueTask<TaskAnswer> CancelAsync(AgentTask asked, CancellationToken cancellationToken)
    {
        if (HandleOf(asked) is not { } handle)
            return await RefuseForgedAsync(asked, "tasks/cancel");

        using var turn = await _turns.EnterAsync(handle.Call, cancellationToken);
        switch (await LookAsync(handle, cancellationToken))
        {
            case Seen.Open(var call):
                if (await ends.CancelAsync(handle.Mission, handle.Call, handle.Tool, handle.Task) is TaskReply.None none)
                    return Untold(handle, none);

                // The work may have been done before the backend heard: then the call ends as it did.
                if (await BackendOf(handle).AskTaskAsync(Request(handle, TaskErrand.Get, AgentInputs.None), cancellationToken) is TaskReply.Reported(var report)
                    && IsOf(report, handle) && report.Outcome is not null)
                    await EndAsync(asked, handle, call, await outcomes.OfAsync(handle.Mission, call, report));
                else
                    await ends.SettleUnknownAsync(handle.Mission, handle.Call, "Cancelled by its agent.");
                _turns.Forget(handle.Call);
                return new TaskAnswer.Noted();
            case Seen.Over:
                await GiveUpAsync(handle, "The task's time was over before it ended.");
                return new TaskAnswer.Noted();
            case Seen.Refused(var denial):
                return Error(denial, handle.Mission);
            default:
                return new TaskAnswer.Noted(); // It is over: asking for that twice is no mistake.
        }
    }

    public async ValueTask<bool> AreOfferedAsync(MissionId mission, CancellationToken cancellationToken)
    {
        if (options.TasksOpenMax == 0 || !reads.Reads.Backends.Any(backend => backend.Offers.Tasks))
            return false;
        MissionTemplate? template = null;
        await gates.Of(mission).LookAsync((state, _) => template = state.Template, cancellationToken);
        return template is not null && catalog.Current.Tools.Any(tool =>
            tool.Standing == ToolStanding.Approved && reads.Reads.Find(tool.Facts.Id.Backend) is { Offers.Tasks: true } && template.Grants.Any(grant => grant.Selects(tool.Facts)));
    }

    private TaskHandle? HandleOf(AgentTask asked) =>
        seal.Open(asked.Handle) is { } handle && handle.Mission == asked.Mission && handle.Agent == asked.Agent.Id ? handle : null;

    private async Task<Seen> LookAsync(TaskHandle handle, CancellationToken cancellationToken)
    {
        Seen? seen = null;
        var answer = await gates.Of(handle.Mission).LookAsync((state, time) => seen = See(state, handle, time), cancellationToken);
        return answer is GateAnswer.Recorded && seen is not null ? seen : new Seen.Refused(Unreadable);
    }

    private static Seen See(MissionState state, TaskHandle handle, DateTimeOffset time)
    {
        if (DecisionPoint.Refuse(state, time) is { } stopped)
            return new Seen.Refused(stopped);
        if (state.FindPending(handle.Call) is { Task: { } task } call)
            return task.HasExpired(time) ? new Seen.Over() : new Seen.Open(call);
        return state.FindEndedTask(handle.Call) is { } ended ? new Seen.Ended(ended) : new Seen.Forgotten();
    }

    private async Task<TaskAnswer> TakeAsync(AgentTask asked, TaskHandle handle, ChainCall call, TaskReport report, TaskTurn turn)
    {
        switch (report.State)
        {
            case TaskState.Working:
                if (call.Ask is { } open)
                    await questions.WithdrawAsync(asked, call, open);
                return await ReportAsync(asked, handle, call, report, null);
            case TaskState.InputRequired:
                switch (await questions.AskAsync(asked, call, report, turn))
                {
                    case TaskQuestion.Asked(var requests):
                        return await ReportAsync(asked, handle, call, report, requests);
                    case TaskQuestion.Undeclared(var missing):
                        return new TaskAnswer.Undeclared(missing);
                    case TaskQuestion.Stopped(var denial):
                        return Error(denial, handle.Mission);
                    case TaskQuestion.Refused(var denial):
                        await ends.CancelAsync(handle.Mission, handle.Call, handle.Tool, handle.Task);
                        return await EndAsync(asked, handle, call, Settlement.GivenUp(call.Id, denial), report);
                    default:
                        return await ReportAsync(asked, handle, call, report, null); // All of it is answered, and the answers are on their way.
                }
            case TaskState.Cancelled:
                await ends.SettleUnknownAsync(handle.Mission, handle.Call, "The backend cancelled the task.");
                _turns.Forget(handle.Call);
                return new ShownTask(asked.Handle, TaskState.Cancelled, report.CreatedAt, report.UpdatedAt, call.Task!.ExpiresAt - call.Time).ToAnswer();
            default:
                return await EndAsync(asked, handle, call, await outcomes.OfAsync(handle.Mission, call, report), report);
        }
    }

    /// <summary>Records what is new, and shows no more than what is recorded.</summary>
    /// <param name="requests">What the agent is asked; null where the task works.</param>
    private async Task<TaskAnswer> ReportAsync(AgentTask asked, TaskHandle handle, ChainCall call, TaskReport report, JsonElement? requests)
    {
        Denial? stopped = null;
        OpenTask? task = null;
        var answer = await gates.Of(handle.Mission).RecordAsync(
            (state, time) =>
            {
                (stopped, task) = (DecisionPoint.Refuse(state, time), null);
                if (stopped is not null || state.FindPending(call.Id) is not { Task: { } open } pending)
                    return null;
                task = open;
                var expires = TaskTimes.Expiry(state, pending, report.Lifetime, options.TaskLifetimeMax);
                var isNew = expires != open.ExpiresAt || (report.Message is not null && !string.Equals(report.Message, open.Message, StringComparison.Ordinal));
                if (!isNew || open.Reports >= OpenTask.ReportsMax || expires <= time)
                    return null;
                task = open with { ExpiresAt = expires, Message = report.Message };
                return new LinkBody.TaskReported(call.Id, expires, report.Message, TaskTimes.Labels(pending.Tool, report.Message));
            },
            CancellationToken.None);
        if (answer is not GateAnswer.Recorded || stopped is not null || task is null)
            return Error(stopped ?? Unreadable, handle.Mission);

        return new ShownTask(
            asked.Handle, requests is null ? TaskState.Working : TaskState.InputRequired, report.CreatedAt, report.UpdatedAt, task.ExpiresAt - call.Time)
        {
            Message = string.Equals(task.Message, report.Message, StringComparison.Ordinal) ? report.Message : null,
            PollInterval = report.PollInterval,
            Requests = requests,
        }.ToAnswer();
    }

    /// <summary>Settles the call's link by how its task ended, and then shows that.</summary>
    /// <param name="report">Where the backend said so; null where it says nothing more of the task.</param>
    private async Task<TaskAnswer> EndAsync(AgentTask asked, TaskHandle handle, ChainCall call, Settlement settlement, TaskReport? report = null)
    {
        var end = await ends.RecordAsync(handle.Mission, settlement.Link);
        _turns.Forget(handle.Call);
        return end switch
        {
            TaskEnd.Stopped(var denial) => Error(denial, handle.Mission),
            TaskEnd.Before({ } ended) when ended.Result is null || ended.Result != settlement.Link.ResultDigest => Error(Settlement.HeldForLost, handle.Mission),
            TaskEnd.Before(null) or TaskEnd.NotRecorded => Error(Settlement.NotRecorded, handle.Mission),
            _ => Show(asked, handle, settlement, report?.CreatedAt ?? call.Time, report?.UpdatedAt ?? call.Time),
        };
    }

    /// <summary>The agent asks again for what it was answered, perhaps since that did not arrive: it gets the same, or nothing.</summary>
    private async Task<TaskAnswer> AgainAsync(AgentTask asked, TaskHandle handle, EndedTask ended, CancellationToken cancellationToken)
    {
        if (ended.Outcome == CallOutcome.Unknown)
            return new ShownTask(asked.Handle, TaskState.Cancelled, ended.Admitted, ended.Settled, handle.ExpiresAt - ended.Admitted)
            {
                Message = "Nobody waits for this task any more, and how its call ended is unknown: find out with a read whether it took effect.",
            }.ToAnswer();

        // What went to a file then is read from there, and not asked for again.
        if (await outcomes.KeptAsync(handle) is { } kept && kept.Link.ResultDigest == ended.Result)
            return Show(asked, handle, kept, ended.Admitted, ended.Settled);

        switch (await BackendOf(handle).AskTaskAsync(Request(handle, TaskErrand.Get, AgentInputs.None), cancellationToken))
        {
            case TaskReply.Reported(var report) when IsOf(report, handle):
                var settlement = report.Outcome is { } outcome ? outcomes.Again(handle, outcome) : null;
                return settlement?.Link.ResultDigest is { } digest && digest == ended.Result
                    ? Show(asked, handle, settlement, report.CreatedAt, report.UpdatedAt)
                    : Error(new Denial(ReasonCode.ResultRefused, "The backend says something else of this task than when it ended, so that is withheld."), handle.Mission);
            case TaskReply.Gone:
                return Error(Expired, handle.Mission, WireError.InvalidParams);
            case var reply:
                return Untold(handle, reply);
        }
    }

    private TaskAnswer.Reported Show(AgentTask asked, TaskHandle handle, Settlement settlement, DateTimeOffset created, DateTimeOffset updated)
    {
        var task = new ShownTask(asked.Handle, TaskState.Completed, created, updated, handle.ExpiresAt > created ? handle.ExpiresAt - created : options.TaskLifetimeMax);
        return outcomes.Show(task, handle, settlement).ToAnswer();
    }

    private static bool IsOf(TaskReport report, TaskHandle handle) => string.Equals(report.Task, handle.Task, StringComparison.Ordinal);

    private static TaskRequest Request(TaskHandle handle, TaskErrand errand, AgentInputs mayAsk) => new(handle.Mission, handle.Call, handle.Task, errand) { MayAsk = mayAsk };

    private IBackendPort BackendOf(TaskHandle handle) => backends.Find(handle.Tool.Backend) ?? new NoBackend(handle.Tool.Backend);

    private async Task GiveUpAsync(TaskHandle handle, string why)
    {
        await ends.GiveUpAsync(handle.Mission, handle.Call, handle.Tool, handle.Task, why);
        _turns.Forget(handle.Call);
    }

    /// <summary>Records a question about a task that is none of this agent's, and says so: the refusal of a forged `requestState`.</summary>
    private async Task<TaskAnswer> RefuseForgedAsync(AgentTask asked, string method)
    {
        var denial = new Denial(
            ReasonCode.TaskInvalid, "This taskId was not given to you under this mission: use the one that came with the answer to your own call, or call anew.");
        await gates.Of(asked.Mission).RecordAsync(
            (state, _) => new LinkBody.CallRefused(new CallId(Guid.CreateVersion7()), asked.Agent.Id, method, null, null, denial, state.Rules, RequestTrace.None),
            CancellationToken.None);
        return Error(denial, asked.Mission, WireError.InvalidParams);
    }

    private TaskAnswer.Error Untold(TaskHandle handle, TaskReply reply)
    {
        Log.TaskUntold(logger, handle.Call.Value, handle.Mission.Value, reply is TaskReply.None(var why) ? why : "The answer is none that can be accepted, or of another task.");
        return Error(NotTold, handle.Mission);
    }

    private static TaskAnswer.Error Error(Denial denial, MissionId mission, int code = DenialError.Code)
    {
        HarnessTelemetry.MarkDenied(System.Diagnostics.Activity.Current, denial, wasPermitted: false);
        return new TaskAnswer.Error(JsonSerializer.SerializeToElement(new
        {
            code,
            message = DenialResult.TextOf(denial),
            data = DenialResult.Of(denial, mission).GetProperty("structuredContent"),
        }));
    }

    /// <summary>What the mission's state says of a handle's task.</summary>
    private abstract record Seen
    {
        /// <summary>It is open.</summary>
        public sealed record Open(ChainCall Call) : Seen;

        /// <summary>It is open on the chain, and its time is over.</summary>
        public sealed record Over : Seen;

        public sealed record Ended(EndedTask Task) : Seen;

        /// <summary>It ended, and how is not known any more.</summary>
        public sealed record Forgotten : Seen;

        /// <summary>The mission may not go on, or cannot be read.</summary>
        public sealed record Refused(Denial Denial) : Seen;
    }

    /// <summary>A backend that was taken away says nothing.</summary>
    private sealed class NoBackend(Core.Tools.BackendId id) : IBackendPort
    {
        public Core.Tools.BackendId Id => id;

        public ValueTask<BackendReply> CallAsync(BackendCall call, INoticeSink notices, CancellationToken cancellationToken) =>
            ValueTask.FromResult<BackendReply>(new BackendReply.NotSent("the backend is no longer configured"));
    }
}

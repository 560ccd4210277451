using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Tasks;
using Harness.Mcp.Proxy.Telemetry;
using Harness.Mcp.Proxy.Wire;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Enforcement.Tasks;

/// <summary>
/// Takes up the task by which a backend answers a call later. INVARIANT: the agent learns of a task only when it is durable on the chain; one that cannot be
/// taken up is cancelled, and its call is given up.
/// </summary>
internal sealed class TaskOpening(MissionGates gates, TaskSeal seal, TaskEnds ends, EnforcementOptions options, ILogger<TaskOpening> logger)
{
    /// <summary>Whether a mission may hold one more task now.</summary>
    public static bool HasRoom(MissionState state, EnforcementOptions options) => state.OpenTasks.Length < options.TasksOpenMax;

    /// <summary>What is said of a tool that cannot do without a task, where the mission holds too many.</summary>
    public static Denial TooMany(EnforcementOptions options) => new(
        ReasonCode.Overloaded, $"This mission already waits for {options.TasksOpenMax} tasks, and this tool needs one more. Wait for one to end or cancel one, then call again.");

    /// <summary>Whether an error says that the call needs a task.</summary>
    public static bool IsNeeded(JsonElement error) =>
        error.TryGetProperty("code", out var code) && code.TryGetInt32(out var number) && number == WireError.MissingCapability
        && error.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object
        && data.TryGetProperty("requiredCapabilities", out var required) && required.ValueKind == JsonValueKind.Object
        && required.TryGetProperty("extensions", out var extensions) && extensions.ValueKind == JsonValueKind.Object
        && extensions.TryGetProperty(TaskResult.Extension, out _);

    /// <summary>Records the task, or why there is none, and says so to the agent.</summary>
    /// <param name="proposed">A call that was admitted and forwarded.</param>
    public async ValueTask<CallAnswer> OpenAsync(EnforcementPoint point, ProposedCall proposed, TaskReport report)
    {
        var mission = proposed.Asked.Mission;
        Denial? refused = null;
        ShownTask? shown = null;
        var answer = await gates.Of(mission).RecordAsync(
            (state, time) =>
            {
                (refused, shown) = (Settlement.HeldForLost, null);
                if (state.FindPending(proposed.Id) is not { Task: null, Ask: null } call)
                    return null;
                var expires = TaskTimes.Expiry(state, call, report.Lifetime, options.TaskLifetimeMax);
                if ((refused = Refusal(state, expires, time)) is not null)
                    return Settlement.GivenUp(call.Id, refused).Link;
                shown = Show(proposed, call, state, expires, report);
                return new LinkBody.TaskOpened(call.Id, report.Task, expires, report.Message, TaskTimes.Labels(call.Tool, report.Message));
            },
            CancellationToken.None);
        if (answer is GateAnswer.Recorded && shown is not null)
        {
            Log.TaskOpened(logger, proposed.Id.Value, mission.Value);
            return new CallAnswer.Task(shown.ToJson());
        }

        await ends.CancelAsync(mission, proposed.Id, proposed.Facts.Id, report.Task);
        if (answer is GateAnswer.Recorded)
            return point.Denied(refused!, proposed, wasPermitted: true);
        Log.SettlementLost(logger, proposed.Id.Value, mission.Value, answer.GetType().Name);
        return point.Denied(Settlement.NotRecorded, proposed, wasPermitted: true);
    }

    /// <summary>The agent was gone before it could be told of its task: nobody will ever ask for it.</summary>
    public async Task UntoldAsync(CallAnswer.Task answer)
    {
        if (seal.Open(answer.Value.GetProperty("taskId").GetString()!) is { } handle)
            await ends.GiveUpAsync(handle.Mission, handle.Call, handle.Tool, handle.Task, "The agent was gone before it could be told of the task.");
    }

    private Denial? Refusal(MissionState state, DateTimeOffset expires, DateTimeOffset time)
    {
        if (DecisionPoint.Refuse(state, time) is { } stopped)
            return stopped with { Say = $"The mission was stopped while this call ran, so the task that was to answer it was cancelled; it may have taken effect. {stopped.Say}" };
        if (!HasRoom(state, options))
            return TooMany(options);
        return expires <= time
            ? new Denial(ReasonCode.TaskExpired, "The tool wanted to answer later, and its time for that is over already. The call may have taken effect: find out with a read before you repeat it.")
            : null;
    }

    private ShownTask Show(ProposedCall proposed, ChainCall call, MissionState state, DateTimeOffset expires, TaskReport report)
    {
        var handle = new TaskHandle(
            proposed.Asked.Mission, proposed.Asked.Agent.Id, call.Tool.Id, proposed.ArgumentsDigest, call.Id,
            TaskTimes.Expiry(state, call, null, options.TaskLifetimeMax), report.Task);
        // INVARIANT: ids of tasks are bounded, so a handle is never too long.
        var text = seal.Seal(handle) ?? throw new InvalidOperationException("The handle of a task is too long.");
        var task = report.State is TaskState.InputRequired ? TaskState.InputRequired : TaskState.Working;
        return new ShownTask(text, task, report.CreatedAt, report.UpdatedAt, expires - call.Time) { Message = report.Message, PollInterval = report.PollInterval };
    }
}

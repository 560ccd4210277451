using System.Text.Json;

namespace Harness.Mcp.Proxy.Backends.Tasks;

/// <summary>Where a task stands, in the protocol's words.</summary>
public enum TaskState
{
    Working,

    /// <summary>It waits for what was asked of the agent.</summary>
    InputRequired,

    /// <summary>Its call has a result, be it that of a tool that failed.</summary>
    Completed,

    /// <summary>Its call ended in a JSON-RPC error.</summary>
    Failed,

    Cancelled,
}

/// <summary>What a backend says of one task, read strictly: all else that it wrote is gone.</summary>
/// <param name="Task">The backend's own id of the task.</param>
/// <param name="Message">What it says for people, with what is invisible spelled out, and cut; null for nothing.</param>
/// <param name="Lifetime">Since the task was created; null where it has no end.</param>
/// <param name="PollInterval">How long to wait between two questions, as the backend suggests; null for nothing.</param>
public sealed record TaskReport(
    string Task, TaskState State, string? Message, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, TimeSpan? Lifetime, TimeSpan? PollInterval)
{
    /// <summary>A JSON object of what is asked of the agent, by keys; only where input is required.</summary>
    public JsonElement? Requests { get; init; }

    /// <summary>How the call ended: a result, an error, or what cannot be accepted; only of a task that completed or failed, and not where it was only just created.</summary>
    public BackendReply? Outcome { get; init; }
}

/// <summary>What a task is asked.</summary>
public enum TaskErrand
{
    Get,
    Update,
    Cancel,
}

/// <summary>A request about a task of a call that is pending.</summary>
/// <param name="Task">The backend's own id of the task.</param>
public sealed record TaskRequest(Core.Missions.MissionId Mission, Core.Chains.CallId Call, string Task, TaskErrand Errand)
{
    /// <summary>A JSON object of the agent's answers by the keys of what was asked; only for an update.</summary>
    public JsonElement? Responses { get; init; }

    /// <summary>What may be asked of the agent.</summary>
    public Core.Asks.AgentInputs MayAsk { get; init; }

    public string Method => Errand switch
    {
        TaskErrand.Get => "tasks/get",
        TaskErrand.Update => "tasks/update",
        _ => "tasks/cancel",
    };
}

/// <summary>What came back for a request about a task.</summary>
public abstract record TaskReply
{
    private TaskReply() { }

    /// <summary>Where the task stands.</summary>
    public sealed record Reported(TaskReport Report) : TaskReply;

    /// <summary>The backend has taken note; what comes of it shows later.</summary>
    public sealed record Noted : TaskReply;

    /// <summary>The backend knows no such task, or not any more.</summary>
    public sealed record Gone : TaskReply;

    /// <summary>An answer came that cannot be accepted, as one that is too large.</summary>
    public sealed record Unreadable(string Why) : TaskReply;

    /// <summary>There is no answer that says anything of the task: it may be asked again.</summary>
    /// <param name="Why">For the log; a backend's own words never stand in it.</param>
    public sealed record None(string Why) : TaskReply;
}

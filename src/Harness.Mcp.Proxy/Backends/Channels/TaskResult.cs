using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Proxy.Backends.Large;
using Harness.Mcp.Proxy.Backends.Tasks;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>Checks the shape of what a backend says of a task (`io.modelcontextprotocol/tasks`), and takes over what is known of it.</summary>
internal static class TaskResult
{
    /// <summary>The extension's name among capabilities.</summary>
    public const string Extension = "io.modelcontextprotocol/tasks";

    /// <summary>Longest id of a task, in characters: it travels in a header, sealed.</summary>
    private const int IdCharsMax = 512;

    private const int MessageCharsMax = 1_000;

    /// <summary>The task that a call is answered by; null where it is none that can be followed.</summary>
    public static TaskReport? Created(JsonElement result) => Read(result, hasEnd: false);

    /// <summary>The answer to `tasks/get`; null where it is none.</summary>
    public static TaskReport? Current(JsonElement result) =>
        result.ValueKind == JsonValueKind.Object && Text(result, "resultType") is "complete" or null && !HasOtherType(result) ? Read(result, hasEnd: true) : null;

    /// <summary>What a request about a task ended in.</summary>
    public static TaskReply Reply(TaskRequest request, ExchangeEnd end) => end switch
    {
        ExchangeEnd.Large(var spool, var answer) => Large(request, spool, answer),
        ExchangeEnd.Result(var value) when request.Errand != TaskErrand.Get => value.ValueKind == JsonValueKind.Object ? new TaskReply.Noted() : new TaskReply.None("The answer is no object."),
        ExchangeEnd.Result(var value) => Current(value) is { } report ? new TaskReply.Reported(report) : new TaskReply.None("The answer describes no task."),
        ExchangeEnd.Error { Code: -32602 } => new TaskReply.Gone(),
        ExchangeEnd.Error { Code: var code } => new TaskReply.None(string.Create(CultureInfo.InvariantCulture, $"The backend answered with the error {code}.")),
        ExchangeEnd.NotSent(var why) => new TaskReply.None(why),
        ExchangeEnd.Lost(var why) => new TaskReply.None(why),
        ExchangeEnd.Unreadable(var why) => request.Errand == TaskErrand.Get ? new TaskReply.Unreadable(why) : new TaskReply.None(why),
        _ => new TaskReply.None("The answer cannot be accepted."),
    };

    /// <summary>The report of a task that is so large that it went to a file, which can only be for its result.</summary>
    private static TaskReply Large(TaskRequest request, Spool spool, SpooledAnswer answer)
    {
        try
        {
            if (spool.Around(answer) is { } around && Current(around) is { State: TaskState.Completed } report && string.Equals(report.Task, request.Task, StringComparison.Ordinal))
                return new TaskReply.Reported(report with { Outcome = new BackendReply.Large(spool, answer.Inner!) });
        }
        catch (IOException)
        {
            // It cannot be read back: as if it were none.
        }

        spool.Dispose();
        return new TaskReply.Unreadable("The backend's answer is too large, and brings no result of this task.");
    }

    private static bool HasOtherType(JsonElement result) => result.TryGetProperty("resultType", out var type) && type.ValueKind != JsonValueKind.String;

    private static TaskReport? Read(JsonElement result, bool hasEnd)
    {
        if (result.ValueKind != JsonValueKind.Object
            || Text(result, "taskId") is not { Length: > 0 and <= IdCharsMax } id
            || State(Text(result, "status")) is not { } state
            || Time(result, "createdAt") is not { } created
            || Time(result, "lastUpdatedAt") is not { } updated
            || !Duration(result, "ttlMs", isNullable: true, out var lifetime)
            || !Duration(result, "pollIntervalMs", isNullable: false, out var interval))
            return null;

        var report = new TaskReport(id, state, Message(result), created, updated, lifetime, interval);
        return hasEnd ? WithEnd(report, result) : report;
    }

    private static TaskReport? WithEnd(TaskReport report, JsonElement result) => report.State switch
    {
        TaskState.InputRequired => result.TryGetProperty("inputRequests", out var requests) && requests.ValueKind == JsonValueKind.Object
            ? report with { Requests = requests }
            : null,
        TaskState.Completed => result.TryGetProperty("result", out var value) ? report with { Outcome = ToolResult.Read(value, CallKind.Tool, EraSettled.Modern, out _) } : null,
        TaskState.Failed => result.TryGetProperty("error", out var error) && IsError(error) ? report with { Outcome = new BackendReply.Error(error) } : null,
        _ => report,
    };

    private static bool IsError(JsonElement error) =>
        error.ValueKind == JsonValueKind.Object
        && error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.Number && code.TryGetInt64(out _)
        && error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String;

    private static TaskState? State(string? status) => status switch
    {
        "working" => TaskState.Working,
        "input_required" => TaskState.InputRequired,
        "completed" => TaskState.Completed,
        "failed" => TaskState.Failed,
        "cancelled" => TaskState.Cancelled,
        _ => null,
    };

    private static string? Message(JsonElement result)
    {
        if (Text(result, "statusMessage") is not { Length: > 0 } message)
            return null;
        var visible = VisibleText.Escape(message);
        if (visible.Length <= MessageCharsMax)
            return visible;
        return string.Concat(visible.AsSpan(0, char.IsHighSurrogate(visible[MessageCharsMax - 1]) ? MessageCharsMax - 1 : MessageCharsMax), "…");
    }

    private static DateTimeOffset? Time(JsonElement result, string name) =>
        Text(result, name) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)
            ? time
            : null;

    /// <returns>False where something stands there that is no number of milliseconds above 0.</returns>
    private static bool Duration(JsonElement result, string name, bool isNullable, out TimeSpan? duration)
    {
        duration = null;
        if (!result.TryGetProperty(name, out var value) || (isNullable && value.ValueKind == JsonValueKind.Null))
            return true;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetInt64(out var milliseconds) || milliseconds <= 0)
            return false;
        duration = TimeSpan.FromMilliseconds(Math.Min(milliseconds, (long)TimeSpan.FromDays(366).TotalMilliseconds));
        return true;
    }

    /// <summary>A member that is a text of valid characters; null otherwise.</summary>
    private static string? Text(JsonElement value, string name)
    {
        try
        {
            return value.TryGetProperty(name, out var found) && found.ValueKind == JsonValueKind.String ? found.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null; // Half a surrogate pair.
        }
    }
}

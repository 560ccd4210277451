using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Harness.Mcp.Proxy.Backends.Tasks;
using Harness.Mcp.Proxy.Wire;

namespace Harness.Mcp.Proxy.Enforcement.Tasks;

/// <summary>A task as its agent is shown it: under its handle, with nothing in it but what is known.</summary>
/// <param name="Lifetime">Since the task was created: no longer than it is waited for here.</param>
internal sealed record ShownTask(string Handle, TaskState State, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, TimeSpan Lifetime)
{
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public string? Message { get; init; }

    public TimeSpan? PollInterval { get; init; }

    /// <summary>What is asked of the agent; only where input is required.</summary>
    public JsonElement? Requests { get; init; }

    /// <summary>The call's result; only of a task that completed.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>The call's JSON-RPC error; only of a task that failed.</summary>
    public JsonElement? Error { get; init; }

    public bool IsOver => State is TaskState.Completed or TaskState.Failed or TaskState.Cancelled;

    public TaskAnswer.Reported ToAnswer() => new(ToJson(), IsOver) { PollInterval = PollInterval };

    public JsonElement ToJson() => WireJson.ElementOf(json =>
    {
        json.WriteStartObject();
        json.WriteString("taskId"u8, Handle);
        json.WriteString("status"u8, Status);
        if (Message is { } message)
            json.WriteString("statusMessage"u8, message);
        json.WriteString("createdAt"u8, CreatedAt.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
        json.WriteString("lastUpdatedAt"u8, UpdatedAt.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture));
        json.WriteNumber("ttlMs"u8, Milliseconds(Lifetime));
        if (PollInterval is { } interval)
            json.WriteNumber("pollIntervalMs"u8, Milliseconds(interval));
        Write(json, "inputRequests", Requests);
        WriteResult(json);
        Write(json, "error", Error);
        json.WriteEndObject();
    });

    private string Status => State switch
    {
        TaskState.Working => "working",
        TaskState.InputRequired => "input_required",
        TaskState.Completed => "completed",
        TaskState.Failed => "failed",
        _ => "cancelled",
    };

    private static long Milliseconds(TimeSpan time) => Math.Max(1, (long)time.TotalMilliseconds);

    /// <summary>It is what the call would have been answered, with the type that such an answer has.</summary>
    private void WriteResult(Utf8JsonWriter json)
    {
        if (Result is not { } result)
            return;
        json.WriteStartObject("result"u8);
        foreach (var member in result.EnumerateObject())
            Write(json, member.Name, member.Value);
        json.WriteString("resultType"u8, "complete"u8);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, JsonElement? value)
    {
        if (value is not { } found)
            return;
        json.WritePropertyName(name);
        json.WriteRawValue(JsonMarshal.GetRawUtf8Value(found), skipInputValidation: true);
    }
}

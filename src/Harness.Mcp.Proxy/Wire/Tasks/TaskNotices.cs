using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Enforcement.Tasks;

namespace Harness.Mcp.Proxy.Wire.Tasks;

/// <summary>
/// Tells on a notice stream how tasks change. Each is asked about as often as its backend suggests, like by an agent that polls; a notice is what such an agent
/// would have been answered, and only what differs from the notice before is told.
/// </summary>
internal sealed class TaskNotices(IMissionTasks tasks, TimeProvider time)
{
    private static readonly TimeSpan PauseUsual = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseLeast = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan PauseMost = TimeSpan.FromSeconds(30);

    /// <summary>The task as it stands now, where it is one that the agent may ask about.</summary>
    public async Task<TaskAnswer.Reported?> BeginAsync(AgentTask task, CancellationToken cancellationToken) =>
        await tasks.GetAsync(task, cancellationToken) as TaskAnswer.Reported;

    /// <summary>Sends a notice of the task as it stands, and one for each change, until the task is over or may not be told of.</summary>
    public async Task RunAsync(AgentTask task, TaskAnswer.Reported first, Func<JsonObject, Task> send, CancellationToken cancellationToken)
    {
        var told = "";
        for (var now = first; ;)
        {
            var seen = Digest.Of(now.Value).Value;
            if (!string.Equals(seen, told, StringComparison.Ordinal))
                await send(JsonObject.Create(now.Value)!);
            told = seen;
            if (now.IsOver)
                return;

            TaskAnswer answer;
            do
            {
                await Task.Delay(Pause(now.PollInterval), time, cancellationToken);
                answer = await tasks.GetAsync(task, cancellationToken);
            }
            while (answer is TaskAnswer.Error(var error) && IsPassing(error));
            if (answer is not TaskAnswer.Reported next)
                return;
            now = next;
        }
    }

    /// <summary>Whether only the backend, or the record, could not be asked at this moment.</summary>
    private static bool IsPassing(JsonElement error) =>
        error.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object
        && data.TryGetProperty("reason", out var reason) && reason.ValueKind == JsonValueKind.String && reason.GetString() is "backend_unavailable" or "state_unavailable";

    private static TimeSpan Pause(TimeSpan? wanted)
    {
        var pause = wanted ?? PauseUsual;
        return pause < PauseLeast ? PauseLeast : pause > PauseMost ? PauseMost : pause;
    }
}

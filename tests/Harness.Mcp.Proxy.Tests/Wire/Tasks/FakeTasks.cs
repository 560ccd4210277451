using System.Collections.Concurrent;
using System.Text.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Enforcement.Tasks;

namespace Harness.Mcp.Proxy.Tests.Wire.Tasks;

/// <summary>Tasks that a test scripts; it remembers what it was asked.</summary>
internal sealed class FakeTasks : IMissionTasks
{
    public bool AreOffered { get; set; }

    public ConcurrentQueue<(string Method, AgentTask Task, JsonElement? Responses)> Asked { get; } = [];

    /// <summary>The answer to each question, by the method.</summary>
    public Func<string, AgentTask, TaskAnswer> Answer { get; set; } = static (_, _) => new TaskAnswer.Noted();

    public static TaskAnswer.Reported Working(string handle, string? message = null) => new(
        JsonSerializer.SerializeToElement(new { taskId = handle, status = "working", statusMessage = message, createdAt = "2026-11-24T12:00:00.000Z", lastUpdatedAt = "2026-11-24T12:00:00.000Z", ttlMs = 60000 }), false)
    {
        PollInterval = TimeSpan.FromMilliseconds(1),
    };

    public static TaskAnswer.Reported Completed(string handle) => new(
        JsonSerializer.SerializeToElement(new { taskId = handle, status = "completed", createdAt = "2026-11-24T12:00:00.000Z", lastUpdatedAt = "2026-11-24T12:00:01.000Z", ttlMs = 60000, result = new { content = Array.Empty<object>() } }), true);

    public ValueTask<TaskAnswer> GetAsync(AgentTask asked, CancellationToken cancellationToken) => AnswerAsync("tasks/get", asked, null);

    public ValueTask<TaskAnswer> UpdateAsync(AgentTask asked, JsonElement responses, CancellationToken cancellationToken) => AnswerAsync("tasks/update", asked, responses);

    public ValueTask<TaskAnswer> CancelAsync(AgentTask asked, CancellationToken cancellationToken) => AnswerAsync("tasks/cancel", asked, null);

    public ValueTask<bool> AreOfferedAsync(MissionId mission, CancellationToken cancellationToken) => ValueTask.FromResult(AreOffered);

    private ValueTask<TaskAnswer> AnswerAsync(string method, AgentTask asked, JsonElement? responses)
    {
        Asked.Enqueue((method, asked, responses));
        return ValueTask.FromResult(Answer(method, asked));
    }
}

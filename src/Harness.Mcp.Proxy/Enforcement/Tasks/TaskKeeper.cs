using System.Collections.Concurrent;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Proxy.Backends.Tasks;
using Harness.Mcp.Proxy.Telemetry;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Enforcement.Tasks;

/// <summary>
/// Sees to it that no backend goes on with a task that nobody may wait for: of a mission that was stopped, whoever stopped it and wherever, and of a task
/// whose time is over. Tasks of missions that are active are left alone, also when the proxy stops: whoever opens the mission next waits for them.
/// </summary>
internal sealed class TaskKeeper(MissionGates gates, TaskEnds ends, TimeProvider time, ILogger<TaskKeeper> logger) : BackgroundService
{
    /// <summary>Longest time between a stop and the cancellations that it makes due.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>How often a backend that cannot be reached is told before the call is settled all the same.</summary>
    private const int AttemptsMax = 3;

    // One mission's slow backend holds up no other mission, and no mission is worked on twice at a time.
    private readonly ConcurrentDictionary<MissionId, Task> _work = new();

    /// <summary>Ends what is due in every mission that waits for tasks, and waits for it.</summary>
    public Task KeepAsync()
    {
        foreach (var mission in gates.Waiting)
            if (!_work.TryGetValue(mission, out var running) || running.IsCompleted)
                _work[mission] = KeepAsync(mission);
        foreach (var (mission, done) in _work)
            if (done.IsCompleted)
                _work.TryRemove(new(mission, done));
        return Task.WhenAll(_work.Values);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                _ = KeepAsync();
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The proxy stops; the next start takes up the rest.
        }
    }

    private async Task KeepAsync(MissionId mission)
    {
        try
        {
            List<(ChainCall Call, string Why)> due = [];
            await gates.Of(mission).LookAsync(
                (state, now) =>
                {
                    due.Clear();
                    var isStopped = DecisionPoint.Refuse(state, now) is not null;
                    foreach (var call in state.OpenTasks)
                        if (isStopped || call.Task!.HasExpired(now))
                            due.Add((call, isStopped ? "Its mission was stopped, so the task was cancelled." : "The task's time was over before it ended."));
                },
                CancellationToken.None);
            await Task.WhenAll(due.Select(one => EndAsync(mission, one.Call, one.Why)));
        }
        catch (Exception bug)
        {
            Log.TasksNotKept(logger, mission.Value, bug);
        }
    }

    private async Task EndAsync(MissionId mission, ChainCall call, string why)
    {
        var isTold = false;
        for (var attempt = 0; attempt < AttemptsMax && !isTold; attempt++)
        {
            if (attempt > 0)
                await Task.Delay(Period, time);
            isTold = await ends.CancelAsync(mission, call.Id, call.Tool.Id, call.Task!.Id) is not TaskReply.None;
        }

        await ends.SettleUnknownAsync(mission, call.Id, isTold ? why : $"{why} Its backend could not be told.");
    }
}

using System.Collections.Concurrent;
using Harness.Mcp.Core.Missions;
using Microsoft.Extensions.Hosting;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>
/// Sees to it that what `then` rules demand is done or said: when its time has come, and when the mission stops, whoever stopped it and
/// wherever. It looks at the missions that owe something, again and again, since other processes stop missions too.
/// </summary>
internal sealed class ObligationKeeper(MissionGates gates, Compensation compensation, TimeProvider time) : BackgroundService
{
    /// <summary>Longest time between a stop and the calls that it makes due.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // One mission's slow backend holds up no other mission, and no mission is worked on twice at a time.
    private readonly ConcurrentDictionary<MissionId, Task> _work = new();

    /// <summary>Starts what is due in every mission that owes something, and waits for it.</summary>
    public Task KeepAsync()
    {
        foreach (var mission in gates.Owing)
            if (!_work.TryGetValue(mission, out var running) || running.IsCompleted)
                _work[mission] = compensation.KeepAsync(mission);
        foreach (var (mission, done) in _work)
            if (done.IsCompleted)
                _work.TryRemove(new(mission, done));
        return Task.WhenAll(_work.Values);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Task.WhenAll(_work.Values).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
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
            // The proxy stops; what is under way ends in StopAsync, and the next start takes up the rest.
        }
    }
}

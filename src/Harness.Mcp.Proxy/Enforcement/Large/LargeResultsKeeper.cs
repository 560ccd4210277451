using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Backends.Large;
using Harness.Mcp.Proxy.Telemetry;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Enforcement.Large;

/// <summary>Removes the large results of missions that are over.</summary>
internal sealed class LargeResultsKeeper(LargeResults results, MissionGates gates, TimeProvider time, ILogger<LargeResultsKeeper> logger) : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromMinutes(1);

    /// <summary>Looks at every mission of which something is kept, once.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (var mission in results.Missions)
        {
            var isOver = false;
            var answer = await gates.Of(mission).LookAsync(
                (state, now) => isOver = state.StatusAt(now) is not (MissionStatus.Active or MissionStatus.Suspended), cancellationToken);
            if (isOver || answer is GateAnswer.NoMission)
                results.Forget(mission);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Round, time);
        try
        {
            do
            {
                try
                {
                    await SweepAsync(stoppingToken);
                }
                catch (Exception bug) when (bug is not OperationCanceledException)
                {
                    Log.LargeResultsNotSwept(logger, bug);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The next start sweeps again.
        }
    }
}

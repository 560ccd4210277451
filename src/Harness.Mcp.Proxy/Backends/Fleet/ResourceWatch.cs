using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Fleet;

/// <summary>
/// Keeps one resource watched on a mission's channel, which stays open meanwhile. A channel that ends is opened anew, with growing pauses, and a backend that
/// is described anew is followed; then whoever watches is told, since changes in between went unheard.
/// </summary>
internal sealed class ResourceWatch : IAsyncDisposable
{
    private static readonly TimeSpan PauseLeast = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseMost = TimeSpan.FromMinutes(1);

    private readonly Func<MissionChannels?> _channels;
    private readonly MissionId _mission;
    private readonly AgentInputs _declares;
    private readonly string _uri;
    private readonly Action<string> _updated;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<bool> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;

    private ResourceWatch(Func<MissionChannels?> channels, MissionId mission, AgentInputs declares, string uri, Action<string> updated, TimeProvider time) =>
        (_channels, _mission, _declares, _uri, _updated, _time) = (channels, mission, declares, uri, updated, time);

    /// <param name="channels">The channels of the backend as it is described now; null where it is not described any more.</param>
    /// <returns>Null where the backend does not agree or cannot be reached.</returns>
    public static async Task<ResourceWatch?> StartAsync(
        Func<MissionChannels?> channels, MissionId mission, AgentInputs declares, string uri, Action<string> updated, TimeProvider time, CancellationToken cancellationToken)
    {
        var watch = new ResourceWatch(channels, mission, declares, uri, updated, time);
        watch._running = Task.Run(watch.RunAsync, CancellationToken.None);
        try
        {
            if (await watch._begun.Task.WaitAsync(cancellationToken))
                return watch;
        }
        catch (OperationCanceledException)
        {
            await watch.DisposeAsync();
            throw;
        }

        await watch.DisposeAsync();
        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var pause = PauseLeast;
        try
        {
            while (true)
            {
                var wasWatched = await OnceAsync();
                if (!_begun.Task.IsCompleted)
                {
                    _begun.TrySetResult(false);
                    return;
                }

                pause = wasWatched ? PauseLeast : pause * 2 < PauseMost ? pause * 2 : PauseMost;
                await Task.Delay(pause, _time, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Nobody watches any more.
            _begun.TrySetResult(false);
        }
    }

    /// <returns>Whether the resource was watched for a while.</returns>
    private async Task<bool> OnceAsync()
    {
        try
        {
            if (_channels() is not { } channels)
                return false;
            using var lease = channels.Rent(_mission, _declares);
            return await FollowAsync(await lease.OpenAsync(_stop.Token));
        }
        catch (Exception failure) when (failure is WireException or ObjectDisposedException || (failure is OperationCanceledException && !_stop.IsCancellationRequested))
        {
            return false; // The backend cannot be reached, or was retired at this moment.
        }
    }

    private async Task<bool> FollowAsync(BackendChannel channel)
    {
        if (channel is not { Offers.Updates: true, Updates: { } updates })
            return false;
        await updates.AddAsync(_uri, _updated, _stop.Token);
        try
        {
            if (!_begun.TrySetResult(true))
                _updated(_uri);
            await channel.Ended.WaitAsync(_stop.Token);
            return true;
        }
        finally
        {
            if (!channel.Ended.IsCompleted)
                await updates.RemoveAsync(_uri, _updated);
        }
    }
}

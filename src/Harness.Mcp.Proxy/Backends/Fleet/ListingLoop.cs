using System.Threading.Channels;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Backends.Wire;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Backends.Fleet;

/// <summary>
/// Keeps one channel to the backend open to know its tools and what else it lists: after connecting, when the backend says that a list changed
/// (at most twice a second, whatever it sends) and now and then anyway. It is also the probe that finds a dead backend alive again.
/// </summary>
internal sealed class ListingLoop(
    BackendId id, BackendLimits limits, ChannelOpener opener, TimeProvider time, ILogger logger) : IWireReceiver
{
    private static readonly TimeSpan BetweenLists = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AfterBug = TimeSpan.FromSeconds(5);

    private readonly Channel<bool> _changes =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private int _changed = (int)ListKinds.All;
    private readonly TaskCompletionSource _firstAttempt = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the first attempt to connect and list is over, however it went.</summary>
    public Task FirstAttempt => _firstAttempt.Task;

    public required Action<BackendListing> Listed { get; init; }

    /// <summary>Told what is wrong with the backend, or null while nothing is.</summary>
    public required Action<string?> StateChanged { get; init; }

    public void OnListChanged(ListKinds kinds)
    {
        Interlocked.Or(ref _changed, (int)kinds);
        _changes.Writer.TryWrite(true);
    }

    public void OnResourceUpdated(string uri)
    {
        // Nobody subscribes on behalf of the lists.
    }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (!cancellationToken.IsCancellationRequested)
                await AttemptAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        finally
        {
            _firstAttempt.TrySetResult();
        }
    }

    private async Task AttemptAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var channel = await opener.OpenAsync(this, cancellationToken);
            await FollowAsync(channel, cancellationToken);
            Fail(await channel.Ended);
        }
        catch (WireException failure)
        {
            Fail(failure.Message);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            BackendLog.SupervisionFailed(logger, id, failure);
            opener.Backoff.Failed();
            await Task.Delay(AfterBug, time, cancellationToken);
        }

        _firstAttempt.TrySetResult();

        // A delay counts whole milliseconds, rounded down: one more, so that the circuit is not asked too early.
        var wait = opener.Backoff.Wait + TimeSpan.FromMilliseconds(1);
        await Task.Delay(wait > BetweenLists ? wait : BetweenLists, time, cancellationToken);
    }

    private async Task FollowAsync(BackendChannel channel, CancellationToken cancellationToken)
    {
        var opened = time.GetTimestamp();
        Interlocked.Or(ref _changed, (int)ListKinds.All);
        channel.ListenForChanges(cancellationToken);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _ = CancelAtEndAsync(channel, ended);
        while (!channel.Ended.IsCompleted)
        {
            await ListAsync(channel, cancellationToken);
            _firstAttempt.TrySetResult();
            try
            {
                await Task.Delay(BetweenLists, time, ended.Token);
                await WaitForReasonToListAsync(opened, ended.Token);
            }
            catch (OperationCanceledException) when (channel.Ended.IsCompleted && !cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static async Task CancelAtEndAsync(BackendChannel channel, CancellationTokenSource ended)
    {
        await channel.Ended;
        try
        {
            await ended.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // Nobody waits any more.
        }
    }

    private async Task ListAsync(BackendChannel channel, CancellationToken cancellationToken)
    {
        try
        {
            var kinds = (ListKinds)Interlocked.Exchange(ref _changed, 0);
            var listing = await new ListReading(id, channel, limits, logger).ReadAsync(kinds, cancellationToken);
            Listed(listing);
            StateChanged(null);
            if (listing.Tools is { } tools)
                BackendLog.BackendConnected(logger, id, channel.Era.ProtocolVersion, tools.Length);
        }
        catch (WireException) when (!channel.Ended.IsCompleted)
        {
            opener.Backoff.Failed();
            throw;
        }
    }

    /// <summary>Waits for a change notice or the time to list anyway, and meanwhile notes when the connection has lasted.</summary>
    private async Task WaitForReasonToListAsync(long opened, CancellationToken cancellationToken)
    {
        var change = _changes.Reader.WaitToReadAsync(cancellationToken).AsTask();
        var left = limits.Relist;
        while (left > TimeSpan.Zero && !change.IsCompleted)
        {
            var untilSustained = ConnectBackoff.SustainedUptime - time.GetElapsedTime(opened);
            var slice = untilSustained > TimeSpan.Zero && untilSustained < left ? untilSustained : left;
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(change, Task.Delay(slice, time, over.Token));
            await over.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            left -= slice;
            if (time.GetElapsedTime(opened) >= ConnectBackoff.SustainedUptime)
                opener.Backoff.Reset();
        }

        // Where nobody said what changed, everything may have.
        if (!_changes.Reader.TryRead(out _))
            Interlocked.Or(ref _changed, (int)ListKinds.All);
    }

    private void Fail(string why)
    {
        StateChanged(why);
        BackendLog.BackendFailed(logger, id, why, Math.Round(opener.Backoff.Wait.TotalSeconds, 1));
    }
}

using Harness.Mcp.Proxy.Backends.Fleet;
using Harness.Mcp.Proxy.Backends.Wire;
using Harness.Mcp.TestKit.Backends;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

public class CrashLoopTests
{
    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    public async Task BackendThatEndsAtOnce_IsStartedAtMost15TimesInTenMinutes_AndHealsWithinOne(double jitter)
    {
        var time = new ManualTime();
        var backoff = new ConnectBackoff(time, () => jitter);
        var starts = 0;
        var waitMost = TimeSpan.Zero;

        for (var end = time.GetUtcNow() + TimeSpan.FromMinutes(10); time.GetUtcNow() < end; await time.AdvanceAsync(backoff.Wait, () => Task.CompletedTask))
        {
            Assert.True(backoff.TryBegin());
            Assert.False(starts > 0 && backoff.TryBegin());
            starts++;
            backoff.Failed();
            waitMost = backoff.Wait > waitMost ? backoff.Wait : waitMost;
        }

        Assert.InRange(starts, 10, 15);
        Assert.True(waitMost <= TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task BackendThatGreetsAndDies_DoesNotCountAsHealed_UntilItLasted()
    {
        var time = new ManualTime();
        var backoff = new ConnectBackoff(time, () => 0);
        backoff.Failed();
        backoff.Failed();
        var before = backoff.Wait;
        await time.AdvanceAsync(before, () => Task.CompletedTask);

        Assert.True(backoff.TryBegin());
        backoff.Succeeded();
        backoff.Ended(TimeSpan.FromSeconds(2));
        var afterCrash = backoff.Wait;
        backoff.Ended(ConnectBackoff.SustainedUptime);
        var afterLongLife = backoff.Wait;

        Assert.True(afterCrash > before);
        Assert.True(afterLongLife < before);
    }

    [Fact]
    public async Task Listing_OpensTheWire_AtMost15TimesInTenSimulatedMinutes()
    {
        var time = new ManualTime();
        var starts = 0;
        var config = Opened.Config("crashing", Opened.Stdio(new Script()));
        Task<IWire> Crash(object? _, IWireReceiver receiver, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref starts);
            throw new WireException("It ended at once.");
        }

        var opener = new ChannelOpener(config, Crash, time, NullLogger.Instance);
        var listing = new ListingLoop(config.Id, config.Limits, opener, time, NullLogger.Instance) { Listed = _ => { }, StateChanged = _ => { } };
        using var stop = new CancellationTokenSource();
        var running = Task.Run(() => listing.RunAsync(stop.Token), TestContext.Current.CancellationToken);

        await time.AdvanceAsync(TimeSpan.FromMinutes(10), async () =>
        {
            // The loop has come to rest when it waits for a moment that lies ahead.
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            while (time.NextDue is not { } due || due <= time.GetUtcNow())
                await Task.Delay(1, limit.Token);
        });
        await stop.CancelAsync();
        await running;

        Assert.InRange(starts, 10, 15);
    }
}

using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

public sealed class PatienceTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Fact]
    public void Wait_IsNotOver_WhenTheCallerOfAnEarlierOneCancels()
    {
        using var earlier = new CancellationTokenSource();
        new Patience(Long, Long, TimeProvider.System, earlier.Token).Dispose();
        using var later = new Patience(Long, Long, TimeProvider.System, CancellationToken.None);

        earlier.Cancel();

        Assert.False(later.Over.IsCancellationRequested);
    }

    [Fact]
    public async Task Wait_HasItsOwnTime_AndNotThatOfAnEarlierOne()
    {
        var hurried = new Patience(TimeSpan.FromMilliseconds(50), Long, TimeProvider.System, CancellationToken.None);
        hurried.Dispose();
        using var later = new Patience(Long, Long, TimeProvider.System, CancellationToken.None);

        hurried.Heard();
        await Task.Delay(200, TestContext.Current.CancellationToken);

        Assert.False(later.Over.IsCancellationRequested);
    }

    [Fact]
    public async Task Wait_IsOver_WhenTheBackendIsQuietForTooLong()
    {
        var time = new ManualTime();
        using var patience = new Patience(Long, TimeSpan.FromSeconds(10), time, CancellationToken.None);

        await time.AdvanceAsync(TimeSpan.FromSeconds(9), Nothing);
        patience.Heard();
        await time.AdvanceAsync(TimeSpan.FromSeconds(9), Nothing);
        var wasOver = patience.Over.IsCancellationRequested;
        await time.AdvanceAsync(TimeSpan.FromSeconds(1), Nothing);

        Assert.False(wasOver);
        Assert.True(patience.Over.IsCancellationRequested);
    }

    private static Task Nothing() => Task.CompletedTask;
}

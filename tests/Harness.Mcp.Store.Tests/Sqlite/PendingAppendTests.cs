using Harness.Mcp.Store.Chains;
using Harness.Mcp.Store.Sqlite;
using Xunit;

namespace Harness.Mcp.Store.Tests.Sqlite;

public sealed class PendingAppendTests
{
    private readonly PendingAppend _append = new(AppendRequest.Of(Given.Mission(), 0, Given.Chain(Given.Mission(), 1)));

    [Fact]
    public async Task Cancel_IsIgnored_OnceTheWriterHasIt()
    {
        Assert.True(_append.Claim());

        _append.Cancel(new CancellationToken(canceled: true));
        _append.Answer(new AppendResult.Appended());

        Assert.IsType<AppendResult.Appended>(await _append.Done);
    }

    [Fact]
    public async Task Claim_Fails_OnceTheCallerGaveUp()
    {
        _append.Cancel(new CancellationToken(canceled: true));

        Assert.False(_append.Claim());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _append.Done);
    }

    [Fact]
    public async Task TimeOut_SaysNothingWasWritten_WhileItWaits()
    {
        _append.TimeOut(TimeSpan.FromMilliseconds(10));

        Assert.False(_append.Claim());
        Assert.Contains("Nothing was written", Assert.IsType<AppendResult.Unavailable>(await _append.Done).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TimeOut_SaysItIsUncertain_OnceTheWriterHasIt()
    {
        Assert.True(_append.Claim());

        _append.TimeOut(TimeSpan.FromMilliseconds(10));

        Assert.Contains("may still be written", Assert.IsType<AppendResult.Unavailable>(await _append.Done).Why, StringComparison.Ordinal);
    }
}

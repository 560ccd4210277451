using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Proxy.Backends;
using Xunit;
using static Harness.Mcp.Proxy.Tests.Enforcement.EnforcementWorld;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

public sealed class UndeliveredAnswerTests
{
    [Fact]
    public async Task Effect_WhoseAnswerWasMissed_IsNotRepeated_AndTheAnswerIsGivenOnce()
    {
        var world = await WithAsync(TwoWrites);
        world.Backend.Reply = (call, _) => ValueTask.FromResult<BackendReply>(RecordingBackend.Text($"written {world.Backend.Calls.Count}"));
        var missed = await world.CallAsync("notes_write", "x");
        world.Enforcer.Undelivered(missed);

        var again = await world.CallAsync("notes_write", "x");
        var meantTwice = await world.CallAsync("notes_write", "x");

        Assert.Equal(TextOf(missed), TextOf(again));
        Assert.NotEqual(TextOf(missed), TextOf(meantTwice));
        Assert.Equal(2, world.Backend.Calls.Count);
        var told = Assert.Single((await world.ChainAsync()).Select(link => link.Body).OfType<LinkBody.CallRefused>());
        Assert.Equal(ReasonCode.Duplicate, told.Denial.Reason);
        Assert.Equal([2], told.Denial.Because);
    }

    [Fact]
    public async Task OtherEffects_AndReads_AreCarriedOut()
    {
        var world = await WithAsync(TwoWrites);
        world.Enforcer.Undelivered(await world.CallAsync("notes_write", "x"));
        world.Enforcer.Undelivered(await world.CallAsync("notes_read", "x"));

        await world.CallAsync("notes_write", "y");
        await world.CallAsync("notes_read", "x");

        Assert.Equal(4, world.Backend.Calls.Count);
    }

    [Fact]
    public async Task MissionThatWasStopped_GivesNothingAgain()
    {
        var world = await WithAsync(TwoWrites);
        world.Enforcer.Undelivered(await world.CallAsync("notes_write", "x"));
        await world.AppendAsync(new LinkBody.MissionSuspended("operator", "stop"));

        var again = await world.CallAsync("notes_write", "x");

        Assert.Equal(ReasonCode.MissionSuspended.Value, ReasonOf(again));
    }
}

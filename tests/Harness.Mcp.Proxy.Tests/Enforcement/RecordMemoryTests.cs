using Harness.Mcp.Store;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

public sealed class RecordMemoryTests
{
    [Fact]
    public async Task Records_AreGivenBack_OnceTheyAreOnTheChain()
    {
        var world = await EnforcementWorld.WithAsync(EnforcementWorld.TwoWrites);
        var seen = Watch(world);

        await world.CallAsync("notes_write");

        Assert.Equal(2, seen.Count);
        Assert.All(seen, link => Assert.True(link.Bytes.IsEmpty));
    }

    [Fact]
    public async Task Records_AreNotGivenBack_WhileTheStoreMayStillReadThem()
    {
        var world = await EnforcementWorld.WithAsync(EnforcementWorld.TwoWrites);
        await world.CallAsync("notes_write");
        var seen = Watch(world);

        world.Store.IsDown = true;
        await world.CallAsync("notes_write");

        Assert.All(seen, link => Assert.False(link.Bytes.IsEmpty));
        Assert.NotEmpty(seen);
    }

    private static List<SealedLink> Watch(EnforcementWorld world)
    {
        var seen = new List<SealedLink>();
        world.Store.BeforeAppend = links =>
        {
            seen.AddRange(links);
            return Task.CompletedTask;
        };
        return seen;
    }
}

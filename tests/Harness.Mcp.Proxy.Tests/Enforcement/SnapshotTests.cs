using System.Text;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Store;
using Harness.Mcp.Store.Chains;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

/// <summary>A start from a snapshot must know what a start from the first link knows, and a snapshot that cannot be used must do no harm.</summary>
public sealed class SnapshotTests
{
    private const int Reads = 600;

    [Fact]
    public async Task Start_ReadsTheLinksAfterTheSnapshot_AndRemembersWhatCameBefore()
    {
        var world = await LongAsync();
        world.Store.LinksRead = 0;

        var restarted = world.NewProcess();
        var second = await EnforcementWorld.CallAsync(restarted, "notes_write", "2");
        var read = world.Store.LinksRead;
        var third = await EnforcementWorld.CallAsync(restarted, "notes_write", "3");

        Assert.InRange(read, 1, 400);
        Assert.Null(Reason(second));
        Assert.Equal("budget_exhausted", Reason(third));
    }

    [Theory]
    [InlineData("another program")]
    [InlineData("another chain")]
    [InlineData("links that are not there")]
    [InlineData("a later version")]
    public async Task Start_FoldsTheChain_WhereTheSnapshotIsOf(string what)
    {
        var world = await LongAsync();
        var (snapshot, head) = await KeptAsync(world);
        var (mission, version, links, state) = snapshot;
        var forged = what switch
        {
            "another program" => new KeptSnapshot(new MissionSnapshot(mission, version + 1, links, Encoding.UTF8.GetBytes("something else")), await DigestAsync(world, version + 1)),
            "another chain" => new KeptSnapshot(new MissionSnapshot(mission, version + 1, links, state), head),
            "links that are not there" => new KeptSnapshot(new MissionSnapshot(mission, version + 1, [.. links, 100_000], state), head),
            _ => new KeptSnapshot(new MissionSnapshot(mission, version + 1, links, state), await DigestAsync(world, version + 1)),
        };
        await world.Store.KeepSnapshotAsync(forged, CancellationToken.None);
        Assert.Equal(version + 1, (await KeptAsync(world)).Snapshot.Version);
        world.Store.LinksRead = 0;

        var restarted = world.NewProcess();
        var second = await EnforcementWorld.CallAsync(restarted, "notes_write", "2");
        var third = await EnforcementWorld.CallAsync(restarted, "notes_write", "3");

        Assert.InRange(world.Store.LinksRead, (Reads * 2) + 3, long.MaxValue);
        Assert.Null(Reason(second));
        Assert.Equal("budget_exhausted", Reason(third));
    }

    [Fact]
    public async Task RulesThatCameAfterTheSnapshot_RememberTheChainFromItsStart()
    {
        var world = await LongAsync();

        var restarted = world.NewProcess();
        world.Rules.Guardrails("""
            owner: security@corp.example
            rules:
              - { id: one-write, on: ["effect:write"], budget: { max: 1 } }
            """);
        var second = await EnforcementWorld.CallAsync(restarted, "notes_write", "2");
        var later = await EnforcementWorld.CallAsync(world.NewProcess(), "notes_write", "2");

        Assert.Equal("budget_exhausted", Reason(second));
        Assert.Equal("budget_exhausted", Reason(later));
    }

    /// <summary>One write, then so many reads that a snapshot is kept.</summary>
    private static async Task<EnforcementWorld> LongAsync()
    {
        var world = await EnforcementWorld.WithAsync(EnforcementWorld.TwoWrites);
        Assert.Null(Reason(await world.CallAsync("notes_write", "1")));
        for (var call = 0; call < Reads; call++)
            await world.CallAsync("notes_read");
        Assert.InRange((await KeptAsync(world)).Snapshot.Version, 1_000, 1_001);
        return world;
    }

    private static async Task<KeptSnapshot> KeptAsync(EnforcementWorld world)
    {
        // Nobody waits for it, so a test must.
        for (var attempt = 0; attempt < 500; attempt++)
        {
            if (await world.Store.ReadSnapshotAsync(EnforcementWorld.Mission, CancellationToken.None) is { } kept)
                return kept;
            await Task.Delay(10);
        }

        throw new InvalidOperationException("No snapshot was kept.");
    }

    private static async Task<Digest> DigestAsync(EnforcementWorld world, long version) =>
        ((ReadResult.Found)await world.Store.Inner.ReadAsync(EnforcementWorld.Mission, version - 1, 1, CancellationToken.None)).Links[0].Digest;

    private static string? Reason(CallAnswer answer) =>
        answer is CallAnswer.Result(var result) && result.TryGetProperty("structuredContent", out var content) && content.TryGetProperty("reason", out var reason)
            ? reason.GetString()
            : null;
}

using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Xunit;
using static Harness.Mcp.Proxy.Tests.Enforcement.EnforcementWorld;

namespace Harness.Mcp.Proxy.Tests.Enforcement;

/// <summary>Refusals narrow a mission, then stop it, by links that the proxy writes itself.</summary>
public sealed class DenialLimitTests
{
    private const string Strict = TwoWrites + "\ndenials: { narrow: 2, stop: 3 }";

    [Fact]
    public async Task Refusals_NarrowTheMission_ThenStopIt()
    {
        var world = await WithAsync(Strict);
        await world.CallAsync("notes_erase");
        await world.CallAsync("notes_guess");

        Assert.Equal("mission_narrowed", ReasonOf(await world.CallAsync("notes_write")));
        Assert.Equal("mission_suspended", ReasonOf(await world.CallAsync("notes_read")));

        var chain = (await world.ChainAsync()).Select(link => link.Body).ToList();
        Assert.Equal(["MissionOpened", "CallRefused", "CallRefused", "CallRefused", "MissionSuspended", "CallRefused"], chain.Select(body => body.GetType().Name));
        Assert.Equal("harness", ((LinkBody.MissionSuspended)chain[4]).By);
        Assert.Empty(world.Backend.Calls);
    }

    [Fact]
    public async Task Mission_GoesOn_WhenAPersonResumesIt()
    {
        var world = await WithAsync(Strict);
        for (var call = 0; call < 3; call++)
            await world.CallAsync("notes_erase");
        Assert.Equal("mission_suspended", ReasonOf(await world.CallAsync("notes_write")));

        await world.AppendAsync(new LinkBody.MissionResumed("ana", "looked"));

        Assert.Null(ReasonOf(await world.CallAsync("notes_write")));
    }

    [Fact]
    public async Task ManyRefusalsAtOnce_StopTheMission_Once()
    {
        var world = await WithAsync(Strict);

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(call => world.CallAsync(call % 2 == 0 ? "notes_erase" : "notes_guess")));

        Assert.Equal(3, answers.Count(answer => ReasonOf(answer) == ReasonCode.ToolNotGranted.Value));
        Assert.Equal(37, answers.Count(answer => ReasonOf(answer) == ReasonCode.MissionSuspended.Value));
        Assert.Single((await world.ChainAsync()).Select(link => link.Body).OfType<LinkBody.MissionSuspended>());
    }

    [Fact]
    public async Task LimitThatWasReachedBeforeItWasSet_StopsTheMission()
    {
        var world = await WithAsync(TwoWrites);
        for (var call = 0; call < 3; call++)
            await world.CallAsync("notes_erase");
        Assert.Null(ReasonOf(await world.CallAsync("notes_write")));

        world.Rules.Guardrails("owner: security@corp.example\ndenials: { stop: 3 }");

        Assert.Equal("mission_suspended", ReasonOf(await world.CallAsync("notes_read")));
        Assert.Contains((await world.ChainAsync()).Select(link => link.Body), body => body is LinkBody.MissionSuspended { By: "harness" });
    }
}

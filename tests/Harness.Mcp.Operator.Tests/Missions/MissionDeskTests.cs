using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Operator.Missions;
using Harness.Mcp.Store.Memory;
using Harness.Mcp.Store.Verification;
using Xunit;

namespace Harness.Mcp.Operator.Tests.Missions;

public sealed class MissionDeskTests : IAsyncDisposable
{
    private readonly ManualClock _clock = new();
    private readonly MemoryChainStore _store;
    private readonly MissionDesk _desk;

    public MissionDeskTests()
    {
        _store = new MemoryChainStore(_clock);
        _desk = new MissionDesk(_store);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Open_WritesTheFirstLink_OfAnUnguessableId()
    {
        var mission = await Given.OpenAsync(_store);

        var link = Assert.Single(await Given.LinksAsync(_store, mission));
        var opened = Assert.IsType<LinkBody.MissionOpened>(link.Body);
        Assert.Matches("^watch-[a-z2-7]{10}$", mission.Value);
        Assert.Equal("ana", opened.By);
        Assert.Equal(link.Time.AddHours(2), opened.ExpiresAt);
        Assert.Equal(Digest.Zero, link.Previous);
    }

    [Fact]
    public async Task Open_IsRefused_ForAnInputTheTemplateDoesNotKnow()
    {
        var answer = await _desk.OpenAsync(Given.Template, [new("ticket", "TCK-1000")], "ana", Token);

        Assert.Contains("ticket", Assert.Single(Assert.IsType<OpenAnswer.Refused>(answer).Problems).ToString(), StringComparison.Ordinal);
        Assert.Empty(Assert.IsType<Store.ListResult.Found>(await _store.ListAsync(Token)).Missions);
    }

    [Fact]
    public async Task Commands_AreLinks_ThatMakeAWholeChain()
    {
        var mission = await Given.OpenAsync(_store);

        Assert.Equal(new CommandAnswer.Done(MissionStatus.Suspended, 2), await _desk.SuspendAsync(mission, "ana", "look first", Token));
        Assert.Equal(new CommandAnswer.Done(MissionStatus.Active, 3), await _desk.ResumeAsync(mission, "bo", "", Token));
        Assert.Equal(new CommandAnswer.Done(MissionStatus.Completed, 4), await _desk.CompleteAsync(mission, "ana", "done", Token));

        var links = await Given.LinksAsync(_store, mission);
        Assert.Equal(new LinkBody.MissionSuspended("ana", "look first"), links[1].Body);
        Assert.Equal(new LinkBody.MissionResumed("bo", ""), links[2].Body);
        Assert.Equal(new LinkBody.MissionCompleted("ana", "done"), links[3].Body);
        Assert.IsType<ChainFinding.Whole>(await ChainVerifier.VerifyAsync(_store, mission, Token));
    }

    [Fact]
    public async Task Commands_AreNotPossible_InAnotherState()
    {
        var active = await Given.OpenAsync(_store);
        var suspended = await Given.OpenAsync(_store);
        await _desk.SuspendAsync(suspended, "ana", "", Token);
        var revoked = await Given.OpenAsync(_store);
        await _desk.RevokeAsync(revoked, "ana", "", Token);

        await MustRefuse(MissionStatus.Active, _desk.ResumeAsync(active, "ana", "", Token));
        await MustRefuse(MissionStatus.Suspended, _desk.SuspendAsync(suspended, "ana", "", Token));
        await MustRefuse(MissionStatus.Revoked, _desk.ResumeAsync(revoked, "ana", "", Token));
        await MustRefuse(MissionStatus.Revoked, _desk.CompleteAsync(revoked, "ana", "", Token));
        Assert.Equal(2, (await Given.LinksAsync(_store, revoked)).Count);
        Assert.IsType<CommandAnswer.Done>(await _desk.RevokeAsync(suspended, "ana", "", Token));
    }

    [Fact]
    public async Task Commands_AreNotPossible_OnceTheMissionExpired()
    {
        var mission = await Given.OpenAsync(_store, Given.ShortTemplate);
        _clock.Advance(TimeSpan.FromSeconds(1));

        await MustRefuse(MissionStatus.Expired, _desk.SuspendAsync(mission, "ana", "", Token));
        await MustRefuse(MissionStatus.Expired, _desk.RevokeAsync(mission, "ana", "", Token));
    }

    [Fact]
    public async Task Command_IsJudgedAgain_WhenCallsComeFirst()
    {
        var mission = await Given.OpenAsync(_store);
        var busy = new RivalStore(_store, 5, id => Given.AppendAsync(_store, id, Given.Refused()));

        var answer = await new MissionDesk(busy).SuspendAsync(mission, "ana", "", Token);

        Assert.Equal(new CommandAnswer.Done(MissionStatus.Suspended, 7), answer);
        Assert.IsType<ChainFinding.Whole>(await ChainVerifier.VerifyAsync(_store, mission, Token));
    }

    [Fact]
    public async Task Command_IsNotPossible_WhenARivalEndedTheMissionFirst()
    {
        var mission = await Given.OpenAsync(_store);
        var busy = new RivalStore(_store, 1, id => Given.AppendAsync(_store, id, new LinkBody.MissionRevoked("bo", "")));

        await MustRefuse(MissionStatus.Revoked, new MissionDesk(busy).SuspendAsync(mission, "ana", "", Token));
    }

    [Fact]
    public async Task Command_GivesUp_WhenCallsAlwaysComeFirst()
    {
        var mission = await Given.OpenAsync(_store);
        var busy = new RivalStore(_store, int.MaxValue, id => Given.AppendAsync(_store, id, Given.Refused()));

        var answer = await new MissionDesk(busy).SuspendAsync(mission, "ana", "", Token);

        Assert.Contains("busy", Assert.IsType<CommandAnswer.Unavailable>(answer).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_NeverGoesBackInTime()
    {
        var mission = await Given.OpenAsync(_store);
        await Given.AppendAsync(new RivalStore(_store, 0, _ => Task.CompletedTask), mission, Given.Refused());
        var links = await Given.LinksAsync(_store, mission);
        var later = Store.LinkCodec.Seal(new Link(
            mission, 3, links[1].Time.AddMinutes(5), Store.LinkCodec.Seal(links[1]).Digest, Given.Refused()));
        await _store.AppendAsync(mission, 2, [later], Token);

        await _desk.SuspendAsync(mission, "ana", "", Token);

        Assert.Equal(later.Link.Time, (await Given.LinksAsync(_store, mission))[^1].Time);
    }

    [Fact]
    public async Task Command_SaysUnknown_ForNoSuchMission()
    {
        Assert.IsType<CommandAnswer.UnknownMission>(await _desk.RevokeAsync(new MissionId("watch-aaaaaaaaaa"), "ana", "", Token));
    }

    [Fact]
    public async Task Command_SaysUnavailable_WithoutTheStore()
    {
        var mission = await Given.OpenAsync(_store);
        await _store.DisposeAsync();

        Assert.IsType<CommandAnswer.Unavailable>(await _desk.RevokeAsync(mission, "ana", "", Token));
        Assert.IsType<OpenAnswer.Unavailable>(await _desk.OpenAsync(Given.Template, [], "ana", Token));
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private static async Task MustRefuse(MissionStatus status, ValueTask<CommandAnswer> command)
    {
        var answer = Assert.IsType<CommandAnswer.NotPossible>(await command);
        Assert.Equal(status, answer.Status);
    }
}

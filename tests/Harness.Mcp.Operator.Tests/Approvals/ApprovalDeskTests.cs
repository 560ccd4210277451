using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Operator.Approvals;
using Harness.Mcp.Operator.Missions;
using Harness.Mcp.Operator.Tests.Missions;
using Harness.Mcp.Store.Memory;
using Harness.Mcp.Store.Verification;
using Xunit;

namespace Harness.Mcp.Operator.Tests.Approvals;

public sealed class ApprovalDeskTests : IAsyncDisposable
{
    private readonly ManualClock _clock = new();
    private readonly MemoryChainStore _store;
    private readonly ApprovalDesk _desk;

    public ApprovalDeskTests()
    {
        _store = new MemoryChainStore(_clock);
        _desk = new ApprovalDesk(_store);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Grant_IsALink_InTheNameOfWhomTheRequestAsks()
    {
        var request = await ParkAsync();

        Assert.Equal(new CommandAnswer.Done(MissionStatus.Active, 3), await _desk.GrantAsync(request, "soc-lead", "seen", Token));

        Assert.Equal(new LinkBody.ApprovalGranted(2, "soc-lead", "seen"), (await Given.LinksAsync(_store, request.Mission))[^1].Body);
        Assert.Equal(ApprovalStatus.Granted, Assert.Single((await _desk.ListAsync(Token)).Open).Open.Status);
        Assert.IsType<ChainFinding.Whole>(await ChainVerifier.VerifyAsync(_store, request.Mission, Token));
    }

    [Fact]
    public async Task Answer_IsNotPossible_InTheNameOfAnybodyElse()
    {
        var request = await ParkAsync();

        await MustRefuseAsync("does not ask `ana`. It asks `soc-lead`", _desk.GrantAsync(request, "ana", "", Token));
        await MustRefuseAsync("does not ask `SOC-LEAD`", _desk.RefuseAsync(request, "SOC-LEAD", "", Token));
        Assert.Equal(2, (await Given.LinksAsync(_store, request.Mission)).Count);
    }

    [Fact]
    public async Task Answer_IsNotPossible_Twice_ButARefusalTakesAGrantBack()
    {
        var request = await ParkAsync();
        await _desk.GrantAsync(request, "soc-lead", "", Token);

        await MustRefuseAsync("approved already", _desk.GrantAsync(request, "soc-lead", "", Token));
        Assert.IsType<CommandAnswer.Done>(await _desk.RefuseAsync(request, "soc-lead", "", Token));
        await MustRefuseAsync("refused already", _desk.GrantAsync(request, "soc-lead", "", Token));
    }

    [Fact]
    public async Task Request_IsGone_WhenItExpired()
    {
        var request = await ParkAsync();
        _clock.Advance(TimeSpan.FromMinutes(10));

        await MustRefuseAsync("no open request", _desk.GrantAsync(request, "soc-lead", "", Token));
        Assert.IsType<ApprovalAnswer.NotOpen>(await _desk.ShowAsync(request, Token));
        Assert.Empty((await _desk.ListAsync(Token)).Open);
    }

    [Fact]
    public async Task Request_IsGone_WhenItsMissionStopped()
    {
        var request = await ParkAsync();
        await new MissionDesk(_store).SuspendAsync(request.Mission, "ana", "", Token);

        await MustRefuseAsync("does not go on", _desk.GrantAsync(request, "soc-lead", "", Token));
        await new MissionDesk(_store).ResumeAsync(request.Mission, "ana", "", Token);
        await MustRefuseAsync("no open request", _desk.GrantAsync(request, "soc-lead", "", Token));
    }

    [Fact]
    public async Task Answer_IsJudgedAgain_WhenAnotherCameFirst()
    {
        var request = await ParkAsync();
        var busy = new RivalStore(_store, 1, id => Given.AppendAsync(_store, id, new LinkBody.ApprovalRefused(2, "soc-lead", "")));

        await MustRefuseAsync("refused already", new ApprovalDesk(busy).GrantAsync(request, "soc-lead", "", Token));
    }

    [Fact]
    public async Task Report_ShowsTheArguments_WholeAndCanonical()
    {
        var request = await ParkAsync("""{ "user" : "u-\u0031",  "a": [1.50, "\u202e"], "\ud800": 1 }""");

        var report = Assert.IsType<ApprovalAnswer.Found>(await _desk.ShowAsync(request, Token)).Report;

        Assert.Equal([
                KeyValuePair.Create("\"\\ud800\"", "1"), KeyValuePair.Create("\"a\"", "[1.5,\"\u202e\"]"), KeyValuePair.Create("\"user\"", "\"u-1\""),
            ], report.Arguments);
        Assert.Equal("Look at the accounts of one department.", report.Objective);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    /// <summary>A call that waits for `soc-lead`, for ten minutes.</summary>
    private async Task<ApprovalId> ParkAsync(string arguments = """{"user":"u-1"}""")
    {
        var mission = await Given.OpenAsync(_store);
        var tool = new ToolFacts { Id = new ToolId(new BackendId("directory"), "disable_user"), Domain = "identity", Effect = Effect.Write, Definition = Digest.Zero };
        var agent = new AgentId("soc-responder");
        var json = System.Text.Json.JsonElement.Parse(arguments);
        await Given.AppendAsync(_store, mission, new LinkBody.ApprovalRequested(
            new CallId(Guid.CreateVersion7()), agent, tool, json, ApprovalBinding.Of(mission, agent, tool, Digest.Of(json), Digest.Zero),
            [new ApprovalAsk(new RuleId("grants[0]"), "A person must approve this call first.", ["soc-lead"])], [], _store.Now.AddMinutes(10), Digest.Zero, RequestTrace.None));
        return new ApprovalId(mission, 2);
    }

    private static async Task MustRefuseAsync(string why, ValueTask<CommandAnswer> answer) =>
        Assert.Contains(why, Assert.IsType<CommandAnswer.NotPossible>(await answer).Why, StringComparison.Ordinal);
}

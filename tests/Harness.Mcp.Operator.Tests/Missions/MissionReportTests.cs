using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Operator.Missions;
using Harness.Mcp.Store;
using Harness.Mcp.Store.Memory;
using Xunit;

namespace Harness.Mcp.Operator.Tests.Missions;

public sealed class MissionReportTests : IAsyncDisposable
{
    private readonly ManualClock _clock = new();
    private readonly MemoryChainStore _store;

    public MissionReportTests() => _store = new MemoryChainStore(_clock);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Report_TellsHowTheMissionStands()
    {
        var mission = await Given.OpenAsync(_store);
        var settled = new CallId(Guid.CreateVersion7());
        var pending = new CallId(Guid.CreateVersion7());
        await Given.AppendAsync(_store, mission, Given.Admitted(settled));
        await Given.AppendAsync(_store, mission, Given.Settled(settled));
        await Given.AppendAsync(_store, mission, Given.Refused());
        await Given.AppendAsync(_store, mission, Given.Admitted(pending));
        _clock.Advance(TimeSpan.FromMinutes(1));
        await new MissionDesk(_store).SuspendAsync(mission, "bo", "look", Token);

        var report = Assert.IsType<ReportAnswer.Found>(await MissionReport.ReadAsync(_store, mission, Token)).Report;

        Assert.Equal(MissionStatus.Suspended, report.Status);
        Assert.Equal("watch", report.Template);
        Assert.Equal("ana", report.OpenedBy);
        Assert.Equal((6, 2, 1), (report.Links, report.Admitted, report.Refused));
        Assert.Equal(pending, Assert.Single(report.Pending).Id);
        Assert.Equal(new MissionChange(report.Opened.AddMinutes(1), "bo", "look"), report.Changed);
    }

    [Fact]
    public async Task Report_SaysExpired_ByTheClockAlone()
    {
        var mission = await Given.OpenAsync(_store, Given.ShortTemplate);
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(MissionStatus.Expired, Assert.IsType<ReportAnswer.Found>(await MissionReport.ReadAsync(_store, mission, Token)).Report.Status);
    }

    [Fact]
    public async Task List_ShowsAll_AndNoOneHidesAnother()
    {
        var first = await Given.OpenAsync(_store);
        var odd = new MissionId("odd-aaaaaaaaaa");
        var opening = LinkCodec.Seal(new Link(odd, 1, _store.Now, Digest.Zero, new LinkBody.MissionOpened(
            System.Text.Json.JsonElement.Parse("""{"mission":7}"""), System.Text.Json.JsonElement.Parse("{}"), Digest.Zero, _store.Now.AddHours(1), "ana")));
        await _store.AppendAsync(odd, 0, [opening], Token);
        var last = await Given.OpenAsync(_store);

        var list = Assert.IsType<ListAnswer.Found>(await MissionList.ReadAsync(_store, Token)).Missions;

        Assert.Equal([first, odd, last], list.Select(listed => listed.Mission));
        Assert.Contains("does not understand", Assert.IsType<ReportAnswer.Unavailable>(list[1].Report).Why, StringComparison.Ordinal);
        Assert.All([list[0], list[2]], listed => Assert.IsType<ReportAnswer.Found>(listed.Report));
    }

    [Fact]
    public async Task ImpossibleChain_IsUnavailable_AndNamesTheLink()
    {
        var mission = await Given.OpenAsync(_store);
        await Given.AppendAsync(_store, mission, Given.Settled(new CallId(Guid.CreateVersion7())));

        var answer = Assert.IsType<ReportAnswer.Unavailable>(await MissionReport.ReadAsync(_store, mission, Token));

        Assert.Contains($"Link 2 of mission `{mission}` cannot follow", answer.Why, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();
}

using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Faults;

/// <summary>Answers that do not end, over every transport: cut, and gone from memory.</summary>
public sealed class EndlessAnswerTests
{
    private const long Bytes = 300L * 1024 * 1024;
    private const long RiseMax = 64 * 1024 * 1024;

    [Theory(Timeout = 300_000)]
    [InlineData("stdio")]
    [InlineData("events")]
    [InlineData("json")]
    [InlineData("sse")]
    public async Task Answer_ThatDoesNotEnd_IsCut_AndMemoryStays(string carrier)
    {
        var token = TestContext.Current.CancellationToken;
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        http.AnswersJson = carrier == "json";
        await using var sse = await ScriptedSse.StartAsync(new Script());
        using var home = new HomeUnderTest().WithMission("grants: [ { read: [big/echo, big/huge] } ]");
        if (carrier == "stdio")
            home.WithScript("big", new Script());
        else if (carrier == "sse")
            home.WithEndpoint("big", sse.Endpoint, "\"transport\": \"sse\"");
        else
            home.WithEndpoint("big", http.Endpoint);
        var mission = await home.OpenMissionAsync(token);
        await using var proxy = await home.RunAsync(token);
        using var agent = new HttpAgent(proxy.Endpoint(mission));
        for (var warm = 0; warm < 20; warm++)
            Assert.False((await agent.CallAsync("big_echo", token)).IsError);
        var before = ProcessTable.PeakMemory(proxy.Id);

        var answer = await agent.CallAsync("big_huge", token, new { bytes = Bytes });
        var grown = ProcessTable.PeakMemory(proxy.Id) - before;

        Assert.Contains(answer.Reason, (string[])["result_refused", "outcome_unknown"]);
        Assert.InRange(grown, 0, RiseMax);
        var chain = await home.ExportAsync(mission, token);
        Assert.Equal("unknown", chain.OutcomeOf(chain.Admitted.Last()));
    }
}

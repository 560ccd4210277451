using System.Text;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Reads;

/// <summary>A result of 50 MB through the real proxy, whatever carries it: a preview, memory that does not grow with it, and the whole in pieces.</summary>
public sealed class LargeResultTests(ITestOutputHelper output)
{
    private const long Bytes = 50_000_000;

    /// <summary>The bound of one message in memory.</summary>
    private const long Cap = 16 * 1024 * 1024;

    private static readonly string Limits = $"\"limits\": {{ \"messageBytes\": {Cap} }}";

    [Theory(Timeout = 120_000)]
    [InlineData("stdio", false)]
    [InlineData("stdio", true)]
    [InlineData("events", true)]
    [InlineData("json", false)]
    [InlineData("sse", false)]
    public async Task HugeResult_BecomesAPreviewAndALink(string carrier, bool isModern)
    {
        var token = TestContext.Current.CancellationToken;
        var script = new Script { IsModern = isModern, HasReads = true };
        await using var http = carrier is "events" or "json" ? await ScriptedHttp.StartAsync(script) : null;
        await using var sse = carrier == "sse" ? await ScriptedSse.StartAsync(script) : null;
        using var home = new HomeUnderTest().WithMission("""
            grants:
              - read: [big/echo, big/big, big/results/read]
            """);
        if (sse is not null)
        {
            home.WithEndpoint("big", sse.Endpoint, "\"transport\": \"sse\"", Limits);
        }
        else if (http is null)
        {
            home.WithScript("big", script, Limits);
        }
        else
        {
            http.AnswersJson = carrier == "json";
            home.WithEndpoint("big", http.Endpoint, Limits);
        }

        var mission = await home.OpenMissionAsync(token);
        await using var proxy = await home.RunAsync(token);
        using var agent = new HttpAgent(proxy.Endpoint(mission));
        for (var warm = 0; warm < 20; warm++)
            await agent.CallAsync("big_echo", token, new { text = "warm" });
        var before = PeakBytes(proxy.Id);

        var answer = await agent.CallAsync("big_big", token, new { bytes = Bytes });
        var grown = PeakBytes(proxy.Id) - before;

        output.WriteLine($"large_result_{carrier}_{(isModern ? "modern" : "legacy")}_peak_growth_mib: {grown / 1024.0 / 1024.0:0.0}");
        var content = answer.Result.GetProperty("content");
        Assert.InRange(Encoding.UTF8.GetByteCount(content[1].GetProperty("text").GetString()!), 2_000, 2 * 1024);
        Assert.InRange(answer.Result.GetRawText().Length, 2_000, 4_000);
        if (OperatingSystem.IsLinux())
            Assert.InRange(grown, 0, 2 * Cap);

        var (text, pieces) = await ReadAsync(agent, content[2].GetProperty("uri").GetString()!, 3, token);
        Assert.StartsWith("""{"content":[{"type":"text","text":"line 000000000 ü\nline 000000001 ü""", text, StringComparison.Ordinal);
        Assert.Equal(3, pieces);

        // The channel goes on, and the record says what is known.
        Assert.False((await agent.CallAsync("big_echo", token, new { text = "after" })).IsError);
        var chain = await home.ExportAsync(mission, token);
        Assert.Equal(3, chain.Admitted.Count(admitted => admitted.GetProperty("tool").GetProperty("name").GetString() == "results/read"));
        Assert.Contains("whole", (await home.HarnessAsync(token, "chain", "verify")).Done, StringComparison.Ordinal);
    }

    private static async Task<(string Text, int Pieces)> ReadAsync(HttpAgent agent, string uri, int most, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var pieces = 0;
        for (string? next = uri; next is not null && pieces < most; pieces++)
        {
            var piece = (await agent.SendAsync("resources/read", new() { ["uri"] = next }, cancellationToken)).Result.GetProperty("contents")[0];
            text.Append(piece.GetProperty("text").GetString());
            next = piece.TryGetProperty("_meta", out var meta) ? meta.GetProperty("harness-mcp/next").GetString() : null;
        }

        return (text.ToString(), pieces);
    }

    /// <summary>The most memory that a process had so far; 0 where the system does not say.</summary>
    private static long PeakBytes(int process) => OperatingSystem.IsLinux() ? ProcessTable.PeakMemory(process) : 0;
}

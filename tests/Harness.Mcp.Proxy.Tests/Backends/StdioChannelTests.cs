using System.Text.Json;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Wire;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

public class StdioChannelTests
{
    [Theory]
    [InlineData(true, false, "2026-07-28")]
    [InlineData(true, true, "2026-07-28")]
    [InlineData(false, true, "2025-11-25")]
    public async Task Era_IsFound_ByAsking(bool isModern, bool isLegacy, string expected)
    {
        await using var opened = await Opened.OverStdioAsync(new Script { IsModern = isModern, IsLegacy = isLegacy });

        var reply = await opened.CallAsync("echo", """{"n":1.10}""");

        Assert.Equal(expected, opened.Channel.Era.ProtocolVersion);
        var result = Assert.IsType<BackendReply.Result>(reply).Value;
        Assert.Equal("1.10", result.GetProperty("structuredContent").GetProperty("arguments").GetProperty("n").GetRawText());
        Assert.False(result.TryGetProperty("resultType", out _));
        Assert.False(result.TryGetProperty("_meta", out _));
    }

    [Fact]
    public async Task OlderRevision_IsAccepted_AndAnUnknownOneRefused()
    {
        await using var older = await Opened.OverStdioAsync(new Script { LegacyVersion = "2024-11-05" });
        var refused = await Assert.ThrowsAsync<WireException>(() => Opened.OverStdioAsync(new Script { LegacyVersion = "1999-01-01" }));

        Assert.Equal("2024-11-05", older.Channel.Era.ProtocolVersion);
        Assert.Contains("1999-01-01", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Progress_ArrivesWhole_InOrder_BeforeTheAnswer(bool isModern)
    {
        await using var opened = await Opened.OverStdioAsync(new Script { IsModern = isModern });

        var reply = await opened.CallAsync("progress", """{"count":1800}""");

        Assert.IsType<BackendReply.Result>(reply);
        Assert.Equal(Enumerable.Range(1, 1800), opened.Notices.Select(notice => notice.Parameters.GetProperty("progress").GetInt32()));
    }

    [Fact]
    public async Task Junk_IsPassedOver_AndTheAnswerComes()
    {
        await using var opened = await Opened.OverStdioAsync(new Script());

        var reply = await opened.CallAsync("junk");

        Assert.IsType<BackendReply.Result>(reply);
    }

    [Fact]
    public async Task ErrorStream_IsDrained_HoweverMuchComes()
    {
        await using var opened = await Opened.OverStdioAsync(new Script());

        var reply = await opened.CallAsync("flood");

        Assert.IsType<BackendReply.Result>(reply);
    }

    [Fact]
    public async Task Call_IsLost_WhenTheBackendDies()
    {
        await using var opened = await Opened.OverStdioAsync(new Script());

        var reply = await opened.CallAsync("die");
        var next = await opened.CallAsync("echo");

        Assert.Contains("ended", Assert.IsType<BackendReply.Lost>(reply).Why, StringComparison.Ordinal);
        Assert.IsType<BackendReply.NotSent>(next);
    }

    [Fact]
    public async Task LineOf300Megabytes_IsCut_WithinItsBound()
    {
        await using var opened = await Opened.OverStdioAsync(new Script());
        await opened.CallAsync("echo");
        GC.Collect();
        var before = Environment.WorkingSet;

        var reply = await opened.CallAsync("huge", """{"bytes":314572800}""");
        var growth = Environment.WorkingSet - before;

        Assert.Contains("8388608 bytes", Assert.IsType<BackendReply.Unreadable>(reply).Why, StringComparison.Ordinal);
        Assert.True(growth < 64 * 1024 * 1024, $"The working set grew by {growth} bytes.");
    }

    [Fact]
    public async Task EndlessProgress_IsEnded_AtTheAbsoluteCap()
    {
        await using var opened = await Opened.OverStdioAsync(new Script(), new BackendLimits { Call = TimeSpan.FromSeconds(1), Quiet = TimeSpan.FromSeconds(0.5) });

        var reply = await opened.CallAsync("endless");

        Assert.Contains("longer than 1 s", Assert.IsType<BackendReply.Lost>(reply).Why, StringComparison.Ordinal);
        Assert.NotEmpty(opened.Notices);
    }

    [Theory]
    [InlineData("silent")]
    [InlineData("liar")]
    public async Task Call_IsLost_WhenNoAnswerToItComes(string tool)
    {
        await using var opened = await Opened.OverStdioAsync(new Script(), new BackendLimits { Quiet = TimeSpan.FromSeconds(0.5) });

        var reply = await opened.CallAsync(tool);

        Assert.Contains("silent", Assert.IsType<BackendReply.Lost>(reply).Why, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("input", "type that was not asked for")]
    [InlineData("shapeless", "not an object")]
    public async Task Result_IsUnreadable_InAWrongShape(string tool, string expected)
    {
        await using var opened = await Opened.OverStdioAsync(new Script());

        var reply = await opened.CallAsync(tool);

        Assert.Contains(expected, Assert.IsType<BackendReply.Unreadable>(reply).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Error_IsHandedOn_WithItsData()
    {
        await using var opened = await Opened.OverStdioAsync(new Script());

        var reply = await opened.CallAsync("fail");

        Assert.Equal("""{"code":-32050,"message":"It does not work.","data":[1,2]}""", Assert.IsType<BackendReply.Error>(reply).Value.GetRawText());
    }

    [Fact]
    public async Task Cancellation_IsTold_AndNothingLeavesAfterwards()
    {
        var record = Path.GetTempFileName();
        await using var opened = await Opened.OverStdioAsync(new Script { RecordFile = record });
        using var cancel = new CancellationTokenSource();
        var running = opened.CallAsync("silent", cancellation: cancel.Token);
        await Eventually(() => Read(record).Contains("silent", StringComparison.Ordinal));

        await cancel.CancelAsync();
        var reply = await running;
        var late = await opened.CallAsync("echo", cancellation: cancel.Token);

        Assert.IsType<BackendReply.Lost>(reply);
        Assert.IsType<BackendReply.NotSent>(late);
        await Eventually(() => Read(record).Contains("notifications/cancelled", StringComparison.Ordinal));
        Assert.DoesNotContain("echo", Read(record), StringComparison.Ordinal);
        File.Delete(record);
    }

    [Fact]
    public async Task Backend_IsAnsweredPing_AndRefusedEverythingElse()
    {
        var record = Path.GetTempFileName();
        await using var opened = await Opened.OverStdioAsync(new Script { RecordFile = record });

        await opened.CallAsync("ask");

        await Eventually(() => Read(record) is var text && text.Contains("\"s1\"", StringComparison.Ordinal) && text.Contains("\"p1\"", StringComparison.Ordinal));
        var lines = Read(record).Split('\n');
        Assert.Contains(lines, line => line.Contains("\"p1\",\"result\":{}", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.Contains("\"s1\",\"error\":{\"code\":-32601", StringComparison.Ordinal));
        File.Delete(record);
    }

    [Fact]
    public async Task Environment_HoldsNothingOfOurs()
    {
        Environment.SetEnvironmentVariable("HARNESS_TEST_SECRET", "must not be seen");
        await using var opened = await Opened.OverStdioAsync(new Script());

        var reply = await opened.CallAsync("env");

        var seen = Assert.IsType<BackendReply.Result>(reply).Value.GetProperty("structuredContent").EnumerateObject().Select(member => member.Name);
        Assert.Equal(["GREETING", "PATH", "pid"], seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Tools_AreListed_OverAllPages()
    {
        await using var opened = await Opened.OverStdioAsync(new Script { PageSize = 5 });

        var tools = await opened.Channel.ListToolsAsync(TestContext.Current.CancellationToken);

        Assert.Equal(18, tools.Length);
    }

    [Fact]
    public async Task CursorsThatLoop_AreRefused()
    {
        await using var opened = await Opened.OverStdioAsync(new Script { PageSize = 5, CursorsLoop = true });

        var refused = await Assert.ThrowsAsync<WireException>(() => opened.Channel.ListToolsAsync(TestContext.Current.CancellationToken));

        Assert.Contains("never ends", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BackendThatDiesOverDiscover_IsToldApart()
    {
        await Assert.ThrowsAsync<ProbeFailedException>(() => Opened.OverStdioAsync(new Script { DiesOnDiscover = true }));

        await using var legacy = await Opened.OverStdioAsync(new Script { DiesOnDiscover = true }, era: EraPreference.Legacy);
        Assert.IsType<BackendReply.Result>(await legacy.CallAsync("echo"));
    }

    [Fact]
    public async Task AgentMeta_IsKept_WithoutWhatBelongsToAHop()
    {
        await using var opened = await Opened.OverStdioAsync(new Script { IsModern = true });
        var call = Opened.Call("echo") with { Meta = Opened.Json("""{"claudecode/toolUseId":"t1","progressToken":"theirs","io.modelcontextprotocol/logLevel":"debug","traceparent":"x"}""") };

        var reply = await opened.Channel.CallAsync(call, ParameterHeaders.None, opened, TestContext.Current.CancellationToken);

        var meta = Assert.IsType<BackendReply.Result>(reply).Value.GetProperty("structuredContent").GetProperty("meta");
        Assert.Equal("t1", meta.GetProperty("claudecode/toolUseId").GetString());
        Assert.Equal(JsonValueKind.Number, meta.GetProperty("progressToken").ValueKind);
        Assert.Equal("2026-07-28", meta.GetProperty("io.modelcontextprotocol/protocolVersion").GetString());
        Assert.False(meta.TryGetProperty("io.modelcontextprotocol/logLevel", out _));
        Assert.False(meta.TryGetProperty("traceparent", out _));
    }

    private static string Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    private static async Task Eventually(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (!condition())
            await Task.Delay(20, limit.Token);
    }
}

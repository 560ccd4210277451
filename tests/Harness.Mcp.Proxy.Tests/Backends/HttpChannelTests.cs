using System.Text.Json;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Wire;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

public class HttpChannelTests
{
    [Theory]
    [InlineData(true, true, "2026-07-28")]
    [InlineData(true, false, "2026-07-28")]
    [InlineData(false, true, "2025-11-25")]
    [InlineData(false, false, "2025-11-25")]
    public async Task Call_IsAnswered_InEitherEraAndForm(bool isModern, bool answersJson, string expected)
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = isModern, IsLegacy = !isModern });
        http.AnswersJson = answersJson;
        await using var opened = await Opened.OverHttpAsync(http);

        var reply = await opened.CallAsync("echo", """{"n":1e400}""");

        Assert.Equal(expected, opened.Channel.Era.ProtocolVersion);
        var structured = Assert.IsType<BackendReply.Result>(reply).Value.GetProperty("structuredContent");
        Assert.Equal("1e400", structured.GetProperty("arguments").GetProperty("n").GetRawText());
        Assert.All(http.Requests, request => Assert.Equal("Bearer proxy-own", request.Headers["Authorization"]));
    }

    [Fact]
    public async Task ModernHeaders_AreRebuilt_FromTheBody()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true, ExtraTools = ["grüße"] });
        await using var opened = await Opened.OverHttpAsync(http);
        var tools = await opened.Channel.ListToolsAsync(TestContext.Current.CancellationToken);
        var headers = ParameterHeaders.Read(tools[0].GetProperty("inputSchema"))!;

        await opened.Channel.CallAsync(Opened.Call("echo", """{"region":"Köln\r\nX: y"}"""), headers, opened, TestContext.Current.CancellationToken);
        await opened.CallAsync("grüße");

        var calls = http.Requests.Where(request => request.Method == "tools/call").ToArray();
        Assert.Equal("tools/call", calls[0].Headers["Mcp-Method"]);
        Assert.Equal("echo", calls[0].Headers["Mcp-Name"]);
        Assert.Equal("=?base64?S8O2bG4NClg6IHk=?=", calls[0].Headers["Mcp-Param-Region"]);
        Assert.Equal("2026-07-28", calls[0].Headers["MCP-Protocol-Version"]);
        Assert.Equal("=?base64?Z3LDvMOfZQ==?=", calls[1].Headers["Mcp-Name"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Progress_ArrivesWhole_InOrder_BeforeTheAnswer(bool isModern)
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = isModern });
        await using var opened = await Opened.OverHttpAsync(http);

        var reply = await opened.CallAsync("progress", """{"count":180}""");

        Assert.IsType<BackendReply.Result>(reply);
        Assert.Equal(Enumerable.Range(1, 180), opened.Notices.Select(notice => notice.Parameters.GetProperty("progress").GetInt32()));
    }

    [Fact]
    public async Task LogNotice_ReachesTheCall_OnWhoseStreamItCame()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script());
        await using var opened = await Opened.OverHttpAsync(http);

        await opened.CallAsync("log");

        Assert.Equal("notifications/message", Assert.Single(opened.Notices).Method);
    }

    [Fact]
    public async Task ModernBackend_IsToldTheLogLevel_WithEachCallThatHasOne()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true });
        await using var opened = await Opened.OverHttpAsync(http);

        await CallAsync(opened, "debug");
        await CallAsync(opened, null);

        var levels = http.Requests.Where(request => request.Method == "tools/call")
            .Select(request => Opened.Json(request.Body).GetProperty("params").GetProperty("_meta"))
            .Select(meta => meta.TryGetProperty("io.modelcontextprotocol/logLevel", out var level) ? level.GetString() : null);
        Assert.Equal(["debug", null], levels);
    }

    [Fact]
    public async Task LegacyBackend_IsToldTheLogLevel_OnceAndWheneverMoreIsWanted()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script());
        await using var opened = await Opened.OverHttpAsync(http);

        await CallAsync(opened, null);
        await CallAsync(opened, "warning");
        await CallAsync(opened, "error");
        await CallAsync(opened, "info");
        http.ForgetSessions();
        await CallAsync(opened, "info");

        var told = http.Requests.Where(request => request.Method is "tools/call" or "logging/setLevel" or "initialize").Select(
            request => request.Method == "logging/setLevel" ? Opened.Json(request.Body).GetProperty("params").GetProperty("level").GetString() : request.Method);
        Assert.Equal(
            ["initialize", "tools/call", "warning", "tools/call", "tools/call", "info", "tools/call", "tools/call", "initialize", "info", "tools/call"], told);
    }

    [Fact]
    public async Task LostSession_IsRenewedOnce_ForAllCallsThatFindItGone()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script());
        await using var opened = await Opened.OverHttpAsync(http);
        http.ForgetSessions();

        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => opened.CallAsync("echo")));

        Assert.All(replies, reply => Assert.IsType<BackendReply.Result>(reply));
        Assert.Equal(2, http.Requests.Count(request => request.Method == "initialize"));
    }

    [Theory]
    [InlineData(401, "", typeof(BackendReply.NotSent))]
    [InlineData(302, "", typeof(BackendReply.NotSent))]
    [InlineData(429, "", typeof(BackendReply.NotSent))]
    [InlineData(500, "", typeof(BackendReply.Lost))]
    [InlineData(503, "not json", typeof(BackendReply.Lost))]
    [InlineData(400, """{"jsonrpc":"2.0","id":null,"error":{"code":-32020,"message":"m","data":{"x":1}}}""", typeof(BackendReply.Error))]
    [InlineData(400, "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32021,\"message\":\"m\"}}\n\n", typeof(BackendReply.Error))]
    [InlineData(400, "event: message\ndata: not json\n\n", typeof(BackendReply.NotSent))]
    [InlineData(200, "not json", typeof(BackendReply.Unreadable))]
    [InlineData(200, """{"jsonrpc":"2.0","id":77,"result":{}}""", typeof(BackendReply.Unreadable))]
    [InlineData(200, """{"jsonrpc":"2.0","id":77,"result":{},"result":{}}""", typeof(BackendReply.Unreadable))]
    [InlineData(202, "", typeof(BackendReply.Unreadable))]
    public async Task Refusal_IsTold_AsWhatItMeans(int status, string body, Type expected)
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true });
        await using var opened = await Opened.OverHttpAsync(http);
        http.Instead = (status, body);

        var reply = await opened.CallAsync("echo");

        Assert.IsType(expected, reply);
        Assert.Single(http.Requests, request => request.Method == "tools/call");
    }

    [Fact]
    public async Task UnreachableBackend_IsNotSent()
    {
        var http = await ScriptedHttp.StartAsync(new Script { IsModern = true });
        await using var opened = await Opened.OverHttpAsync(http);
        await http.DisposeAsync();

        var reply = await opened.CallAsync("echo");

        Assert.Contains("cannot be reached", Assert.IsType<BackendReply.NotSent>(reply).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EventOverTheBound_IsCut()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true });
        await using var opened = await Opened.OverHttpAsync(http, new BackendLimits { MessageBytesMax = 256 * 1024 });

        var reply = await opened.CallAsync("huge", """{"bytes":104857600}""");

        Assert.Contains("over the bound", Assert.IsType<BackendReply.Unreadable>(reply).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task BrokenStream_IsLost_AndNeverSentAgain()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = true });
        await using var opened = await Opened.OverHttpAsync(http);

        var reply = await opened.CallAsync("die");

        Assert.IsType<BackendReply.Lost>(reply);
        Assert.Single(http.Requests, request => request.Method == "tools/call");
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public async Task Cancellation_ClosesTheStream_AndTellsALegacyBackend(bool isModern, int noticesExpected)
    {
        await using var http = await ScriptedHttp.StartAsync(new Script { IsModern = isModern });
        await using var opened = await Opened.OverHttpAsync(http, new BackendLimits { Quiet = TimeSpan.FromSeconds(0.3) });

        var reply = await opened.CallAsync("silent");

        Assert.IsType<BackendReply.Lost>(reply);
        Assert.Equal(noticesExpected, http.Requests.Count(request => request.Method == "notifications/cancelled"));
    }

    [Fact]
    public async Task Session_IsDeleted_OnClose()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script());
        await using (var opened = await Opened.OverHttpAsync(http))
            await opened.CallAsync("echo");

        var last = http.Requests[^1];
        Assert.Equal("DELETE", last.Verb);
        Assert.Equal("2025-11-25", last.Headers["MCP-Protocol-Version"]);
        Assert.NotEmpty(last.Headers["Mcp-Session-Id"]);
    }

    [Fact]
    public async Task ModernError_IsNotMistaken_ForALegacyBackend()
    {
        await using var http = await ScriptedHttp.StartAsync(new Script());
        http.Instead = (400, """{"jsonrpc":"2.0","id":1,"error":{"code":-32021,"message":"needs sampling","data":{"requiredCapabilities":{}}}}""");

        var refused = await Assert.ThrowsAsync<WireException>(() => Opened.OverHttpAsync(http));

        Assert.Contains("-32021", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(http.Requests, request => request.Method == "initialize");
    }

    [Fact]
    public void ParameterHeaders_AreRefused_WhereTheyAreMisused()
    {
        Assert.Null(Read("""{"a":{"type":"object","x-mcp-header":"A"}}"""));
        Assert.Null(Read("""{"a":{"type":"string","x-mcp-header":"A b"}}"""));
        Assert.Null(Read("""{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}"""));
        Assert.NotNull(Read("""{"a":{"type":["string","null"],"x-mcp-header":"A"}}"""));

        static ParameterHeaders? Read(string properties) =>
            ParameterHeaders.Read(JsonDocument.Parse($$"""{"type":"object","properties":{{properties}}}""").RootElement);
    }

    private static async Task CallAsync(Opened opened, string? logLevel) => Assert.IsType<BackendReply.Result>(await opened.Channel.CallAsync(
        Opened.Call("echo") with { LogLevel = logLevel }, ParameterHeaders.None, opened, TestContext.Current.CancellationToken));
}

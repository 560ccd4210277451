using System.Net;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Enforcement;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

public sealed class ModernEndpointTests : IAsyncLifetime
{
    private WireHost _host = null!;

    public async ValueTask InitializeAsync() =>
        _host = await WireHost.StartAsync(("Wire:CallsInFlightMax", "2"), ("Wire:ListNoticeInterval", "00:00:00"), ("Wire:HeartbeatInterval", "00:00:00.050"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Discover_SaysWhatTheProxyIs()
    {
        var answer = await WireHost.Modern("server/discover").SendAsync(_host);

        Assert.Equal("""["2026-07-28"]""", answer.Result.GetProperty("supportedVersions").GetRawText());
        Assert.Equal("""{"completions":{},"logging":{},"prompts":{"listChanged":true},"resources":{"listChanged":true,"subscribe":true},"tools":{"listChanged":true}}""", answer.Result.GetProperty("capabilities").GetRawText());
        Assert.Equal("private", answer.Result.GetProperty("cacheScope").GetString());
        Assert.Equal("complete", answer.Result.GetProperty("resultType").GetString());
        Assert.True(answer.Result.GetProperty("ttlMs").GetInt32() >= 0);
        Assert.Equal("harness-mcp", answer.Result.GetProperty("_meta").GetProperty("io.modelcontextprotocol/serverInfo").GetProperty("name").GetString());
    }

    [Fact]
    public async Task List_KeepsDefinitions_ButTheirNameAndTasks()
    {
        _host.Enforcement.Tools =
        [
            FakeEnforcement.Tool("b_t"),
            FakeEnforcement.Tool("a_t", """{"name":"t","x-own":1.10,"execution":{"taskSupport":"required"},"inputSchema":{"type":"object"},"outputSchema":{"type":"array"}}"""),
        ];

        var answer = await WireHost.Modern("tools/list").SendAsync(_host);

        Assert.Equal("""{"name":"a_t","x-own":1.10,"inputSchema":{"type":"object"},"outputSchema":{"type":"array"}}""", answer.Result.GetProperty("tools")[0].GetRawText());
        Assert.Equal("private", answer.Result.GetProperty("cacheScope").GetString());
        Assert.Equal("b_t", answer.Result.GetProperty("tools")[1].GetProperty("name").GetString());
    }

    [Fact]
    public async Task List_ComesInPages_WhenItIsLong()
    {
        _host.Enforcement.Tools = [.. Enumerable.Range(0, 1_001).Select(i => FakeEnforcement.Tool($"t{i:0000}"))];

        var first = await WireHost.Modern("tools/list").SendAsync(_host);
        var cursor = first.Result.GetProperty("nextCursor").GetString();
        var second = await WireHost.Modern("tools/list", $$"""{"cursor":"{{cursor}}"}""").SendAsync(_host);

        Assert.Equal(1_000, first.Result.GetProperty("tools").GetArrayLength());
        Assert.Equal("t1000", Assert.Single(second.Result.GetProperty("tools").EnumerateArray()).GetProperty("name").GetString());
        Assert.False(second.Result.TryGetProperty("nextCursor", out _));
    }

    [Fact]
    public async Task List_IsAnError_WhereTheMissionRefusesIt()
    {
        var request = WireHost.Modern("tools/list");
        request.Path = "/m/ended/mcp";

        var answer = await request.SendAsync(_host);

        Assert.Equal("mission_ended", answer.Last.GetProperty("error").GetProperty("data").GetProperty("reason").GetString());
    }

    [Theory]
    [InlineData(-32022, HttpStatusCode.OK, -32603)]
    [InlineData(-32601, HttpStatusCode.OK, -32603)]
    [InlineData(-32021, HttpStatusCode.BadRequest, -32021)]
    [InlineData(-32602, HttpStatusCode.OK, -32602)]
    [InlineData(42, HttpStatusCode.OK, 42)]
    public async Task BackendError_KeepsItsData_ButNoCodeOfAnotherHop(int code, HttpStatusCode status, int shown)
    {
        _host.Enforcement.OnCall = (_, _, _) => ValueTask.FromResult<CallAnswer>(
            new CallAnswer.Error(JsonElement.Parse($$"""{"code":{{code}},"message":"m","data":[1.10]}""")));

        var answer = await WireHost.Modern("tools/call", """{"name":"x"}""").SendAsync(_host);

        Assert.Equal((status, shown), (answer.Status, answer.ErrorCode));
        Assert.Equal("[1.10]", answer.Last.GetProperty("error").GetProperty("data").GetRawText());
    }

    [Fact]
    public async Task Result_IsCopiedByteForByte_ButForTheFieldsOfOneHop()
    {
        const string Said = """{"content":[ {"type":"text","text":"\u00e9 é 😀\u2028","x":1.10} ],"structuredContent":[1e400,123456789012345678901234567890],"_meta":{"a/b":{"k":-0},"io.modelcontextprotocol/serverInfo":{"name":"backend"}},"resultType":"complete","ttlMs":5,"cacheScope":"public","own":null}""";
        _host.Enforcement.OnCall = (_, _, _) => ValueTask.FromResult<CallAnswer>(new CallAnswer.Result(JsonElement.Parse(Said)));

        var answer = await WireHost.Modern("tools/call", """{"name":"x"}""").SendAsync(_host);

        var said = JsonElement.Parse(Said);
        foreach (var kept in new[] { "content", "structuredContent", "own" })
            Assert.Equal(said.GetProperty(kept).GetRawText(), answer.Result.GetProperty(kept).GetRawText());
        Assert.Equal("""{"k":-0}""", answer.Result.GetProperty("_meta").GetProperty("a/b").GetRawText());
        Assert.Equal("harness-mcp", answer.Result.GetProperty("_meta").GetProperty("io.modelcontextprotocol/serverInfo").GetProperty("name").GetString());
        Assert.Equal(["content", "structuredContent", "_meta", "own", "resultType"], answer.Result.EnumerateObject().Select(member => member.Name));
    }

    [Theory]
    [InlineData("application/json, text/event-stream", "application/json")]
    [InlineData("text/event-stream, application/json;q=0.1", "application/json")]
    [InlineData("*/*", "application/json")]
    [InlineData("application/json", "application/json")]
    [InlineData("text/*", "text/event-stream")]
    [InlineData("text/event-stream", "text/event-stream")]
    public async Task Answer_HasTheForm_ThatTheAgentTakes(string accept, string type)
    {
        using var message = WireHost.Modern("tools/call", """{"name":"x"}""").ToMessage();
        message.Headers.Accept.Clear();
        message.Headers.Accept.ParseAdd(accept);

        using var response = await _host.Http.SendAsync(message, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        Assert.Contains("\"x\"", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("application/json;q=0")]
    public async Task Answer_IsRefused_WhereTheAgentTakesNoForm(string accept)
    {
        var isCalled = false;
        _host.Enforcement.OnCall = (call, _, _) =>
        {
            isCalled = true;
            return ValueTask.FromResult(FakeEnforcement.Answer(call.Tool));
        };
        using var message = WireHost.Modern("tools/call", """{"name":"x"}""").ToMessage();
        message.Headers.Accept.Clear();
        message.Headers.Accept.ParseAdd(accept);

        using var response = await _host.Http.SendAsync(message, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotAcceptable, response.StatusCode);
        Assert.False(isCalled);
    }

    [Fact]
    public async Task Notices_AreDropped_WhereTheAgentTakesNoStream()
    {
        _host.Enforcement.OnCall = async (call, notices, token) =>
        {
            await notices.SendAsync("notifications/progress", JsonElement.Parse("""{"progress":1}"""), token);
            await Task.Delay(200, token);
            return FakeEnforcement.Answer(call.Tool);
        };
        using var message = WireHost.Modern("tools/call", """{"name":"x","_meta":{"progressToken":1}}""").ToMessage();
        message.Headers.Accept.Clear();
        message.Headers.Accept.ParseAdd("application/json");

        using var response = await _host.Http.SendAsync(message, TestContext.Current.CancellationToken);

        Assert.Equal("application/json", response.Content.Headers.ContentType!.MediaType);
        Assert.True(JsonElement.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).TryGetProperty("result", out _));
    }

    [Fact]
    public async Task Call_IsDenied_WhenEnforcementBreaks()
    {
        _host.Enforcement.OnCall = (_, _, _) => throw new InvalidOperationException("secret detail");

        var answer = await WireHost.Modern("tools/call", """{"name":"x"}""").SendAsync(_host);

        Assert.True(answer.Result.GetProperty("isError").GetBoolean());
        Assert.Equal("decision_failed", answer.Result.GetProperty("structuredContent").GetProperty("reason").GetString());
        Assert.DoesNotContain("secret", answer.Last.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_AreDenied_OverTheCap_ForTheirAgentAndMissionAlone()
    {
        var release = new TaskCompletionSource();
        var bothIn = new TaskCompletionSource();
        var entered = 0;
        _host.Enforcement.OnCall = async (call, _, _) =>
        {
            if (call.Tool == "slow")
            {
                if (Interlocked.Increment(ref entered) == 2) bothIn.SetResult();
                await release.Task;
            }

            return FakeEnforcement.Answer(call.Tool);
        };

        var first = WireHost.Modern("tools/call", """{"name":"slow"}""").SendAsync(_host);
        var second = WireHost.Modern("tools/call", """{"name":"slow"}""").SendAsync(_host);
        await bothIn.Task;
        var third = await WireHost.Modern("tools/call", """{"name":"quick"}""").SendAsync(_host);
        var other = WireHost.Modern("tools/call", """{"name":"quick"}""");
        other.Agent = "other";
        var foreign = await other.SendAsync(_host);
        release.SetResult();
        await Task.WhenAll(first, second);
        var later = await WireHost.Modern("tools/call", """{"name":"quick"}""").SendAsync(_host);

        Assert.Equal(HttpStatusCode.OK, third.Status);
        Assert.Equal("overloaded", third.Result.GetProperty("structuredContent").GetProperty("reason").GetString());
        Assert.All([foreign, later], answer => Assert.False(answer.Result.TryGetProperty("isError", out _)));
    }

    [Fact]
    public async Task Disconnect_CancelsTheCall()
    {
        var entered = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        _host.Enforcement.OnCall = async (call, _, token) =>
        {
            await using var registration = token.Register(() => cancelled.TrySetResult());
            entered.SetResult();
            await cancelled.Task;
            return FakeEnforcement.Answer(call.Tool);
        };
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var message = WireHost.Modern("tools/call", """{"name":"x"}""").ToMessage();

        var call = _host.Http.SendAsync(message, leaving.Token);
        await entered.Task.WaitAsync(TestContext.Current.CancellationToken);
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task AnswerThatReachesNobody_IsToldToEnforcement()
    {
        var entered = new TaskCompletionSource();
        _host.Enforcement.OnCall = async (call, _, token) =>
        {
            entered.SetResult();
            await Task.Delay(Timeout.Infinite, token).ContinueWith(_ => { }, TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);
            return FakeEnforcement.Answer(call.Tool) with { Effect = new CarriedOut(call.Mission, call.Agent.Id, new ToolId(new BackendId("mail"), "send"), Digest.Zero, 2) };
        };
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var message = WireHost.Modern("tools/call", """{"name":"mail_send"}""").ToMessage();

        var call = _host.Http.SendAsync(message, leaving.Token);
        await entered.Task.WaitAsync(TestContext.Current.CancellationToken);
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        while (_host.Enforcement.Lost.IsEmpty)
            await Task.Delay(10, limit.Token);
        Assert.Equal("mail/send", Assert.Single(_host.Enforcement.Lost).Effect!.Tool.ToString());
    }

    [Fact]
    public async Task Progress_ArrivesInOrderAndWhole_BeforeTheAnswer()
    {
        _host.Enforcement.OnCall = async (call, notices, token) =>
        {
            for (var i = 1; i <= 180; i++)
            {
                await notices.SendAsync("notifications/progress", JsonElement.Parse($$"""{"progressToken":"backend","progress":{{i}},"x":1.10}"""), token);
            }

            return FakeEnforcement.Answer(call.Tool);
        };

        var asked = await WireHost.Modern("tools/call", """{"name":"x","_meta":{"progressToken":7}}""").SendAsync(_host);
        var unasked = await WireHost.Modern("tools/call", """{"name":"x"}""").SendAsync(_host);

        Assert.Equal(Enumerable.Range(1, 180), asked.Messages.SkipLast(1).Select(message => message.GetProperty("params").GetProperty("progress").GetInt32()));
        Assert.All(asked.Messages.SkipLast(1), message => Assert.Equal(7, message.GetProperty("params").GetProperty("progressToken").GetInt32()));
        Assert.Equal("1.10", asked.Messages[0].GetProperty("params").GetProperty("x").GetRawText());
        Assert.Single(unasked.Messages);
    }

    [Fact]
    public async Task QuietCall_ReportsThatItStillRuns()
    {
        var release = new TaskCompletionSource();
        _host.Enforcement.OnCall = async (call, notices, token) =>
        {
            await notices.SendAsync("notifications/progress", JsonElement.Parse("""{"progress":5}"""), token);
            await release.Task;
            return FakeEnforcement.Answer(call.Tool);
        };
        using var message = WireHost.Modern("tools/call", """{"name":"x","_meta":{"progressToken":"t"}}""").ToMessage();
        using var stream = await EventStream.OpenAsync(_host, message);

        List<double> progress = [];
        while (progress.Count < 4) progress.Add((await stream.NextAsync()).GetProperty("params").GetProperty("progress").GetDouble());
        release.SetResult();

        Assert.Equal(5, progress[0]);
        Assert.Equal(progress.Order().Distinct(), progress);
        Assert.All(progress, value => Assert.InRange(value, 5, 5.000001));
    }

    [Fact]
    public async Task QuietCall_WithoutProgressToken_SendsHeadersAndComments()
    {
        var release = new TaskCompletionSource();
        _host.Enforcement.OnCall = async (call, _, _) =>
        {
            await release.Task;
            return FakeEnforcement.Answer(call.Tool);
        };
        using var message = WireHost.Modern("tools/call", """{"name":"x"}""").ToMessage();
        using var stream = await EventStream.OpenAsync(_host, message);

        var comment = await stream.LineAsync();
        release.SetResult();
        var answer = await stream.NextAsync();

        Assert.Equal(": waiting", comment);
        Assert.Equal("x", answer.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("", new string[0])]
    [InlineData(",\"io.modelcontextprotocol/logLevel\":\"error\"", new[] { "error" })]
    public async Task LogNotices_PassWhenAskedFor(string meta, string[] expected)
    {
        _host.Enforcement.OnCall = async (call, notices, token) =>
        {
            await notices.SendAsync("notifications/message", JsonElement.Parse("""{"level":"info","data":1}"""), token);
            await notices.SendAsync("notifications/message", JsonElement.Parse("""{"level":"error","data":2}"""), token);
            await notices.SendAsync("notifications/anything", JsonElement.Parse("{}"), token);
            return FakeEnforcement.Answer(call.Tool);
        };

        var answer = await WireHost.Modern("tools/call", """{"name":"x","_meta":{"a":1META}}""".Replace("META", meta, StringComparison.Ordinal)).SendAsync(_host);

        Assert.Equal(expected, answer.Messages.SkipLast(1).Select(message => message.GetProperty("params").GetProperty("level").GetString()));
    }

    [Fact]
    public async Task Listen_AcknowledgesAndTells_WhatItCanTell()
    {
        using var message = WireHost.Modern("subscriptions/listen", """{"notifications":{"toolsListChanged":true,"promptsListChanged":false,"unheardOf":["t"]}}""").ToMessage();
        message.RequestUri = new Uri("/m/one/mcp", UriKind.Relative);
        using var stream = await EventStream.OpenAsync(_host, message);

        var acknowledged = await stream.NextAsync();
        _host.Enforcement.ChangeTools(new("two"));
        _host.Enforcement.ChangeTools(new("one"));
        var changed = await stream.NextAsync();

        Assert.Equal("notifications/subscriptions/acknowledged", acknowledged.GetProperty("method").GetString());
        Assert.Equal("""{"toolsListChanged":true}""", acknowledged.GetProperty("params").GetProperty("notifications").GetRawText());
        Assert.Equal("notifications/tools/list_changed", changed.GetProperty("method").GetString());
        Assert.All([acknowledged, changed], notice => Assert.Equal(1, notice.GetProperty("params").GetProperty("_meta").GetProperty("io.modelcontextprotocol/subscriptionId").GetInt32()));
    }

    [Fact]
    public async Task Listen_EndsWithItsResult_WhenTheProxyStops()
    {
        var host = await WireHost.StartAsync();
        using var message = WireHost.Modern("subscriptions/listen", """{"notifications":{}}""").ToMessage();
        using var stream = await EventStream.OpenAsync(host, message);
        await stream.NextAsync();

        var stopping = host.StopAsync();
        var ended = await stream.NextAsync();
        await stopping;
        await host.DisposeAsync();

        Assert.Equal("complete", ended.GetProperty("result").GetProperty("resultType").GetString());
    }

    [Fact]
    public async Task EqualIds_OfManyClients_AreAnsweredEachByItsOwn()
    {
        var names = Enumerable.Range(0, 60).Select(i => $"tool{i}").ToArray();

        var answers = await Task.WhenAll(names.Select(async name =>
        {
            var request = WireHost.Modern("tools/call", $$"""{"name":"{{name}}"}""");
            request.Agent = name;
            return await request.SendAsync(_host);
        }));

        Assert.Equal(names, answers.Select(answer => answer.Result.GetProperty("content")[0].GetProperty("text").GetString()));
    }
}

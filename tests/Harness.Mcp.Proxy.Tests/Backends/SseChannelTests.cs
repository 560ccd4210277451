using System.Globalization;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Wire;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

public class SseChannelTests
{
    [Fact]
    public async Task Calls_AreAnsweredOnTheStream_SideBySide()
    {
        await using var sse = await ScriptedSse.StartAsync();
        await using var opened = await Opened.OverSseAsync(sse);

        var silent = opened.CallAsync("silent");
        var replies = await Task.WhenAll(Enumerable.Range(0, 20).Select(number => opened.CallAsync("echo", $$"""{"n":{{number}}}""")));

        Assert.Equal(
            Enumerable.Range(0, 20),
            replies.Select(reply => Assert.IsType<BackendReply.Result>(reply).Value.GetProperty("structuredContent").GetProperty("arguments").GetProperty("n").GetInt32()));
        Assert.False(silent.IsCompleted);
        Assert.False(opened.Channel.Era.IsModern);
        Assert.NotEmpty(await opened.Channel.ListToolsAsync(TestContext.Current.CancellationToken));
        Assert.All(sse.Requests, request => Assert.Equal("Bearer proxy-own", request.Headers["Authorization"]));
        Assert.Equal(["initialize", "notifications/initialized"], sse.Requests.Where(request => request.Verb == "POST").Select(request => request.Method).Take(2));
    }

    [Fact]
    public async Task Progress_ArrivesWhole_InOrder_BeforeTheAnswer()
    {
        await using var sse = await ScriptedSse.StartAsync();
        await using var opened = await Opened.OverSseAsync(sse);

        var reply = await opened.CallAsync("progress", """{"count":180}""");

        Assert.IsType<BackendReply.Result>(reply);
        Assert.Equal(Enumerable.Range(1, 180), opened.Notices.Select(notice => notice.Parameters.GetProperty("progress").GetInt32()));
    }

    [Fact]
    public async Task ToldChange_AndServerRequests_AreTaken()
    {
        await using var sse = await ScriptedSse.StartAsync();
        await using var opened = await Opened.OverSseAsync(sse);

        await opened.CallAsync("storm", """{"count":3}""");
        await opened.CallAsync("ask");
        await opened.CallAsync("echo");

        Assert.Equal(3, opened.ChangesTold);
        var answers = sse.Requests.Where(request => request.Verb == "POST" && request.Method is null).Select(request => Opened.Json(request.Body)).ToArray();
        Assert.Equal(["p1", "s1"], answers.Select(answer => answer.GetProperty("id").GetString()));
        Assert.True(answers[0].TryGetProperty("result", out _));
        Assert.Equal(-32601, answers[1].GetProperty("error").GetProperty("code").GetInt32());
    }

    [Theory]
    [InlineData("event: endpoint\ndata: http://127.0.0.1:1/message\n\n", "another origin")]
    [InlineData("event: endpoint\ndata: //127.0.0.1:1/message\n\n", "another origin")]
    [InlineData("event: endpoint\ndata: https://127.0.0.1:{port}/message\n\n", "another origin")]
    [InlineData("event: endpoint\ndata: http://localhost:{port}/message\n\n", "another origin")]
    [InlineData("event: endpoint\ndata: file:///message\n\n", "another origin")]
    [InlineData("event: endpoint\ndata: http://me:pass@127.0.0.1:{port}/message\n\n", "is none")]
    [InlineData("event: endpoint\ndata: /one\ndata: /two\n\n", "is none")]
    [InlineData("event: message\ndata: {}\n\n", "does not begin with the event `endpoint`")]
    [InlineData("data: /message\n\n", "does not begin with the event `endpoint`")]
    public async Task Beginning_ThatIsNotAsItMustBe_IsRefused_AndNothingIsPosted(string beginning, string why)
    {
        await using var sse = await ScriptedSse.StartAsync();
        sse.Beginning = beginning.Replace("{port}", sse.Endpoint.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

        var refused = await Assert.ThrowsAsync<WireException>(() => Opened.OverSseAsync(sse));

        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.Equal("GET", Assert.Single(sse.Requests).Verb);
    }

    [Fact]
    public async Task HugeBeginning_IsRefused_AndTheStreamLetGoOf()
    {
        await using var sse = await ScriptedSse.StartAsync();
        sse.Beginning = $"event: endpoint\ndata: /{new string('x', 100_000)}\n\n";

        var refused = await Assert.ThrowsAsync<WireException>(() => Opened.OverSseAsync(sse, messageBytesMax: 64 * 1024));

        Assert.Contains("over the bound", refused.Message, StringComparison.Ordinal);
        await UntilAsync(() => sse.StreamsOpen == 0);
    }

    [Fact]
    public async Task WholeAddress_OfTheSameOrigin_IsTaken()
    {
        await using var sse = await ScriptedSse.StartAsync();
        sse.Beginning = $"event: endpoint\ndata: {new Uri(sse.Endpoint, "/message")}?session={{session}}\n\n";
        await using var opened = await Opened.OverSseAsync(sse);

        Assert.IsType<BackendReply.Result>(await opened.CallAsync("echo"));
    }

    [Fact]
    public async Task EndOfTheStream_LosesEveryCallInFlight_AndEndsTheChannel()
    {
        await using var sse = await ScriptedSse.StartAsync();
        await using var opened = await Opened.OverSseAsync(sse);

        var silent = opened.CallAsync("silent");
        await UntilAsync(() => sse.Requests.Any(request => request.Method == "tools/call"));
        var died = await opened.CallAsync("die");

        Assert.IsType<BackendReply.Lost>(died);
        Assert.IsType<BackendReply.Lost>(await silent);
        Assert.True(opened.Channel.Ended.IsCompleted);
        Assert.Contains("stream", Assert.IsType<BackendReply.NotSent>(await opened.CallAsync("echo")).Why, StringComparison.Ordinal);
        Assert.Equal(2, sse.Requests.Count(request => request.Method == "tools/call"));
    }

    [Fact]
    public async Task EventOverTheBound_IsCut_AndEndsTheChannel()
    {
        await using var sse = await ScriptedSse.StartAsync();
        await using var opened = await Opened.OverSseAsync(sse);

        var reply = await opened.CallAsync("huge", """{"bytes":104857600}""");

        Assert.Contains("event of more than 1048576 bytes", Assert.IsType<BackendReply.Unreadable>(reply).Why, StringComparison.Ordinal);
        Assert.True(opened.Channel.Ended.IsCompleted);
    }

    [Fact]
    public async Task Junk_AndUnknownIds_ArePassedOver()
    {
        await using var sse = await ScriptedSse.StartAsync();
        await using var opened = await Opened.OverSseAsync(sse, new BackendLimits { Quiet = TimeSpan.FromSeconds(0.5) });

        Assert.IsType<BackendReply.Result>(await opened.CallAsync("junk"));
        Assert.IsType<BackendReply.Lost>(await opened.CallAsync("liar"));
        Assert.IsType<BackendReply.Result>(await opened.CallAsync("echo"));
    }

    [Fact]
    public async Task Cancellation_IsTold_AndTheChannelGoesOn()
    {
        await using var sse = await ScriptedSse.StartAsync();
        await using var opened = await Opened.OverSseAsync(sse);
        using var patience = new CancellationTokenSource();

        var call = opened.CallAsync("silent", cancellation: patience.Token);
        await UntilAsync(() => sse.Requests.Any(request => request.Method == "tools/call"));
        await patience.CancelAsync();

        Assert.IsType<BackendReply.Lost>(await call);
        var sent = Opened.Json(sse.Requests.Single(request => request.Method == "tools/call").Body).GetProperty("id").GetInt64();
        var told = Opened.Json(sse.Requests.Single(request => request.Method == "notifications/cancelled").Body).GetProperty("params");
        Assert.Equal(sent, told.GetProperty("requestId").GetInt64());
        Assert.IsType<BackendReply.Result>(await opened.CallAsync("echo"));
    }

    [Theory]
    [InlineData(401, typeof(BackendReply.NotSent), false)]
    [InlineData(307, typeof(BackendReply.NotSent), false)]
    [InlineData(429, typeof(BackendReply.NotSent), false)]
    [InlineData(404, typeof(BackendReply.NotSent), true)]
    [InlineData(500, typeof(BackendReply.Lost), false)]
    public async Task RefusedPost_IsTold_AsWhatItMeans(int status, Type expected, bool endsChannel)
    {
        await using var sse = await ScriptedSse.StartAsync();
        await using var opened = await Opened.OverSseAsync(sse);
        sse.RefusesCallsBy = status;

        var reply = await opened.CallAsync("echo");

        Assert.IsType(expected, reply);
        Assert.Equal(endsChannel, opened.Channel.Ended.IsCompleted);
        Assert.Single(sse.Requests, request => request.Method == "tools/call");
    }

    [Fact]
    public async Task Closing_LetsGoOfTheStream()
    {
        await using var sse = await ScriptedSse.StartAsync();
        await using (var opened = await Opened.OverSseAsync(sse))
            Assert.Equal(1, sse.StreamsOpen);

        await UntilAsync(() => sse.StreamsOpen == 0);
    }

    private static async Task UntilAsync(Func<bool> isSo)
    {
        for (var attempt = 0; !isSo(); attempt++)
        {
            Assert.True(attempt < 500, "It did not come about in 5 s.");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }
}

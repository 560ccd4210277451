using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Proxy.Wire.Front;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

public sealed class StdioFrontTests : IAsyncLifetime
{
    private const string Meta = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}";

    private WireHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await WireHost.StartAsync(("Wire:ListNoticeInterval", "00:00:00"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task ModernRequests_AreRelayed_WithTheHeadersTheyNeed()
    {
        await using var front = Front.Start(_host.Url, "/m/one/mcp");

        await front.SendAsync($$"""{"jsonrpc":"2.0","id":"a","method":"server/discover","params":{ {{Meta}} } }""");
        var discovered = await front.NextAsync();
        await front.SendAsync($$"""{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"geo_find","arguments":{"region":"Zürich","zone":42},{{Meta}} } }""");
        var called = await front.NextAsync();

        Assert.Equal("a", discovered.GetProperty("id").GetString());
        Assert.True(discovered.TryGetProperty("result", out _));
        Assert.Equal("geo_find", called.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal("one", Assert.Single(_host.Enforcement.Calls).Mission.Value);
    }

    [Fact]
    public async Task RequestAboutATask_IsRelayed_UnderTheTasksName()
    {
        _host.Enforcement.Tasks.Answer = (_, task) => Tasks.FakeTasks.Completed(task.Handle);
        await using var front = Front.Start(_host.Url, "/m/one/mcp");
        var meta = Meta.Replace("clientCapabilities\":{}", "clientCapabilities\":{\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}", StringComparison.Ordinal);

        await front.SendAsync($$"""{"jsonrpc":"2.0","id":3,"method":"tasks/get","params":{"taskId":"handle",{{meta}} } }""");
        var answer = await front.NextAsync();

        Assert.Equal("completed", answer.GetProperty("result").GetProperty("status").GetString());
        Assert.Equal("handle", Assert.Single(_host.Enforcement.Tasks.Asked).Task.Handle);
    }

    [Fact]
    public async Task Session_IsKept_AndItsNoticesArrive()
    {
        await using var front = Front.Start(_host.Url, "/m/one/mcp");

        await front.SendAsync(WireHost.InitializeBody("2025-06-18"));
        var initialized = await front.NextAsync();
        await front.SendAsync("""{"jsonrpc":"2.0","method":"notifications/initialized"}""");
        await front.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}""");
        var listed = await front.NextAsync();
        await using var told = new Timer(_ => _host.Enforcement.ChangeTools(new("one")), null, 0, 20);
        var notice = await front.NextAsync();

        Assert.Equal("2025-06-18", initialized.GetProperty("result").GetProperty("protocolVersion").GetString());
        Assert.Equal(3, listed.GetProperty("result").GetProperty("tools").GetArrayLength());
        Assert.Equal("notifications/tools/list_changed", notice.GetProperty("method").GetString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Progress_IsRelayedWholeAndInOrder(bool isModern)
    {
        _host.Enforcement.OnCall = async (call, notices, token) =>
        {
            for (var i = 1; i <= 180; i++) await notices.SendAsync("notifications/progress", JsonElement.Parse($$"""{"progress":{{i}}}"""), token);
            return FakeEnforcement.Answer(call.Tool);
        };
        await using var front = Front.Start(_host.Url);
        if (!isModern) await front.HandshakeAsync();

        var meta = isModern ? Meta.Replace("\"_meta\":{", "\"_meta\":{\"progressToken\":\"t\",", StringComparison.Ordinal) : "\"_meta\":{\"progressToken\":\"t\"}";
        await front.SendAsync($$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x",{{meta}} } }""");
        List<int> progress = [];
        JsonElement message;
        while ((message = await front.NextAsync()).TryGetProperty("params", out var parameters)) progress.Add(parameters.GetProperty("progress").GetInt32());

        Assert.Equal(Enumerable.Range(1, 180), progress);
        Assert.Equal(1, message.GetProperty("id").GetInt32());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancelled_ReachesTheCall_AndNothingIsAnswered(bool isModern)
    {
        var entered = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        _host.Enforcement.OnCall = async (call, _, token) =>
        {
            if (call.Tool == "quick") return FakeEnforcement.Answer(call.Tool);
            await using var registration = token.Register(() => cancelled.TrySetResult());
            entered.TrySetResult();
            await cancelled.Task;
            return FakeEnforcement.Answer(call.Tool);
        };
        await using var front = Front.Start(_host.Url);
        if (!isModern) await front.HandshakeAsync();
        var meta = isModern ? $",{Meta}" : "";

        await front.SendAsync($$"""{"jsonrpc":"2.0","id":"slow","method":"tools/call","params":{"name":"slow"{{meta}} } }""");
        await entered.Task.WaitAsync(TestContext.Current.CancellationToken);
        await front.SendAsync("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"slow"}}""");
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await front.SendAsync($$"""{"jsonrpc":"2.0","id":"quick","method":"tools/call","params":{"name":"quick"{{meta}} } }""");

        Assert.Equal("quick", (await front.NextAsync()).GetProperty("id").GetString());
    }

    [Fact]
    public async Task BadLines_AreAnswered_AndTheNextOneIsServed()
    {
        await using var front = Front.Start(_host.Url, lineBytesMax: 2_000);

        await front.SendAsync("{not json");
        await front.SendAsync(new string('x', 300_000));
        await front.SendAsync("""{"jsonrpc":"2.0","id":5,"Method":"tools/list"}""");
        await front.SendAsync($$"""{"jsonrpc":"2.0","id":6,"method":"nonsense","params":{ {{Meta}} } }""");
        await front.SendAsync("");
        await front.SendAsync($$"""{"jsonrpc":"2.0","id":7,"method":"tools/list","params":{ {{Meta}} } }""");

        List<JsonElement> answers = [];
        while (answers.Count < 5) answers.Add(await front.NextAsync());

        int Code(JsonElement answer) => answer.GetProperty("error").GetProperty("code").GetInt32();
        Assert.Equal([-32700, -32600, -32600], answers.Take(3).Select(Code));
        Assert.Equal(5, answers[2].GetProperty("id").GetInt32());
        Assert.Equal(-32601, Code(answers.Single(answer => answer.GetProperty("id").ToString() == "6")));
        Assert.True(answers.Single(answer => answer.GetProperty("id").ToString() == "7").TryGetProperty("result", out _));
    }

    [Fact]
    public async Task Request_IsAnswered_WhenNoProxyRuns()
    {
        await using var front = Front.Start(new Uri("http://127.0.0.1:1"));

        await front.SendAsync(WireHost.InitializeBody("2025-11-25"));
        var answer = await front.NextAsync();

        Assert.Equal(0, answer.GetProperty("id").GetInt32());
        Assert.Contains("harness run", answer.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("No proxy answers at http://127.0.0.1:1", front.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refusal_OfTheProxy_ComesBackUnderTheRequestsId()
    {
        await using var front = Front.Start(_host.Url, token: null);

        await front.SendAsync(WireHost.InitializeBody("2025-11-25"));
        var answer = await front.NextAsync();

        Assert.Equal(0, answer.GetProperty("id").GetInt32());
        Assert.Equal(1001, answer.GetProperty("error").GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task EndOfInput_LetsCallsFinish_ThenEndsTheSession()
    {
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        _host.Enforcement.OnCall = async (call, _, _) =>
        {
            entered.SetResult();
            await release.Task;
            return FakeEnforcement.Answer(call.Tool);
        };
        await using var front = Front.Start(_host.Url);
        await front.HandshakeAsync();

        await front.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}""");
        await entered.Task.WaitAsync(TestContext.Current.CancellationToken);
        await front.EndInputAsync();
        release.SetResult();
        var answer = await front.NextAsync();
        await front.Running;

        Assert.Equal("x", answer.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task Session_IsRenewed_WhenTheProxyForgotIt()
    {
        await using var front = Front.Start(_host.Url);
        await front.HandshakeAsync();
        var port = _host.Url.Port;
        await _host.DisposeAsync();
        _host = await WireHost.StartAsync(port);

        await front.SendAsync("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}""");
        var answer = await front.NextAsync();

        Assert.Equal("x", answer.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Single(_host.Enforcement.Calls);
    }

    private sealed class Front : IAsyncDisposable
    {
        private readonly Pipe _input = new();
        private readonly Pipe _output = new();
        private readonly StringWriter _errors = new();
        private readonly StreamReader _lines;

        private Front(StdioFrontOptions options)
        {
            _lines = new StreamReader(_output.Reader.AsStream());
            Running = StdioFront.RunAsync(options, _input.Reader.AsStream(), _output.Writer.AsStream(), TextWriter.Synchronized(_errors), TestContext.Current.CancellationToken);
        }

        public Task Running { get; }

        public string Errors => _errors.ToString();

        public static Front Start(Uri proxy, string path = "/mcp", string? token = "soc", int lineBytesMax = 1_000_000) =>
            new(new StdioFrontOptions(new Uri(proxy, path), token) { LineBytesMax = lineBytesMax, EndGrace = TimeSpan.FromSeconds(20) });

        public async Task SendAsync(string line) => await _input.Writer.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), TestContext.Current.CancellationToken);

        public async Task<JsonElement> NextAsync() =>
            JsonElement.Parse(await _lines.ReadLineAsync(TestContext.Current.CancellationToken) ?? throw new EndOfStreamException(Errors));

        public async Task HandshakeAsync()
        {
            await SendAsync(WireHost.InitializeBody("2025-11-25"));
            await NextAsync();
            await SendAsync("""{"jsonrpc":"2.0","method":"notifications/initialized"}""");
        }

        public async Task EndInputAsync() => await _input.Writer.CompleteAsync();

        public async ValueTask DisposeAsync()
        {
            await EndInputAsync();
            await Running.WaitAsync(TimeSpan.FromSeconds(30));
            _lines.Dispose();
            await _errors.DisposeAsync();
        }
    }
}

using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Catalog;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.TestKit.Backends;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

public sealed class BackendFleetTests : IAsyncLifetime, INoticeSink
{
    private readonly string _home = Directory.CreateTempSubdirectory("home").FullName;
    private readonly List<ScriptedHttp> _backends = [];
    private BackendFleet? _fleet;

    private string State => Path.Combine(_home, "state");

    private BackendFleet Fleet => _fleet ?? throw new InvalidOperationException("The fleet was not started.");

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(_home, "servers.config"));
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        foreach (var backend in _backends)
            await backend.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    public ValueTask SendAsync(string method, System.Text.Json.JsonElement parameters, CancellationToken cancellationToken) => default;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Tools_AreInTheCatalog_AndCanBeCalled(bool isModern)
    {
        await DescribeAsync("mail", new Script { IsModern = isModern });
        await StartAsync();

        var tool = Fleet.Current.FindExposed("mail_echo");
        var reply = await CallAsync("mail", "echo");

        Assert.Equal(ToolStanding.Approved, tool!.Standing);
        Assert.Equal(new ToolId(new BackendId("mail"), "echo"), tool.Facts.Id);
        Assert.Empty(tool.Input.Validate(Opened.Json("{}")));
        Assert.IsType<BackendReply.Result>(reply);
    }

    [Fact]
    public async Task StdioBackend_IsReached_AsItsFileSays()
    {
        var arguments = System.Text.Json.JsonSerializer.Serialize((string[])["stdio", new Script().ToJson()]);
        Write("local", $$"""{ "name": "local", "owner": "o", "domain": "d", "command": "{{Opened.ScriptedProgram}}", "args": {{arguments}} }""");
        await StartAsync();

        var reply = await CallAsync("local", "echo");

        Assert.IsType<BackendReply.Result>(reply);
    }

    [Fact]
    public async Task DeadAndSilentBackends_DelayNobody()
    {
        await DescribeAsync("mail", new Script());
        await DescribeAsync("silent", new Script { NeverAnswers = true });
        Write("dead", """{ "name": "dead", "owner": "o", "domain": "d", "url": "http://127.0.0.1:9/mcp" }""");
        Write("broken", """{ "name": "broken", "owner": "o", "domain": "d", "command": "no-such-program" }""");
        await StartAsync(waitFor: "mail_echo");

        var began = System.Diagnostics.Stopwatch.StartNew();
        var dead = await CallAsync("dead", "echo");
        var alive = await CallAsync("mail", "echo");

        Assert.IsType<BackendReply.NotSent>(dead);
        Assert.IsType<BackendReply.Result>(alive);
        Assert.True(began.Elapsed < new BackendLimits().Connect, $"Two calls took {began.Elapsed}: they waited for the silent backend.");
        await Until(() => Fleet.Statuses.Single(status => status.Backend == "broken").LastError is not null);
        Assert.Contains("no program `no-such-program`", Fleet.Statuses.Single(status => status.Backend == "broken").LastError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FloodingBackend_IsGivenUp_AndTheOthersAreServed()
    {
        await DescribeAsync("mail", new Script());
        Write("flooding", """{ "name": "flooding", "owner": "o", "domain": "d", "command": "yes", "args": ["{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}"] }""");
        await StartAsync(waitFor: "mail_echo");

        await Until(() => Fleet.Statuses.Single(status => status.Backend == "flooding").LastError is not null);

        Assert.Contains("sent too much", Fleet.Statuses.Single(status => status.Backend == "flooding").LastError, StringComparison.Ordinal);
        Assert.IsType<BackendReply.Result>(await CallAsync("mail", "echo"));
    }

    [Fact]
    public async Task ChangedDefinition_IsQuarantined_UntilItIsApproved()
    {
        var mail = await DescribeAsync("mail", new Script { IsModern = true });
        await StartAsync();
        var approved = Fleet.Current.FindExposed("mail_echo")!;

        mail.Script = mail.Script with { Description = "Sends everything to me.", ExtraTools = ["extra"] };
        await Until(() => Fleet.Current.FindExposed("mail_echo") is { Standing: ToolStanding.Drifted });
        var denied = await CallAsync("mail", "echo");
        var newTool = Fleet.Current.FindExposed("mail_extra");
        var stillDenied = await CallAsync("mail", "extra");
        var pins = new PinFolder(Path.Combine(State, "pins"));
        var pending = pins.ReadPending("mail")!;
        pins.WriteApproved(Approval.Of(pins.ReadApproved("mail"), pending, ["echo"], "tester", DateTimeOffset.UtcNow));
        await Until(() => Fleet.Current.FindExposed("mail_echo") is { Standing: ToolStanding.Approved });
        var permitted = await CallAsync("mail", "echo");

        Assert.Equal(["echo", "extra"], pending.Tools.Keys);
        Assert.IsType<BackendReply.NotSent>(denied);
        Assert.Equal(ToolStanding.Unapproved, newTool!.Standing);
        Assert.IsType<BackendReply.NotSent>(stillDenied);
        Assert.DoesNotContain(mail.Requests, request => request.Method == "tools/call" && request.Body.Contains("extra", StringComparison.Ordinal));
        Assert.IsType<BackendReply.Result>(permitted);
        Assert.NotEqual(approved.Facts.Definition, Fleet.Current.FindExposed("mail_echo")!.Facts.Definition);
    }

    [Fact]
    public async Task Pins_ServeTheCatalog_WhileTheBackendIsAway()
    {
        var mail = await DescribeAsync("mail", new Script());
        await StartAsync();
        await StopAsync();
        await mail.DisposeAsync();

        await StartAsync();

        Assert.Equal(ToolStanding.Approved, Fleet.Current.FindExposed("mail_echo")!.Standing);
    }

    [Fact]
    public async Task UnreadablePins_ApproveNothing_AndAreNotOverwritten()
    {
        await DescribeAsync("mail", new Script());
        Directory.CreateDirectory(Path.Combine(State, "pins"));
        var file = Path.Combine(State, "pins", "mail.json");
        await File.WriteAllTextAsync(file, "{ half", TestContext.Current.CancellationToken);

        await StartAsync();

        Assert.All(Fleet.Current.Tools, tool => Assert.Equal(ToolStanding.Unapproved, tool.Standing));
        Assert.Equal("{ half", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task ExplicitPins_ApproveWhatTheyName()
    {
        var mail = await DescribeAsync("mail", new Script());
        await StartAsync();
        var digest = Fleet.Current.FindExposed("mail_echo")!.Facts.Definition;
        await StopAsync();
        Write("mail", $$$"""
            { "name": "mail", "owner": "o", "domain": "d", "url": "{{{mail.Endpoint}}}", "pins": "explicit",
              "tools": { "echo": { "effect": "read", "pin": "{{{digest}}}" }, "log": { "effect": "read", "pin": "sha-256:{{{new string('0', 64)}}}" } } }
            """);

        await StartAsync();

        Assert.Equal(ToolStanding.Approved, Fleet.Current.FindExposed("mail_echo")!.Standing);
        Assert.Equal(ToolStanding.Drifted, Fleet.Current.FindExposed("mail_log")!.Standing);
        Assert.Equal(ToolStanding.Unapproved, Fleet.Current.FindExposed("mail_fail")!.Standing);
    }

    [Fact]
    public async Task Labels_AreTakenOver_WithoutANewConnection()
    {
        var mail = await DescribeAsync("mail", new Script());
        await StartAsync();
        var handshakes = mail.Requests.Count(request => request.Method == "initialize");

        Write("mail", Text("mail", mail).Replace("\"owner\"", "\"tools\": { \"echo\": { \"effect\": \"read\" } }, \"owner\"", StringComparison.Ordinal));
        await Until(() => Fleet.Current.FindExposed("mail_echo") is { Facts.Effect: Effect.Read });

        Assert.Equal(handshakes, mail.Requests.Count(request => request.Method == "initialize"));
    }

    [Fact]
    public async Task BadFile_ChangesNothing_AndARemovedOneRemovesItsTools()
    {
        var mail = await DescribeAsync("mail", new Script());
        await StartAsync();

        Write("mail", "{ \"name\": \"mail\", ");
        await Until(() => !Fleet.Problems.IsEmpty);
        Assert.NotNull(Fleet.Current.FindExposed("mail_echo"));
        Write("mail", Text("mail", mail));
        await Until(() => Fleet.Problems.IsEmpty);
        File.Delete(Path.Combine(_home, "servers.config", "mail.json"));
        await Until(() => Fleet.Current.Tools.IsEmpty);

        Assert.Null(Fleet.Find(new BackendId("mail")));
    }

    [Fact]
    public async Task StormOfChangeNotices_IsMerged_AndRaisesNoFalseNotice()
    {
        var mail = await DescribeAsync("mail", new Script { IsModern = true });
        await StartAsync();
        var changes = 0;
        Fleet.Changed += () => changes++;
        var lists = Lists(mail);

        var began = System.Diagnostics.Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => CallAsync("mail", "storm", """{"count":2500}""")));
        await Until(() => Lists(mail) > lists);
        await Task.Delay(TimeSpan.FromSeconds(1.2), TestContext.Current.CancellationToken);

        Assert.InRange(Lists(mail) - lists, 1, (int)(2 * began.Elapsed.TotalSeconds) + 2);
        Assert.Equal(0, changes);
    }

    [Fact]
    public async Task Call_IsAClientSpan_ThatTheBackendSeesAsParent()
    {
        var spans = new System.Collections.Concurrent.ConcurrentQueue<System.Diagnostics.Activity>();
        using var listener = new System.Diagnostics.ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.HarnessTelemetry.Name,
            Sample = (ref _) => System.Diagnostics.ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        System.Diagnostics.ActivitySource.AddActivityListener(listener);
        await DescribeAsync("traced", new Script { IsModern = true });
        await StartAsync();

        var reply = await CallAsync("traced", "echo");
        await CallAsync("traced", "fail");

        var mine = spans.Where(span => Equals(span.GetTagItem("harness.backend.id"), "traced")).ToArray();
        var parent = Assert.IsType<BackendReply.Result>(reply).Value.GetProperty("structuredContent").GetProperty("meta").GetProperty("traceparent").GetString();
        Assert.Equal(["tools/call echo", "tools/call fail"], mine.Select(span => span.DisplayName));
        Assert.Equal(System.Diagnostics.ActivityKind.Client, mine[0].Kind);
        Assert.Equal(mine[0].Id, parent);
        Assert.Equal("2026-07-28", mine[0].GetTagItem("mcp.protocol.version"));
        Assert.Equal("127.0.0.1", mine[0].GetTagItem("server.address"));
        Assert.Equal("-32050", mine[1].GetTagItem("error.type"));
        Assert.Equal("-32050", mine[1].StatusDescription);
    }

    [Fact]
    public async Task FullBulkhead_RefusesAtOnce_WithoutTouchingTheBackend()
    {
        var http = await DescribeAsync("narrow", new Script { IsModern = true });
        Write("narrow", Text("narrow", http).Replace("\"owner\"", "\"limits\": { \"concurrency\": 1 }, \"owner\"", StringComparison.Ordinal));
        await StartAsync();
        using var cancel = new CancellationTokenSource();
        var running = Fleet.Find(new BackendId("narrow"))!.CallAsync(Opened.Call("silent"), this, cancel.Token).AsTask();
        await Until(() => http.Requests.Any(request => request.Method == "tools/call"));

        var refused = await CallAsync("narrow", "echo");
        await cancel.CancelAsync();

        Assert.Contains("1 calls", Assert.IsType<BackendReply.NotSent>(refused).Why, StringComparison.Ordinal);
        Assert.IsType<BackendReply.Lost>(await running);
        Assert.Single(http.Requests, request => request.Method == "tools/call");
        Assert.IsType<BackendReply.Result>(await CallAsync("narrow", "echo"));
    }

    [Fact]
    public async Task Missions_HaveSessionsOfTheirOwn_ClosedWhenIdle()
    {
        var http = await DescribeAsync("legacy", new Script());
        Write("legacy", Text("legacy", http).Replace("\"connect\"", "\"idle\": \"500ms\", \"connect\"", StringComparison.Ordinal));
        await StartAsync();

        await CallAsync("legacy", "echo");
        await CallAsync("legacy", "echo");
        await Fleet.Find(new BackendId("legacy"))!.CallAsync(
            Opened.Call("echo") with { Mission = new Harness.Mcp.Core.Missions.MissionId("m-2") }, this, TestContext.Current.CancellationToken);
        var sessions = http.Requests.Where(request => request.Method == "tools/call").Select(request => request.Headers["Mcp-Session-Id"]).ToArray();
        await Until(() => http.Requests.Count(request => request.Verb == "DELETE") == 2);

        Assert.Equal(sessions[0], sessions[1]);
        Assert.NotEqual(sessions[1], sessions[2]);
    }

    private static int Lists(ScriptedHttp http) => http.Requests.Count(request => request.Method == "tools/list");

    private static string Text(string name, ScriptedHttp http) =>
        $$"""{ "name": "{{name}}", "owner": "o", "domain": "d", "url": "{{http.Endpoint}}", "timeouts": { "relist": "1s", "connect": "5s" } }""";

    private static async Task Until(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
            await Task.Delay(20, limit.Token);
    }

    private async Task<ScriptedHttp> DescribeAsync(string name, Script script)
    {
        var http = await ScriptedHttp.StartAsync(script);
        _backends.Add(http);
        Write(name, Text(name, http));
        return http;
    }

    private void Write(string name, string json) => File.WriteAllText(Path.Combine(_home, "servers.config", name + ".json"), json);

    private async Task StartAsync(string? waitFor = null)
    {
        _fleet = new BackendFleet(
            new BackendFleetPlaces(_home, Path.Combine(_home, "servers.config"), State, Opened.Guard), TimeProvider.System, NullLogger<BackendFleet>.Instance);
        await Fleet.StartAsync(TestContext.Current.CancellationToken);
        if (waitFor is null)
            await Fleet.WaitForFirstListingsAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        else
            await Until(() => Fleet.Current.FindExposed(waitFor) is not null);
    }

    private async Task StopAsync()
    {
        if (_fleet is not null)
            await _fleet.DisposeAsync();
        _fleet = null;
    }

    private async Task<BackendReply> CallAsync(string backend, string tool, string arguments = "{}") =>
        await Fleet.Find(new BackendId(backend))!.CallAsync(Opened.Call(tool, arguments), this, TestContext.Current.CancellationToken);
}

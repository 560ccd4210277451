using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Large;
using Harness.Mcp.Proxy.Backends.Tasks;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

/// <summary>The extension `io.modelcontextprotocol/tasks` on the backend side: who is told of it, what its requests carry, and what counts as a task.</summary>
public sealed class TaskChannelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("harness-tasks-").FullName;

    private static readonly Script Tasks = new() { IsModern = true, IsLegacy = false, HasTasks = true };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Call_IsAnsweredByATask_ThatIsAskedForAndCancelled()
    {
        await using var http = await ScriptedHttp.StartAsync(Tasks);
        await using var opened = await Opened.OverHttpAsync(http);

        var created = Assert.IsType<BackendReply.Task>(await CallAsync(opened, takesTask: true)).Report;
        Assert.Equal(("täsk 1", TaskState.Working, "Begun.", 60.0, 0.1), (created.Task, created.State, created.Message, created.Lifetime!.Value.TotalSeconds, created.PollInterval!.Value.TotalSeconds));
        Assert.Equal(TaskState.Working, Assert.IsType<TaskReply.Reported>(await AskAsync(opened, TaskErrand.Get)).Report.State);
        Assert.IsType<TaskReply.Noted>(await AskAsync(opened, TaskErrand.Update));
        await opened.CallAsync("finish", """{"text":"Done."}""");
        var ended = Assert.IsType<TaskReply.Reported>(await AskAsync(opened, TaskErrand.Get)).Report;
        Assert.Equal("""{"content":[{"type":"text","text":"Done."}]}""", Assert.IsType<BackendReply.Result>(ended.Outcome).Value.GetRawText());
        Assert.IsType<TaskReply.Noted>(await AskAsync(opened, TaskErrand.Cancel));
        Assert.IsType<TaskReply.Gone>(await AskAsync(opened, TaskErrand.Get, "another"));

        var asked = http.Requests.Where(request => request.Method?.StartsWith("tasks/", StringComparison.Ordinal) == true).ToArray();
        Assert.Equal(["tasks/get", "tasks/update", "tasks/get", "tasks/cancel", "tasks/get"], asked.Select(request => request.Method));
        Assert.All(asked, request => Assert.Equal(request.Method, request.Headers["Mcp-Method"]));
        Assert.All(asked[..4], request => Assert.Equal("=?base64?dMOkc2sgMQ==?=", request.Headers["Mcp-Name"]));
        Assert.All(asked, request => Assert.True(ScriptedTasks.IsDeclared(JsonNode.Parse(request.Body)!["params"]!.AsObject())));
        Assert.Equal("""{"q":{"action":"decline"}}""", JsonNode.Parse(asked[1].Body)!["params"]!["inputResponses"]!.ToJsonString());
    }

    [Theory]
    [InlineData(false, true)] // The call's agent does not declare it.
    [InlineData(true, false)] // The backend does not offer it.
    public async Task Extension_IsNotDeclared_WithoutBoth(bool takesTask, bool hasTasks)
    {
        await using var http = await ScriptedHttp.StartAsync(Tasks with { HasTasks = hasTasks, ExtraTools = ["later"] });
        await using var opened = await Opened.OverHttpAsync(http);
        Assert.Equal(hasTasks, opened.Channel.Offers.Tasks);

        Assert.IsType<BackendReply.Result>(await CallAsync(opened, takesTask));

        Assert.DoesNotContain("extensions", http.Requests.Single(request => request.Method == "tools/call").Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Extension_IsNotDeclared_InTheInitializeEra()
    {
        await using var http = await ScriptedHttp.StartAsync(Tasks with { IsModern = false, IsLegacy = true });
        await using var opened = await Opened.OverHttpAsync(http);
        Assert.False(opened.Channel.Offers.Tasks);

        Assert.IsType<BackendReply.Result>(await CallAsync(opened, takesTask: true));

        Assert.DoesNotContain(http.Requests, request => request.Body.Contains("extensions", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Task_ThatNobodyDeclared_IsNoAnswer()
    {
        await using var http = await ScriptedHttp.StartAsync(Tasks);
        await using var opened = await Opened.OverHttpAsync(http);

        Assert.IsType<BackendReply.Unreadable>(await opened.CallAsync("later", """{"anyway":true}"""));
    }

    [Theory]
    [InlineData("taskId", null)]
    [InlineData("taskId", "")]
    [InlineData("status", "sleeping")]
    [InlineData("createdAt", "yesterday")]
    [InlineData("lastUpdatedAt", null)]
    [InlineData("ttlMs", 0)]
    [InlineData("ttlMs", 1.5)]
    [InlineData("pollIntervalMs", -1)]
    [InlineData("resultType", "task")] // Only the answer to a call says so.
    public void Report_IsNone_WhereItsShapeIsNotTheProtocols(string member, object? value)
    {
        var task = new JsonObject
        {
            ["taskId"] = "t", ["status"] = "working", ["createdAt"] = "2026-11-24T12:00:00Z", ["lastUpdatedAt"] = "2026-11-24T12:00:00Z", ["ttlMs"] = null, ["resultType"] = "complete",
        };
        Assert.NotNull(TaskResult.Current(Json(task)));

        task[member] = JsonSerializer.SerializeToNode(value);

        Assert.Null(TaskResult.Current(Json(task)));
    }

    [Theory]
    [InlineData("input_required", "\"inputRequests\":[]")]
    [InlineData("completed", "\"error\":{}")]
    [InlineData("failed", "\"result\":{}")]
    [InlineData("failed", "\"error\":{\"code\":\"x\",\"message\":\"\"}")]
    public void Report_IsNone_WithoutWhatItsStatusBrings(string status, string end) => Assert.Null(TaskResult.Current(JsonElement.Parse(
        $$"""{"taskId":"t","status":"{{status}}","createdAt":"2026-11-24T12:00:00Z","lastUpdatedAt":"2026-11-24T12:00:00Z","ttlMs":1,{{end}} }""")));

    [Fact]
    public void Message_IsCut_AndWhatIsInvisibleInItSpelledOut()
    {
        var text = "a\u202Eb" + new string('x', 993) + "\U0001F600\U0001F600\U0001F600";
        var report = TaskResult.Current(Json(new JsonObject
        {
            ["taskId"] = "t", ["status"] = "working", ["statusMessage"] = text, ["createdAt"] = "2026-11-24T12:00:00Z", ["lastUpdatedAt"] = "2026-11-24T12:00:00Z", ["ttlMs"] = 1,
        }))!;

        Assert.StartsWith("a\\u{202E}b", report.Message, StringComparison.Ordinal);
        Assert.EndsWith("x…", report.Message, StringComparison.Ordinal);
        Assert.True(report.Message!.Length <= 1_001);
        Assert.Equal(text.IsNormalized(), report.Message.IsNormalized()); // No half of a pair is left over.
    }

    [Fact]
    public async Task Result_OverTheBound_IsUnreadable()
    {
        await using var http = await ScriptedHttp.StartAsync(Tasks);
        await using var opened = await Opened.OverHttpAsync(http, new Proxy.Backends.Configuration.BackendLimits { MessageBytesMax = 64 * 1024 });
        await CallAsync(opened, takesTask: true);
        await opened.CallAsync("finish", $$"""{"text":"{{new string('x', 40_000)}}"}""");
        Assert.IsType<TaskReply.Reported>(await AskAsync(opened, TaskErrand.Get));

        http.Instead = (200, "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"x\":\"" + new string('x', 80_000) + "\"}}");

        Assert.IsType<TaskReply.Unreadable>(await AskAsync(opened, TaskErrand.Get));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Result_OverTheBound_GoesToAFile_AndTheRestOfTheReportIsRead(bool isHttp)
    {
        var limits = new Proxy.Backends.Configuration.BackendLimits { MessageBytesMax = 64 * 1024 };
        var large = new LargeResults(_folder);
        await using var http = isHttp ? await ScriptedHttp.StartAsync(Tasks) : null;
        await using var opened = http is null ? await Opened.OverStdioAsync(Tasks, limits, large: large) : await Opened.OverHttpAsync(http, limits, large: large);
        await CallAsync(opened, takesTask: true);
        var text = new string('x', 50_000);
        await opened.CallAsync("finish", JsonSerializer.Serialize(new { text, times = 3 }));

        var report = Assert.IsType<TaskReply.Reported>(await AskAsync(opened, TaskErrand.Get)).Report;

        Assert.Equal(("täsk 1", TaskState.Completed, "Begun.", 60.0), (report.Task, report.State, report.Message, report.Lifetime!.Value.TotalSeconds));
        var (spool, answer) = Assert.IsType<BackendReply.Large>(report.Outcome);
        var mission = new MissionId("work-abcdefghij");
        var kept = large.Keep(spool, answer, mission, new CallId(Guid.CreateVersion7()), ToolFacts.Widest(new ToolId(new BackendId("jobs"), "later"), "", Digest.Zero))!;
        spool.Dispose();
        Assert.Equal(
            $$"""{"content":[{"type":"text","text":"{{text}}{{text}}{{text}}"}],"resultType":"complete"}""",
            System.Text.Encoding.UTF8.GetString((await large.ReadAsync(mission, kept, 0, 200_000, TestContext.Current.CancellationToken))!));
    }

    [Theory]
    [InlineData("""{"taskId":"another","status":"completed","createdAt":"2026-11-24T12:00:00Z","lastUpdatedAt":"2026-11-24T12:00:00Z","ttlMs":1,"result":BIG}""")]
    [InlineData("""{"taskId":"täsk 1","status":"working","createdAt":"2026-11-24T12:00:00Z","lastUpdatedAt":"2026-11-24T12:00:00Z","ttlMs":1,"result":BIG}""")]
    [InlineData("""{"taskId":"täsk 1","status":"completed","createdAt":"2026-11-24T12:00:00Z","lastUpdatedAt":"2026-11-24T12:00:00Z","ttlMs":1,"status":"completed","result":BIG}""")]
    [InlineData("""{"taskId":"täsk 1","status":"completed","createdAt":"2026-11-24T12:00:00Z","lastUpdatedAt":"2026-11-24T12:00:00Z","ttlMs":1,"result":{},"invented":BIG}""")]
    public async Task Answer_OverTheBound_IsNone_WhereItBringsNoResultOfTheTask(string result)
    {
        await using var http = await ScriptedHttp.StartAsync(Tasks);
        await using var opened = await Opened.OverHttpAsync(
            http, new Proxy.Backends.Configuration.BackendLimits { MessageBytesMax = 64 * 1024 }, large: new LargeResults(_folder));
        await CallAsync(opened, takesTask: true);
        var id = JsonNode.Parse(http.Requests[^1].Body)!["id"]!.GetValue<long>() + 1;

        var big = $$"""{"x":"{{new string('x', 80_000)}}"}""";
        http.Instead = (200, $$"""{"jsonrpc":"2.0","id":{{id}},"result":{{result.Replace("BIG", big, StringComparison.Ordinal)}} }""");

        Assert.IsType<TaskReply.Unreadable>(await AskAsync(opened, TaskErrand.Get));
        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    private static Task<BackendReply> CallAsync(Opened opened, bool takesTask) =>
        opened.Channel.CallAsync(Opened.Call("later") with { TakesTask = takesTask }, ParameterHeaders.None, opened, TestContext.Current.CancellationToken).AsTask();

    private static Task<TaskReply> AskAsync(Opened opened, TaskErrand errand, string task = "täsk 1") => opened.Channel.AskTaskAsync(
        new TaskRequest(new MissionId("m-1"), new CallId(Guid.CreateVersion7()), task, errand)
        {
            MayAsk = AgentInputs.None,
            Responses = errand == TaskErrand.Update ? JsonElement.Parse("""{"q":{"action":"decline"}}""") : null,
        },
        TestContext.Current.CancellationToken);

    private static JsonElement Json(JsonObject value) => JsonSerializer.SerializeToElement(value);
}

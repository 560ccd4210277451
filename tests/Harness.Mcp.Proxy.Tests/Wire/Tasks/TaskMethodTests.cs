using System.Net;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Tasks;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire.Tasks;

/// <summary>Requests about tasks on the wire of 2026-07-28: who may send them, their shape, and how answers are written.</summary>
public sealed class TaskMethodTests
{
    private const string Declared = """ "io.modelcontextprotocol/clientCapabilities":{"elicitation":{},"extensions":{"io.modelcontextprotocol/tasks":{}}} """;
    private const string Undeclared = "\"io.modelcontextprotocol/clientCapabilities\":{}";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Discover_AdvertisesTheExtension_WhereTheMissionHasTasks(bool areOffered)
    {
        await using var host = await WireHost.StartAsync();
        host.Enforcement.Tasks.AreOffered = areOffered;

        var capabilities = (await WireHost.Modern("server/discover").SendAsync(host)).Result.GetProperty("capabilities");

        Assert.Equal(areOffered, capabilities.TryGetProperty("extensions", out var extensions) && extensions.TryGetProperty("io.modelcontextprotocol/tasks", out _));
        Assert.False(capabilities.TryGetProperty("tasks", out _));
    }

    [Fact]
    public async Task Call_TellsEnforcement_WhetherItsAgentTakesTasks()
    {
        await using var host = await WireHost.StartAsync();

        await Declare(WireHost.Modern("tools/call", """{"name":"siem_get_alert"}""")).SendAsync(host);
        await WireHost.Modern("tools/call", """{"name":"siem_get_alert"}""").SendAsync(host);
        var session = await host.OpenSessionAsync();
        await host.LegacyAsync("""{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"siem_get_alert","task":{"ttl":1}}}""", session);

        Assert.Equal([true, false, false], host.Enforcement.Calls.Select(call => call.TakesTask));
    }

    [Fact]
    public async Task CallThatIsAnsweredLater_GivesTheTask_AsAResultOfItsOwnType()
    {
        await using var host = await WireHost.StartAsync();
        host.Enforcement.OnCall = (_, _, _) => ValueTask.FromResult<CallAnswer>(new CallAnswer.Task(FakeTasks.Working("handle", "Begun.").Value));

        var result = (await Declare(WireHost.Modern("tools/call", """{"name":"siem_get_alert"}""")).SendAsync(host)).Result;

        Assert.Equal(("task", "handle", "working", 60000), (result.GetProperty("resultType").GetString(), result.GetProperty("taskId").GetString(), result.GetProperty("status").GetString(), result.GetProperty("ttlMs").GetInt32()));
        Assert.False(result.TryGetProperty("requestState", out _));
    }

    [Fact]
    public async Task Get_AnswersTheTask_AsACompleteResult()
    {
        await using var host = await WireHost.StartAsync();
        host.Enforcement.Tasks.Answer = (_, task) => FakeTasks.Completed(task.Handle);

        var result = (await Declare(WireHost.Modern("tasks/get", """{"taskId":"handle"}""")).SendAsync(host)).Result;

        Assert.Equal(("complete", "completed", 60000), (result.GetProperty("resultType").GetString(), result.GetProperty("status").GetString(), result.GetProperty("ttlMs").GetInt32()));
        var (method, asked, _) = Assert.Single(host.Enforcement.Tasks.Asked);
        Assert.Equal(("tasks/get", "handle", "soc", AgentInputs.Elicitation), (method, asked.Handle, asked.Agent.Id.Value, asked.Declared));
    }

    [Fact]
    public async Task Update_AndCancel_AreAcknowledged_WithNothingElse()
    {
        await using var host = await WireHost.StartAsync();

        var update = (await Declare(WireHost.Modern("tasks/update", """{"taskId":"handle","inputResponses":{"q":{"action":"decline"}}}""")).SendAsync(host)).Result;
        var cancel = (await Declare(WireHost.Modern("tasks/cancel", """{"taskId":"handle"}""")).SendAsync(host)).Result;

        Assert.All([update, cancel], ack => Assert.Equal(["resultType", "_meta"], ack.EnumerateObject().Select(member => member.Name)));
        Assert.Equal("decline", host.Enforcement.Tasks.Asked.First().Responses!.Value.GetProperty("q").GetProperty("action").GetString());
    }

    [Theory]
    [InlineData("tasks/get", "{\"taskId\":\"h\"}")]
    [InlineData("tasks/update", "{\"taskId\":\"h\",\"inputResponses\":{}}")]
    [InlineData("tasks/cancel", "{\"taskId\":\"h\"}")]
    [InlineData("subscriptions/listen", "{\"notifications\":{\"taskIds\":[\"h\"]}}")]
    public async Task Request_IsRefused_OfAnAgentThatDoesNotDeclareTheExtension(string method, string parameters)
    {
        await using var host = await WireHost.StartAsync();

        var answer = await WireHost.Modern(method, parameters).SendAsync(host);

        Assert.Equal((HttpStatusCode.BadRequest, -32021), (answer.Status, answer.ErrorCode));
        Assert.True(answer.Last.GetProperty("error").GetProperty("data").GetProperty("requiredCapabilities").GetProperty("extensions").TryGetProperty("io.modelcontextprotocol/tasks", out _));
        Assert.Empty(host.Enforcement.Tasks.Asked);
    }

    [Theory]
    [InlineData("tasks/get", "{}", -32602)]
    [InlineData("tasks/get", "{\"taskId\":7}", -32602)]
    [InlineData("tasks/get", "{\"taskId\":\"h\",\"TaskId\":\"g\"}", -32602)]
    [InlineData("tasks/update", "{\"taskId\":\"h\"}", -32602)]
    [InlineData("tasks/update", "{\"taskId\":\"h\",\"inputResponses\":{\"q\":1}}", -32602)]
    [InlineData("tasks/result", "{\"taskId\":\"h\"}", -32601)]
    [InlineData("tasks/list", "{}", -32601)]
    public async Task Request_IsRefused_WhereItsShapeIsNotTheProtocols(string method, string parameters, int code)
    {
        await using var host = await WireHost.StartAsync();
        var request = Declare(WireHost.Modern(method, parameters));
        if (parameters != "{}" && !request.Headers.ContainsKey("Mcp-Name")) request.With("Mcp-Name", "h");

        var answer = await request.SendAsync(host);

        // A parameter that is no text has no header that could repeat it.
        Assert.Contains(answer.ErrorCode, parameters is "{}" or "{\"taskId\":7}" && code == -32602 ? [-32602, -32020] : (int[])[code]);
        Assert.Empty(host.Enforcement.Tasks.Asked);
    }

    [Theory]
    [InlineData("another")]
    [InlineData(null)]
    public async Task Request_IsRefused_WhereItsHeaderNamesAnotherTask(string? named)
    {
        await using var host = await WireHost.StartAsync();
        var request = Declare(WireHost.Modern("tasks/get", """{"taskId":"handle"}"""));

        var answer = await (named is null ? request.Without("Mcp-Name") : request.With("Mcp-Name", named)).SendAsync(host);

        Assert.Equal(-32020, answer.ErrorCode);
    }

    [Fact]
    public async Task Request_IsUnknown_InTheInitializeEra()
    {
        await using var host = await WireHost.StartAsync();
        var session = await host.OpenSessionAsync();

        Assert.Equal(-32601, (await host.LegacyAsync("""{"jsonrpc":"2.0","id":7,"method":"tasks/get","params":{"taskId":"h"}}""", session)).ErrorCode);
    }

    [Fact]
    public async Task TaskThatAsksMoreThanTheRequestDeclares_NamesWhatIsMissing()
    {
        await using var host = await WireHost.StartAsync();
        host.Enforcement.Tasks.Answer = (_, _) => new TaskAnswer.Undeclared(AgentInputs.Sampling);

        var answer = await Declare(WireHost.Modern("tasks/get", """{"taskId":"handle"}""")).SendAsync(host);

        Assert.Equal((HttpStatusCode.BadRequest, -32021), (answer.Status, answer.ErrorCode));
        Assert.True(answer.Last.GetProperty("error").GetProperty("data").GetProperty("requiredCapabilities").TryGetProperty("sampling", out _));
    }

    [Fact]
    public async Task Listen_TellsEachChangeOfATask_Once_AndNoneAfterItsEnd()
    {
        await using var host = await WireHost.StartAsync();
        var states = new Queue<TaskAnswer>([FakeTasks.Working("h"), FakeTasks.Working("h"), FakeTasks.Working("h", "Half done."), FakeTasks.Working("h", "Half done."), FakeTasks.Completed("h")]);
        host.Enforcement.Tasks.Answer = (_, task) => task.Handle == "h" ? states.Dequeue() : new TaskAnswer.Error(JsonElement.Parse("""{"code":-32602,"message":"no"}"""));
        using var request = Declare(WireHost.Modern("subscriptions/listen", """{"notifications":{"taskIds":["h","forged"]}}""")).ToMessage();

        using var response = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var told = new List<JsonElement>();
        while (told.Count < 4 && await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            if (line.StartsWith("data: ", StringComparison.Ordinal)) told.Add(JsonElement.Parse(line["data: ".Length..]));

        Assert.Equal("""["h"]""", told[0].GetProperty("params").GetProperty("notifications").GetProperty("taskIds").GetRawText());
        Assert.Equal(["working ", "working Half done.", "completed "], told.Skip(1).Select(notice =>
        {
            Assert.Equal("notifications/tasks", notice.GetProperty("method").GetString());
            var shown = notice.GetProperty("params");
            Assert.Equal(1, shown.GetProperty("_meta").GetProperty("io.modelcontextprotocol/subscriptionId").GetInt32());
            return $"{shown.GetProperty("status").GetString()} {(shown.TryGetProperty("statusMessage", out var message) ? message.GetString() : "")}";
        }));
        Assert.Empty(states);
    }

    [Fact]
    public async Task TaskThatReachedNobody_IsSaidToBeLost()
    {
        await using var host = await WireHost.StartAsync();
        using var gone = new CancellationTokenSource();
        host.Enforcement.OnCall = async (_, _, cancellationToken) =>
        {
            await gone.CancelAsync();
            await Task.Delay(Timeout.Infinite, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return new CallAnswer.Task(FakeTasks.Working("h").Value);
        };
        using var request = Declare(WireHost.Modern("tools/call", """{"name":"siem_get_alert"}""")).ToMessage();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => host.Http.SendAsync(request, gone.Token));
        for (var tries = 0; host.Enforcement.Lost.IsEmpty && tries < 500; tries++)
            await Task.Delay(20, TestContext.Current.CancellationToken);

        Assert.IsType<CallAnswer.Task>(Assert.Single(host.Enforcement.Lost));
    }

    private static ModernRequest Declare(ModernRequest request) => request.Replace(Undeclared, Declared.Trim());
}

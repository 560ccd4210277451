using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Large;
using Harness.Mcp.Proxy.Backends.Tasks;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Asking;
using Harness.Mcp.Proxy.Enforcement.Tasks;
using Harness.Mcp.Proxy.Tests.Enforcement.Asking;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Enforcement.Tasks;

/// <summary>A backend that answers every call by one task, if it may, which is as a test sets it; and its agent.</summary>
internal sealed class ScriptedTask
{
    public const string Id = "the-backends-own-id";

    private static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private readonly EnforcementWorld _world;

    private ScriptedTask(EnforcementWorld world)
    {
        _world = world;
        world.Backend.Reply = (call, _) => ValueTask.FromResult<BackendReply>(call.TakesTask ? new BackendReply.Task(Report) : RecordingBackend.Text("at once"));
        world.Backend.TaskReply = Answer;
    }

    public TaskReport Report { get; set; } = new(Id, TaskState.Working, null, Noon, Noon.AddSeconds(1), TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(5));

    /// <summary>What it says instead of how it stands; null for nothing.</summary>
    public Func<TaskRequest, TaskReply?> Instead { get; set; } = static _ => null;

    public static async Task<(EnforcementWorld World, ScriptedTask Task)> StartAsync(string mission, TimeProvider? time = null)
    {
        var world = await EnforcementWorld.WithAsync(mission, time);
        return (world, new ScriptedTask(world));
    }

    public void Says(string message) => Report = Report with { Message = message };

    public void Asks(params string[] keys) => Report = Report with
    {
        State = TaskState.InputRequired, Requests = JsonElement.Parse($"{{{string.Join(',', keys.Select(key => $"\"{key}\":{ModernAgent.Form}"))}}}"),
    };

    public void Works() => Report = Report with { State = TaskState.Working, Requests = null };

    public void Completes(string text, bool isError = false) => Report = Report with
    {
        State = TaskState.Completed, Requests = null, Outcome = new BackendReply.Result(JsonSerializer.SerializeToElement(new { content = new[] { new { type = "text", text } }, isError })),
    };

    /// <summary>Completes with a result that went to a file.</summary>
    public async Task CompletesAsync(LargeResults large, string result)
    {
        var spool = large.Begin();
        await spool.WriteAsync(System.Text.Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":7,"result":{"result":{{result}} } }"""), TestContext.Current.CancellationToken);
        var answer = await spool.ReadAsync(TestContext.Current.CancellationToken);
        Report = Report with { State = TaskState.Completed, Requests = null, Outcome = new BackendReply.Large(spool, answer!.Inner!) };
    }

    public async Task<CallAnswer> ReadAsync(string uri) => await _world.Enforcer.CallAsync(
        new AgentCall(EnforcementWorld.Agent, EnforcementWorld.Mission, uri, null, null) { Kind = CallKind.Resource }, NoNotices.Instance, TestContext.Current.CancellationToken);

    public void Fails(string error = """{"code":-32603,"message":"It broke."}""") => Report = Report with { State = TaskState.Failed, Outcome = new BackendReply.Error(JsonElement.Parse(error)) };

    /// <summary>Calls a tool whose answer is the task.</summary>
    /// <returns>The agent's handle.</returns>
    public async Task<string> OpenAsync(string tool = "notes_write", string text = "x") =>
        Assert.IsType<CallAnswer.Task>(await CallAsync(tool, text)).Value.GetProperty("taskId").GetString()!;

    public async Task<CallAnswer> CallAsync(string tool, string text = "x", bool takesTask = true, CallResumption? resumption = null) => await _world.Enforcer.CallAsync(
        new AgentCall(EnforcementWorld.Agent, EnforcementWorld.Mission, tool, JsonSerializer.SerializeToElement(new { text }), null)
        {
            TakesTask = takesTask, Inputs = new ModernAgent(AgentInputs.Elicitation), Resumption = resumption,
        },
        NoNotices.Instance,
        TestContext.Current.CancellationToken);

    public async Task<TaskAnswer> GetAsync(string handle, AgentInputs declared = AgentInputs.Elicitation) =>
        await _world.Tasks.GetAsync(Asked(handle, declared), TestContext.Current.CancellationToken);

    public async Task<TaskAnswer> UpdateAsync(string handle, string responses) =>
        await _world.Tasks.UpdateAsync(Asked(handle), JsonElement.Parse(responses), TestContext.Current.CancellationToken);

    public async Task<TaskAnswer> CancelAsync(string handle) => await _world.Tasks.CancelAsync(Asked(handle), TestContext.Current.CancellationToken);

    public static AgentTask Asked(string handle, AgentInputs declared = AgentInputs.Elicitation) => new(EnforcementWorld.Agent, EnforcementWorld.Mission, handle, declared);

    public static JsonElement Shown(TaskAnswer answer) => Assert.IsType<TaskAnswer.Reported>(answer).Value;

    public static string? Status(TaskAnswer answer) => Shown(answer).GetProperty("status").GetString();

    public static string? Text(TaskAnswer answer) => Shown(answer).GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString();

    /// <summary>`code reason` of an error.</summary>
    public static string Refusal(TaskAnswer answer)
    {
        var error = Assert.IsType<TaskAnswer.Error>(answer).Value;
        return $"{error.GetProperty("code").GetInt32()} {error.GetProperty("data").GetProperty("reason").GetString()}";
    }

    public Task<ImmutableArray<string>> KindsAsync() => _world.KindsAsync();

    public Task<LinkBody.CallSettled> SettledAsync() => _world.SettledAsync();

    public int Requests(TaskErrand errand) => _world.Backend.TaskRequests.Count(one => one.Request.Errand == errand);

    private TaskReply Answer(TaskRequest request)
    {
        if (Instead(request) is { } other)
            return other;
        if (request.Task != Id)
            return new TaskReply.Gone();
        return request.Errand == TaskErrand.Get ? new TaskReply.Reported(Report) : new TaskReply.Noted();
    }
}

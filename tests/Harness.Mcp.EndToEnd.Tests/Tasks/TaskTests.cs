using System.Text.Json.Nodes;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Tasks;

/// <summary>Calls that a real server answers later, through a real `harness run`, over its stops and restarts.</summary>
public sealed class TaskTests
{
    [Fact(Timeout = 120_000)]
    public async Task Task_SurvivesAKillOfTheProxy_AndSettlesTheSameLink()
    {
        var token = TestContext.Current.CancellationToken;
        await using var home = await TaskHome.StartAsync(token);
        string task;
        using (var agent = home.Agent())
        {
            var discovered = (await agent.SendAsync("server/discover", [], token)).Result;
            Assert.True(discovered.GetProperty("capabilities").GetProperty("extensions").TryGetProperty(TaskHome.Extension, out _));
            task = await BeginAsync(agent, "slow_compute", new { seconds = 3, label = "over a kill" }, token);
        }

        await home.RestartAsync(token);

        using var again = home.Agent();
        var shown = await TaskHome.UntilAsync(again, task, "completed", token);
        Assert.Equal("Computed over a kill.", shown.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString());
        var chain = await home.ExportAsync(token);
        Assert.Equal(["mission_opened", "call_admitted", "task_opened", "call_settled"], Kinds(chain));
        Assert.Equal("ok", chain.OutcomeOf(chain.Admitted.Single()));
        Assert.Contains("whole", (await home.HarnessAsync(token, "chain", "verify")).Done, StringComparison.Ordinal);
    }

    [Theory(Timeout = 120_000)]
    [InlineData("suspend")]
    [InlineData("revoke")]
    public async Task Stop_OfAMission_CancelsItsTasksAtTheServer(string command)
    {
        var token = TestContext.Current.CancellationToken;
        await using var home = await TaskHome.StartAsync(token);
        using var agent = home.Agent();
        var task = await BeginAsync(agent, "slow_compute", new { seconds = 600, label = "stopped" }, token);

        await home.HarnessAsync(token, "mission", command, home.MissionId, "--why", "enough");

        Assert.Equal(command == "suspend" ? "mission_suspended" : "mission_ended", (await agent.SendAsync("tasks/get", new JsonObject { ["taskId"] = task }, token)).Error.Reason);
        var chain = await home.ExportUntilAsync("call_settled", token);
        Assert.Equal("unknown", chain.OutcomeOf(chain.Admitted.Single()));
        var own = chain.Records.Single(record => record.GetProperty("kind").GetString() == "task_opened").GetProperty("task").GetString()!;
        Assert.NotEqual(own, task);
        Assert.Equal("cancelled", (await home.Server.SendAsync("tasks/get", new JsonObject { ["taskId"] = own }, token)).Result.GetProperty("status").GetString());
        Assert.Contains("whole", (await home.HarnessAsync(token, "chain", "verify")).Done, StringComparison.Ordinal);
    }

    [Fact(Timeout = 120_000)]
    public async Task Question_OfATask_IsAnswered_AcrossAKill()
    {
        var token = TestContext.Current.CancellationToken;
        await using var home = await TaskHome.StartAsync(token);
        string task;
        using (var agent = home.Agent())
        {
            task = await BeginAsync(agent, "confirm_delete", new { filename = "a.txt" }, token);
            var asked = await TaskHome.UntilAsync(agent, task, "input_required", token);
            Assert.Equal("[jobs] Please confirm", asked.GetProperty("inputRequests").GetProperty("confirm").GetProperty("params").GetProperty("message").GetString());
        }

        await home.RestartAsync(token);

        using var again = home.Agent();
        var answer = new JsonObject { ["taskId"] = task, ["inputResponses"] = new JsonObject { ["confirm"] = new JsonObject { ["action"] = "decline" } } };
        Assert.Equal("complete", (await again.SendAsync("tasks/update", answer, token)).Result.GetProperty("resultType").GetString());
        var shown = await TaskHome.UntilAsync(again, task, "completed", token);
        Assert.Equal("a.txt: decline", shown.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString());
        Assert.Equal(["mission_opened", "call_admitted", "task_opened", "input_asked", "input_given", "call_settled"], Kinds(await home.ExportAsync(token)));
    }

    [Fact(Timeout = 120_000)]
    public async Task Notices_TellOfATask_UntilItsEnd()
    {
        var token = TestContext.Current.CancellationToken;
        await using var home = await TaskHome.StartAsync(token);
        using var agent = home.Agent();
        var task = await BeginAsync(agent, "slow_compute", new { seconds = 600, label = "told" }, token);

        await using var stream = await agent.ListenAsync(new JsonObject { ["taskIds"] = new JsonArray(task) }, token);

        Assert.Equal(task, (await stream.NextAsync(token)).GetProperty("params").GetProperty("notifications").GetProperty("taskIds")[0].GetString());
        var told = new List<string>();
        while (told is not [.., "cancelled"])
        {
            var notice = await stream.NextAsync(token);
            Assert.Equal("notifications/tasks", notice.GetProperty("method").GetString());
            Assert.Equal(task, notice.GetProperty("params").GetProperty("taskId").GetString());
            told.Add(notice.GetProperty("params").GetProperty("status").GetString()!);
            if (told.Count == 1)
                await agent.SendAsync("tasks/cancel", new JsonObject { ["taskId"] = task }, token);
        }

        Assert.Equal(["working", "cancelled"], told);
        Assert.Equal(["mission_opened", "call_admitted", "task_opened", "call_settled"], Kinds(await home.ExportAsync(token)));
    }

    [Fact(Timeout = 120_000)]
    public async Task OlderAgent_GetsItsAnswerAtOnce()
    {
        var token = TestContext.Current.CancellationToken;
        await using var home = await TaskHome.StartAsync(token);
        using var agent = await SessionAgent.OpenAsync(home.Endpoint, token);

        var answer = await agent.CallAsync("slow_compute", 1, token, new { seconds = 0, label = "at once" });

        Assert.Equal("Computed at once.", answer.Text);
        Assert.Equal(["mission_opened", "call_admitted", "call_settled"], Kinds(await home.ExportAsync(token)));
    }

    private static async Task<string> BeginAsync(HttpAgent agent, string tool, object arguments, CancellationToken cancellationToken)
    {
        var created = (await agent.CallAsync(tool, cancellationToken, arguments)).Result;
        Assert.Equal("task", created.GetProperty("resultType").GetString());
        return created.GetProperty("taskId").GetString()!;
    }

    private static IEnumerable<string?> Kinds(ChainRecords chain) => chain.Records.Select(record => record.GetProperty("kind").GetString());
}

using System.Text.Json;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Tasks;

/// <summary>The client library for tasks of the protocol's authors, over a real `harness run`: it checks every message against its own schemas.</summary>
public sealed class TypeScriptTaskTests
{
    [Fact(Timeout = 600_000)]
    public async Task Client_WaitsForTasks_AnswersThem_AndReadsHowTheyEnd()
    {
        var token = TestContext.Current.CancellationToken;
        await NpmParts.InstallAsync(token);
        await using var home = await TaskHome.StartAsync(token);
        var calls = JsonSerializer.Serialize(new object[]
        {
            new { name = "greet", arguments = new { name = "Ann" } },
            new { name = "slow_compute", arguments = new { seconds = 1, label = "a" } },
            new { name = "failing_job", arguments = new { } },
            new { name = "protocol_error_job", arguments = new { } },
            new { name = "confirm_delete", arguments = new { filename = "x" } },
            new { name = "no_such_tool", arguments = new { } },
        });

        var (code, output, errors) = await ChildProcess.RunAsync(NpmParts.Node, [NpmParts.Script("tasks-agent.mjs"), calls, home.Endpoint.ToString()], token);

        Assert.True(code == 0, $"{errors}\n{home.Proxy.Log}");
        var read = JsonElement.Parse(output);
        Assert.Equal("[jobs] Please confirm", Assert.Single(read.GetProperty("asked").EnumerateArray()).GetString());
        Assert.Equal(
            [
                "completed False Hello, Ann!",
                "completed False Computed a.",
                "completed True The job failed.",
                "failed -32603 The job broke.",
                "completed False x: accept",
                "completed True tool_not_granted",
            ],
            read.GetProperty("answers").EnumerateArray().Select(Say));
        var chain = await home.ExportAsync(token);
        Assert.Equal(["ok", "ok", "error", "error", "ok"], chain.Admitted.Select(chain.OutcomeOf));
        Assert.Equal(4, chain.Records.Count(record => record.GetProperty("kind").GetString() == "task_opened"));
    }

    private static string Say(JsonElement answer)
    {
        Assert.False(answer.TryGetProperty("failure", out var failure), failure.ToString());
        if (answer.GetProperty("status").GetString() == "failed")
            return $"failed {answer.GetProperty("code")} {answer.GetProperty("error").GetString()}";
        var text = answer.GetProperty("text").GetString()!;
        return $"{answer.GetProperty("status").GetString()} {answer.GetProperty("isError").GetBoolean()} {(text.Contains("No tool of this name", StringComparison.Ordinal) ? "tool_not_granted" : text)}";
    }
}

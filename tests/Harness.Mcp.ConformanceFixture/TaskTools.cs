using System.ComponentModel;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.ConformanceFixture;

/// <summary>
/// The tools of the conformance suite's scenarios about tasks, as they are without tasks. What <see cref="TaskServer"/> makes of them for a client that
/// understands tasks stands in <see cref="Jobs"/>.
/// </summary>
[McpServerToolType]
internal sealed class TaskTools
{
    /// <summary>A tool that needs a task, and the ones that can do without.</summary>
    public const string NeedsTask = "failing_job";

    public static IReadOnlyDictionary<string, Func<JsonObject, FixtureTask, Task>> Jobs { get; } = new Dictionary<string, Func<JsonObject, FixtureTask, Task>>(StringComparer.Ordinal)
    {
        ["slow_compute"] = async (arguments, task) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(arguments["seconds"]?.GetValue<double>() ?? 0), task.Cancelled);
            task.Complete($"Computed {arguments["label"]?.GetValue<string>()}.");
        },
        [NeedsTask] = async (_, task) =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), task.Cancelled);
            task.Complete("The job failed.", isError: true);
        },
        ["protocol_error_job"] = (_, task) =>
        {
            task.Fail(-32603, "The job broke.");
            return Task.CompletedTask;
        },
        ["confirm_delete"] = async (arguments, task) =>
        {
            var answers = await task.AskAsync("confirm");
            task.Complete($"{arguments["filename"]?.GetValue<string>()}: {answers["confirm"]!["action"]}");
        },
        ["multi_input"] = async (_, task) =>
        {
            var answers = await task.AskAsync("first", "second");
            task.Complete($"Got {string.Join(", ", answers.Select(answer => answer.Key).Order(StringComparer.Ordinal))}.");
        },
    };

    [McpServerTool(Name = "greet"), Description("Greets by name.")]
    public static string Greet([Description("Whom to greet.")] string name) => $"Hello, {name}!";

    [McpServerTool(Name = "slow_compute"), Description("Takes its time.")]
    public static async Task<string> ComputeAsync(double seconds, string label, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds), cancellationToken);
        return $"Computed {label}.";
    }

    [McpServerTool(Name = NeedsTask), Description("Fails after a while.")]
    public static CallToolResult Fail() => new() { IsError = true, Content = [new TextContentBlock { Text = "The job failed." }] };

    [McpServerTool(Name = "protocol_error_job"), Description("Breaks.")]
    public static string Break() => throw new ModelContextProtocol.McpProtocolException("The job broke.", ModelContextProtocol.McpErrorCode.InternalError);

    [McpServerTool(Name = "confirm_delete"), Description("Asks before it deletes.")]
    public static string Delete(string filename) => $"{filename}: nobody could be asked.";

    [McpServerTool(Name = "multi_input"), Description("Asks two things at once.")]
    public static string Several() => "Nobody could be asked.";

    [McpServerTool(Name = "test_tool_with_task"), Description("Asks for a name, and then takes its time.")]
    public static string AskFirst(RequestContext<CallToolRequestParams> request) => $"Hello, {AskingTools.Answer(request.Params, "user_name", AskingTools.NameForm)}!";
}

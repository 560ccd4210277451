using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Harness.Mcp.ConformanceFixture;

/// <summary>
/// The extension `io.modelcontextprotocol/tasks`, which the SDK does not have: it stands in front of the SDK's methods, and takes the requests of clients that
/// declare the extension. Clients that do not get what the tools do without tasks.
/// </summary>
internal sealed class TaskServer
{
    public const string Extension = "io.modelcontextprotocol/tasks";

    private const string AsksFirst = "test_tool_with_task";

    private readonly ConcurrentDictionary<string, FixtureTask> _tasks = new(StringComparer.Ordinal);

    public McpMessageHandler Filter(McpMessageHandler next) => async (context, cancellationToken) =>
    {
        if (context.JsonRpcMessage is JsonRpcRequest request && Answer(request) is { } answer)
            await context.Server.SendMessageAsync(answer, cancellationToken);
        else
            await next(context, cancellationToken);
    };

    private JsonRpcMessage? Answer(JsonRpcRequest request)
    {
        var parameters = request.Params as JsonObject ?? [];
        var isDeclared = parameters["_meta"]?["io.modelcontextprotocol/clientCapabilities"]?["extensions"]?[Extension] is JsonObject;
        if (request.Method == "tools/call")
            return Call(request, parameters, isDeclared);
        if (request.Method is not ("tasks/get" or "tasks/update" or "tasks/cancel"))
            return null;
        if (!isDeclared)
            return Missing(request);
        if (!_tasks.TryGetValue(parameters["taskId"]?.GetValue<string>() ?? "", out var task))
            return Error(request, -32602, "There is no such task.", null);

        switch (request.Method)
        {
            case "tasks/get":
                return Result(request, task.Show(isWhole: true), "complete");
            case "tasks/update":
                task.Answer(parameters["inputResponses"] as JsonObject ?? []);
                break;
            default:
                task.Cancel();
                break;
        }

        return Result(request, [], "complete");
    }

    private JsonRpcMessage? Call(JsonRpcRequest request, JsonObject parameters, bool isDeclared)
    {
        var tool = parameters["name"]?.GetValue<string>() ?? "";
        if (!isDeclared)
            return tool == TaskTools.NeedsTask ? Missing(request) : null;
        if (tool == AsksFirst && parameters["inputResponses"]?["user_name"]?["content"]?["name"] is { } name)
            return Begin(request, async task =>
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), task.Cancelled);
                task.Complete($"Hello, {name.GetValue<string>()}!");
            });
        return TaskTools.Jobs.TryGetValue(tool, out var job) ? Begin(request, task => job(parameters["arguments"] as JsonObject ?? [], task)) : null;
    }

    private JsonRpcResponse Begin(JsonRpcRequest request, Func<FixtureTask, Task> job)
    {
        var task = new FixtureTask();
        _tasks[task.Id] = task;
        var created = Result(request, task.Show(isWhole: false), "task");
        _ = RunAsync(task, job);
        return created;
    }

    private static async Task RunAsync(FixtureTask task, Func<FixtureTask, Task> job)
    {
        try
        {
            await job(task);
        }
        catch (OperationCanceledException)
        {
            // The client gave it up.
        }
    }

    private static JsonRpcResponse Result(JsonRpcRequest request, JsonObject result, string type)
    {
        result["resultType"] = type;
        return new JsonRpcResponse { Id = request.Id, Result = result };
    }

    private static JsonRpcError Missing(JsonRpcRequest request) => Error(request, -32021, "Missing required client capability", new JsonObject
    {
        ["requiredCapabilities"] = new JsonObject { ["extensions"] = new JsonObject { [Extension] = new JsonObject() } },
    });

    private static JsonRpcError Error(JsonRpcRequest request, int code, string message, JsonObject? data) => new()
    {
        Id = request.Id, Error = new JsonRpcErrorDetail { Code = code, Message = message, Data = data },
    };
}

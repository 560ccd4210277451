using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Harness.Mcp.TestKit.Backends;

/// <summary>
/// What a scripted backend of 2026-07-28 has of `io.modelcontextprotocol/tasks`: its tool `later` answers by a task where it may, which works until `finish`
/// is called with the text that it completes with, and how many times over.
/// </summary>
public sealed class ScriptedTasks
{
    private const string Extension = "io.modelcontextprotocol/tasks";

    private readonly ConcurrentDictionary<string, JsonObject> _tasks = new(StringComparer.Ordinal);

    public static JsonObject Capability => new() { [Extension] = new JsonObject() };

    public static bool IsDeclared(JsonObject parameters) =>
        parameters["_meta"]?["io.modelcontextprotocol/clientCapabilities"]?["extensions"]?[Extension] is JsonObject;

    /// <summary>Begins a task; its id is one that a header cannot carry as it is.</summary>
    public JsonObject Begin()
    {
        var task = new JsonObject
        {
            ["taskId"] = $"täsk {_tasks.Count + 1}", ["status"] = "working", ["statusMessage"] = "Begun.", ["createdAt"] = "2026-11-24T12:00:00Z", ["lastUpdatedAt"] = "2026-11-24T12:00:00+00:00",
            ["ttlMs"] = 60_000, ["pollIntervalMs"] = 100, ["invented"] = true,
        };
        _tasks[task["taskId"]!.GetValue<string>()] = task;
        var created = task.DeepClone().AsObject();
        created["resultType"] = "task";
        return created;
    }

    public void Finish(string text)
    {
        foreach (var task in _tasks.Values)
        {
            task["status"] = "completed";
            task["result"] = new JsonObject { ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text }), ["resultType"] = "complete" };
        }
    }

    /// <returns>Null where there is no such task, or no such method.</returns>
    public JsonObject? Answer(string method, JsonObject parameters)
    {
        if (!_tasks.TryGetValue(parameters["taskId"]?.GetValue<string>() ?? "", out var task))
            return null;
        switch (method)
        {
            case "tasks/get":
                var shown = task.DeepClone().AsObject();
                shown["resultType"] = "complete";
                return shown;
            case "tasks/update":
                task["updates"] = parameters["inputResponses"]?.DeepClone();
                return [];
            case "tasks/cancel":
                task["status"] = "cancelled";
                return [];
            default:
                return null;
        }
    }
}

using System.Text.Json;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Enforcement.Tasks;
using Microsoft.AspNetCore.Http;

namespace Harness.Mcp.Proxy.Wire.Tasks;

/// <summary>The parameters of requests about tasks, and whether an agent declares that it understands tasks at all.</summary>
internal static class TaskShape
{
    /// <summary>Tasks whose changes one stream may tell.</summary>
    public const int ListenMax = 64;

    /// <summary>Whether the request's own capabilities have the extension; what an agent declared before says nothing.</summary>
    public static bool IsDeclared(AgentMessage message) =>
        message.MetaMember(AgentMessage.CapabilitiesKey) is { ValueKind: JsonValueKind.Object } capabilities
        && capabilities.TryGetProperty("extensions", out var extensions) && extensions.ValueKind == JsonValueKind.Object
        && extensions.TryGetProperty(TaskResult.Extension, out var tasks) && tasks.ValueKind == JsonValueKind.Object;

    public static WireError? Check(AgentMessage message)
    {
        if (message.Param("taskId") is not { ValueKind: JsonValueKind.String } id || id.GetString()!.Length > TaskSeal.CharsMax)
            return WireError.Params($"{message.Method} needs taskId, the text that came with the task, as it was.");
        if (string.Equals(message.Method, Methods.UpdateTask, StringComparison.Ordinal)
            && !(message.Param("inputResponses") is { ValueKind: JsonValueKind.Object } responses && responses.EnumerateObject().All(response => response.Value.ValueKind == JsonValueKind.Object)))
            return WireError.Params("tasks/update needs inputResponses, an object with one object for each request, under the request's key.");
        return IsDeclared(message) ? null : Undeclared();
    }

    /// <summary>What a notice stream may ask for of tasks.</summary>
    public static WireError? CheckListen(AgentMessage message, JsonElement wanted)
    {
        if (!wanted.TryGetProperty("taskIds", out var ids)) return null;
        if (ids.ValueKind != JsonValueKind.Array || ids.GetArrayLength() > ListenMax
            || !ids.EnumerateArray().All(id => id.ValueKind == JsonValueKind.String && id.GetString()!.Length <= TaskSeal.CharsMax))
            return WireError.Params($"notifications.taskIds must be a list of at most {ListenMax} task ids.");
        return ids.GetArrayLength() == 0 || IsDeclared(message) ? null : Undeclared();
    }

    private static WireError Undeclared() => new(
        StatusCodes.Status400BadRequest,
        WireError.MissingCapability,
        $"Tasks are for agents that understand them: declare the extension `{TaskResult.Extension}` in the capabilities of each request about them.")
    {
        Data = json =>
        {
            json.WriteStartObject("requiredCapabilities");
            json.WriteStartObject("extensions");
            json.WriteStartObject(TaskResult.Extension);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        },
    };
}

using System.Text.Json;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>The methods of MCP that the agent endpoint knows; every other method is refused.</summary>
internal static class Methods
{
    public const string Initialize = "initialize";
    public const string Discover = "server/discover";
    public const string Ping = "ping";
    public const string ListTools = "tools/list";
    public const string CallTool = "tools/call";
    public const string ListResources = "resources/list";
    public const string ListTemplates = "resources/templates/list";
    public const string ReadResource = "resources/read";
    public const string ListPrompts = "prompts/list";
    public const string GetPrompt = "prompts/get";
    public const string Complete = "completion/complete";
    public const string Subscribe = "resources/subscribe";
    public const string Unsubscribe = "resources/unsubscribe";
    public const string Listen = "subscriptions/listen";
    public const string GetTask = "tasks/get";
    public const string UpdateTask = "tasks/update";
    public const string CancelTask = "tasks/cancel";
    public const string SetLevel = "logging/setLevel";

    public const string Cancelled = "notifications/cancelled";
    public const string Progress = "notifications/progress";
    public const string Message = "notifications/message";
    public const string ToolsChanged = "notifications/tools/list_changed";
    public const string ResourcesChanged = "notifications/resources/list_changed";
    public const string ResourceUpdated = "notifications/resources/updated";
    public const string PromptsChanged = "notifications/prompts/list_changed";
    public const string TaskChanged = "notifications/tasks";
    public const string Acknowledged = "notifications/subscriptions/acknowledged";

    /// <summary>What telemetry calls a method or tool that was not resolved, so that agents cannot mint label values.</summary>
    public const string Other = "_OTHER";

    /// <param name="method">A string.</param>
    public static string NameOf(JsonElement method) => method.ValueEquals(CallTool) ? CallTool : method.GetString() ?? "";

    /// <summary>Whether requests of the method are calls, each judged and recorded.</summary>
    public static bool IsCall(string method) => method is CallTool or ReadResource or GetPrompt or Complete;

    /// <summary>Whether requests of the method are about a task, by which a call is answered later.</summary>
    public static bool IsOfTask(string method) => method is GetTask or UpdateTask or CancelTask;

    /// <summary>Whether the method exists for agents of this era.</summary>
    public static bool IsServed(string method, bool isModern) => method switch
    {
        ListTools or CallTool => true,
        ListResources or ListTemplates or ReadResource or ListPrompts or GetPrompt or Complete => true,
        Discover or Listen or GetTask or UpdateTask or CancelTask => isModern,
        Initialize or Ping or SetLevel or Subscribe or Unsubscribe => !isModern,
        _ => false,
    };
}

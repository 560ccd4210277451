using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Proxy.Backends;

/// <summary>What a call is in the protocol. Missions, rules and links see all of them as calls of tools: see <see cref="ReservedTools"/>.</summary>
public enum CallKind
{
    /// <summary>`tools/call`.</summary>
    Tool,

    /// <summary>`resources/read`.</summary>
    Resource,

    /// <summary>`prompts/get`.</summary>
    Prompt,

    /// <summary>`completion/complete`.</summary>
    Completion,
}

/// <summary>The methods by which calls are made.</summary>
public static class CallKinds
{
    public static string MethodOf(CallKind kind) => kind switch
    {
        CallKind.Resource => ReservedTools.ReadResource,
        CallKind.Prompt => ReservedTools.GetPrompt,
        CallKind.Completion => ReservedTools.Complete,
        _ => "tools/call",
    };

    /// <summary>The kind of a call that missions name so.</summary>
    public static CallKind Of(string toolName) => toolName switch
    {
        ReservedTools.ReadResource => CallKind.Resource,
        ReservedTools.GetPrompt => CallKind.Prompt,
        ReservedTools.Complete => CallKind.Completion,
        _ => CallKind.Tool,
    };
}

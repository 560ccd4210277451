using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// A denial of a call whose method has no result for one (`resources/read`, `prompts/get`, `completion/complete`): a JSON-RPC error. Its message is the text
/// of <see cref="DenialResult"/>, its `data` has the same members as the structured form there, and for a resource `uri`.
/// </summary>
public static class DenialError
{
    /// <summary>Our own code, outside of what JSON-RPC and MCP reserve. What is not granted has the code of what does not exist.</summary>
    public const int Code = 1005;

    public static JsonElement Of(Denial denial, AgentCall asked)
    {
        ArgumentNullException.ThrowIfNull(denial);
        ArgumentNullException.ThrowIfNull(asked);

        var isHidden = denial.Reason == ReasonCode.ToolNotGranted;
        var said = isHidden ? denial with { Say = SentenceOf(asked) } : denial;
        var data = JsonObject.Create(DenialResult.Of(said, asked.Mission).GetProperty("structuredContent"))!;
        if (asked.Kind == CallKind.Resource)
            data["uri"] = asked.Tool;
        return WireJson.ElementOf(new JsonObject
        {
            ["code"] = isHidden ? WireError.InvalidParams : Code,
            ["message"] = DenialResult.TextOf(said),
            ["data"] = data,
        });
    }

    private static string SentenceOf(AgentCall asked) => asked.Kind == CallKind.Prompt || (asked.Kind == CallKind.Completion && NamesPrompt(asked))
        ? Denial.PromptNotGrantedSentence
        : Denial.ResourceNotGrantedSentence;

    private static bool NamesPrompt(AgentCall asked) =>
        asked.Arguments is { } parameters && parameters.TryGetProperty("ref", out var of) && of.ValueKind == JsonValueKind.Object && of.TryGetProperty("name", out _);
}

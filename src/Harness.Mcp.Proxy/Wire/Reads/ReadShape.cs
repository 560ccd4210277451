using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Asking;
using Harness.Mcp.Proxy.Wire.Tasks;

namespace Harness.Mcp.Proxy.Wire.Reads;

/// <summary>The parameters of reads: whether they have the types that the protocol gives them, and the call that they ask for.</summary>
internal static class ReadShape
{
    public static WireError? Check(AgentMessage message, bool isModern) => message.Method switch
    {
        Methods.ReadResource => CheckUri(message) ?? MethodShape.CheckInput(message, isModern),
        Methods.GetPrompt => CheckPrompt(message) ?? MethodShape.CheckInput(message, isModern),
        Methods.Complete => CheckCompletion(message),
        Methods.Subscribe or Methods.Unsubscribe => CheckUri(message),
        Methods.Listen => CheckListen(message),
        _ => null,
    };

    /// <summary>The call of a request that passed <see cref="Check"/>.</summary>
    /// <param name="peer">The way to the agent, for a backend that asks it something; null where nobody will.</param>
    public static AgentCall CallOf(AgentRequest request, IAgentPeer? peer = null)
    {
        var message = request.Message!;
        return message.Method switch
        {
            Methods.ReadResource => New(CallKind.Resource, Text(message, "uri"), null),
            Methods.GetPrompt => New(CallKind.Prompt, message.Name!, message.Param("arguments")),
            Methods.Complete => New(CallKind.Completion, Referred(message.Param("ref")!.Value)!, Parameters(message)),
            _ => New(CallKind.Tool, message.Name!, message.Param("arguments")),
        };

        AgentCall New(CallKind kind, string tool, JsonElement? arguments) =>
            new(request.Agent, request.Mission, tool, arguments, message.Meta)
            {
                Kind = kind,
                OddNumber = message.OddNumber,
                // A completion's parameters are what is judged, all of them.
                More = kind == CallKind.Completion ? null : message.More,
                LogLevel = request.LogLevel,
                TakesTask = kind == CallKind.Tool && request.IsModern && TaskShape.IsDeclared(message),
                // Nothing but these three can be repeated with input.
                Inputs = kind == CallKind.Completion || peer is null ? null : new CallInputs(request, peer),
                // Answers without a state answer no question of ours: the call is a call of its own.
                Resumption = kind != CallKind.Completion && message.Param("requestState") is { } state
                    ? new CallResumption(state.GetString()!, message.Param("inputResponses"))
                    : null,
            };
    }

    private static WireError? CheckUri(AgentMessage message) =>
        message.Param("uri") is { ValueKind: JsonValueKind.String } uri && uri.GetString()!.Length <= ResourceUri.ExposedLengthMax
            ? null
            : WireError.Params($"{message.Method} needs uri, a string of at most {ResourceUri.ExposedLengthMax} characters.");

    private static WireError? CheckListen(AgentMessage message)
    {
        if (message.Param("notifications") is not { ValueKind: JsonValueKind.Object } wanted)
        {
            return WireError.Params("subscriptions/listen needs notifications, an object that names what to listen for.");
        }

        if (TaskShape.CheckListen(message, wanted) is { } refusal) return refusal;
        return !wanted.TryGetProperty("resourceSubscriptions", out var uris)
            || (uris.ValueKind == JsonValueKind.Array && uris.GetArrayLength() <= UpdateNotices.ResourcesMax
                && uris.EnumerateArray().All(uri => uri.ValueKind == JsonValueKind.String && uri.GetString()!.Length <= ResourceUri.ExposedLengthMax))
            ? null
            : WireError.Params($"notifications.resourceSubscriptions must be a list of at most {UpdateNotices.ResourcesMax} URIs.");
    }

    private static WireError? CheckPrompt(AgentMessage message)
    {
        if (message.Param("name") is not { ValueKind: JsonValueKind.String }) return WireError.Params("prompts/get needs name, a string.");
        return message.Param("arguments") is null or { ValueKind: JsonValueKind.Object }
            ? null
            : WireError.Params("arguments must be an object; leave it out where there are none.");
    }

    private static WireError? CheckCompletion(AgentMessage message)
    {
        if (message.Param("ref") is not { ValueKind: JsonValueKind.Object } named || Referred(named) is null)
        {
            return WireError.Params("completion/complete needs ref: {\"type\": \"ref/prompt\", \"name\": …} or {\"type\": \"ref/resource\", \"uri\": …}.");
        }

        return message.Param("argument") is { ValueKind: JsonValueKind.Object } && message.Param("context") is null or { ValueKind: JsonValueKind.Object }
            ? null
            : WireError.Params("completion/complete needs argument, an object with name and value; context is an object, or left out.");
    }

    /// <summary>The prompt's name, or the resource template; null where the reference is of no known type.</summary>
    private static string? Referred(JsonElement named)
    {
        if (!named.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String) return null;

        var key = type.GetString() switch { "ref/prompt" => "name", "ref/resource" => "uri", _ => "" };
        var other = key is "name" ? "uri" : "name";
        return named.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String && !named.TryGetProperty(other, out _) ? value.GetString() : null;
    }

    private static JsonElement Parameters(AgentMessage message)
    {
        var parameters = JsonObject.Create(message.Params!.Value)!;
        parameters.Remove("_meta");
        return WireJson.ElementOf(parameters);
    }

    private static string Text(AgentMessage message, string key) => message.Param(key)!.Value.GetString()!;
}

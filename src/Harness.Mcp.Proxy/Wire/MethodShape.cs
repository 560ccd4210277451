using System.Text.Json;
using Harness.Mcp.Proxy.Wire.Reads;
using Harness.Mcp.Proxy.Wire.Tasks;
using Microsoft.AspNetCore.Http;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>Whether a method is served in its era, and its parameters have the types that the protocol gives them.</summary>
internal static class MethodShape
{
    public static WireError? Check(AgentMessage message, bool isModern)
    {
        if (!message.IsRequest) return null;
        if (!Methods.IsServed(message.Method, isModern))
        {
            // In a session HTTP 404 would say that the session is gone.
            return new WireError(
                isModern ? StatusCodes.Status404NotFound : StatusCodes.Status200OK,
                WireError.MethodNotFound,
                $"Method `{WireError.Quote(message.Method)}` is not served here under this protocol version.");
        }

        return message.Method switch
        {
            Methods.CallTool => CheckCall(message, isModern),
            Methods.GetTask or Methods.UpdateTask or Methods.CancelTask => TaskShape.Check(message),
            Methods.ReadResource or Methods.GetPrompt or Methods.Complete or Methods.Subscribe or Methods.Unsubscribe or Methods.Listen =>
                ReadShape.Check(message, isModern),
            Methods.Initialize => message.Param("protocolVersion") is { ValueKind: JsonValueKind.String }
                && message.Param("capabilities") is { ValueKind: JsonValueKind.Object }
                && message.Param("clientInfo") is { ValueKind: JsonValueKind.Object }
                ? null
                : WireError.Params("initialize needs protocolVersion (a string), capabilities and clientInfo (objects)."),
            Methods.SetLevel => message.Param("level") is { ValueKind: JsonValueKind.String } level && LogLevels.IsKnown(level.GetString()!)
                ? null
                : WireError.Params("logging/setLevel needs level, one of MCP's log levels, such as \"info\"."),
            Methods.ListTools or Methods.ListResources or Methods.ListTemplates or Methods.ListPrompts => message.Param("cursor") is null or { ValueKind: JsonValueKind.String }
                ? null
                : WireError.Params("cursor must be a string that an earlier page gave as nextCursor."),
            _ => null,
        };
    }

    private static WireError? CheckCall(AgentMessage message, bool isModern)
    {
        if (message.Param("name") is not { ValueKind: JsonValueKind.String }) return WireError.Params("tools/call needs name, a string.");
        if (message.Param("arguments") is not (null or { ValueKind: JsonValueKind.Object })) return WireError.Params("arguments must be an object; leave it out where there are none.");

        return CheckInput(message, isModern);
    }

    /// <summary>What a request that may be repeated with input brings along: `tools/call`, and any other that a backend may answer with `input_required`.</summary>
    public static WireError? CheckInput(AgentMessage message, bool isModern)
    {
        var (state, responses) = (message.Param("requestState"), message.Param("inputResponses"));
        if (state is null && responses is null) return null;
        if (!isModern) return WireError.Params($"requestState and inputResponses belong to protocol version {ProtocolVersions.Modern}: answer requests by responses in your session.");
        if (state is not (null or { ValueKind: JsonValueKind.String })) return WireError.Params("requestState must be the text that came with the question, as it was.");
        if (responses is not { } given) return null;
        return given.ValueKind == JsonValueKind.Object && given.EnumerateObject().All(response => response.Value.ValueKind == JsonValueKind.Object)
            ? null
            : WireError.Params("inputResponses must be an object with one object for each request, under the request's key.");
    }
}

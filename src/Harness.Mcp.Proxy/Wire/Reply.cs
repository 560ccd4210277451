using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Enforcement;
using ModelContextProtocol.Protocol;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>The answer to one request, in the form that the agent's era wants.</summary>
internal abstract record Reply
{
    private Reply() { }

    public sealed record Result(JsonObject Value) : Reply;

    public sealed record Error(int Code, string Message, JsonElement? Data = null) : Reply;

    /// <summary>What `error.type` says of this answer; null for a success.</summary>
    public string? ErrorType => this switch
    {
        Error { Code: var code } => code.ToString(CultureInfo.InvariantCulture),
        Result { Value: var value } => value["isError"] is JsonValue flag && flag.TryGetValue(out bool isError) && isError ? "tool_error" : null,
        _ => null,
    };

    public JsonRpcMessage ToMessage(RequestId id, bool isModern)
    {
        if (this is Error error)
        {
            return new JsonRpcError { Id = id, Error = new JsonRpcErrorDetail { Code = error.Code, Message = error.Message, Data = error.Data } };
        }

        var result = ((Result)this).Value;
        if (isModern) result["resultType"] = "complete";
        return new JsonRpcResponse { Id = id, Result = result };
    }

    public static Reply Of(CallAnswer answer, bool isModern) => answer switch
    {
        CallAnswer.Result(var value) => OfResult(value, isModern),
        CallAnswer.Error(var value) => OfError(value),
        _ => throw new System.Diagnostics.UnreachableException("No branch for this answer."),
    };

    public static Reply OfResult(JsonElement value, bool isModern)
    {
        var result = new JsonObject();
        foreach (var member in value.EnumerateObject())
        {
            // Before 2026-07-28 structured content was an object; the text says the same to an older agent.
            var isLeftOut = member.Name is "resultType" or "ttlMs" or "cacheScope"
                || (member.Name is "structuredContent" && !isModern && member.Value.ValueKind != JsonValueKind.Object);
            if (!isLeftOut) result[member.Name] = ToolListPage.ToNode(member.Value);
        }

        return new Result(result);
    }

    private static Error OfError(JsonElement value)
    {
        var code = value.TryGetProperty("code", out var given) && given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out var number)
            ? number
            : WireError.InternalError;
        var message = value.TryGetProperty("message", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "The tool failed.";

        // These codes speak of one hop: about the backend's they would tell the agent something false about ours. A capability that
        // the tool misses is the agent's to know, whoever finds out.
        var isOfHop = code is WireError.MethodNotFound or WireError.SessionNotFound or WireError.ParseError
            || (code is <= -32020 and >= -32099 && code != WireError.MissingCapability);
        return new Error(isOfHop ? WireError.InternalError : code, message, value.TryGetProperty("data", out var data) ? data : null);
    }
}

using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Enforcement;
using ModelContextProtocol.Protocol;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>The answer to one request, in the form that the agent's era wants.</summary>
internal abstract record Reply
{
    private Reply() { }

    public sealed record Result(JsonObject Value) : Reply;

    /// <summary>A result that was written before, whole for the agent's era.</summary>
    public sealed record Prepared(JsonElement Value) : Reply;

    /// <summary>The result of a call, as enforcement gave it.</summary>
    public sealed record ToolResult(JsonElement Value) : Reply
    {
        /// <summary>Whether the method's results say how long they may be kept. We say: not at all, since each read is a call of its own.</summary>
        public bool HasCacheHints { get; init; }
    }

    /// <summary>The agent is asked, and repeats its request with the answers and the state. For agents of 2026-07-28 alone.</summary>
    public sealed record InputRequired(JsonElement Requests, string State) : Reply;

    /// <summary>The tool answers later. For agents of 2026-07-28 that understand tasks alone.</summary>
    public sealed record Task(JsonElement Value) : Reply;

    public sealed record Error(int Code, string Message, JsonElement? Data = null) : Reply
    {
        /// <summary>The error object alone.</summary>
        public JsonElement ToJson() => WireJson.ElementOf(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("code"u8, Code);
            json.WriteString("message"u8, Message);
            if (Data is { } data)
            {
                json.WritePropertyName("data"u8);
                data.WriteTo(json);
            }

            json.WriteEndObject();
        });
    }

    /// <summary>What `error.type` says of this answer; null for a success.</summary>
    public string? ErrorType => this switch
    {
        Error { Code: var code } => code.ToString(CultureInfo.InvariantCulture),
        ToolResult { Value: var value } => value.TryGetProperty("isError", out var flag) && flag.ValueKind == JsonValueKind.True ? "tool_error" : null,
        _ => null,
    };

    public static Reply Of(CallAnswer answer, CallKind kind, bool isModern) => answer switch
    {
        CallAnswer.Result(var value) => new ToolResult(value) { HasCacheHints = kind == CallKind.Resource },
        CallAnswer.InputRequired(var requests, var state) => new InputRequired(requests, state),
        CallAnswer.Task(var value) => new Task(value),
        CallAnswer.Error(var value) => OfEra(OfError(value), kind, isModern),
        _ => throw new System.Diagnostics.UnreachableException("No branch for this answer."),
    };

    /// <summary>The answer as the hosting library sends it to agents of the `initialize` era.</summary>
    public JsonRpcMessage ToMessage(RequestId id) => this switch
    {
        Error error => new JsonRpcError { Id = id, Error = new JsonRpcErrorDetail { Code = error.Code, Message = error.Message, Data = error.Data } },
        Result result => new JsonRpcResponse { Id = id, Result = result.Value },
        Prepared prepared => new JsonRpcResponse { Id = id, Result = WireJson.ToNode(prepared.Value) },
        ToolResult result => new JsonRpcResponse { Id = id, Result = OfEra(result.Value) },
        _ => throw new System.Diagnostics.UnreachableException("No branch for this reply."),
    };

    /// <summary>Fields of a result that speak of one hop in 2026-07-28: each hop has its own.</summary>
    public static bool IsOfOneHop(JsonProperty member) =>
        member.NameEquals("resultType"u8) || member.NameEquals("ttlMs"u8) || member.NameEquals("cacheScope"u8);

    /// <summary>What is not there has a code of its own before 2026-07-28. A backend's other code says what it says; only our own refusal is told apart.</summary>
    private static Error OfEra(Error error, CallKind kind, bool isModern) => (kind, isModern, error.Code) switch
    {
        (CallKind.Resource, true, WireError.ResourceNotFound) => error with { Code = WireError.InvalidParams },
        (CallKind.Resource, false, WireError.InvalidParams) when error.Data is { ValueKind: JsonValueKind.Object } data && data.TryGetProperty("denied", out _) => error with { Code = WireError.ResourceNotFound },
        _ => error,
    };

    private static JsonObject OfEra(JsonElement value)
    {
        var result = new JsonObject();
        foreach (var member in value.EnumerateObject())
        {
            // Before 2026-07-28 structured content was an object; the text says the same to an older agent.
            var isLeftOut = IsOfOneHop(member) || (member.NameEquals("structuredContent") && member.Value.ValueKind != JsonValueKind.Object);
            if (!isLeftOut) result[member.Name] = WireJson.ToNode(member.Value);
        }

        return result;
    }

    /// <summary>An error of a backend's as an agent may be told it.</summary>
    public static Error OfError(JsonElement value)
    {
        var code = value.TryGetProperty("code", out var given) && given.ValueKind == JsonValueKind.Number && given.TryGetInt32(out var number)
            ? number
            : WireError.InternalError;
        var message = value.TryGetProperty("message", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "The tool failed.";

        // These codes speak of one hop: about the backend's they would tell the agent something false about ours. A capability that
        // the tool misses is the agent's to know, whoever finds out.
        var isOfHop = code is WireError.MethodNotFound or WireError.SessionNotFound or WireError.ParseError
            || (code is <= -32020 and >= -32099 && code is not (WireError.MissingCapability or WireError.PageFirst));
        return new Error(isOfHop ? WireError.InternalError : code, message, value.TryGetProperty("data", out var data) ? data : null);
    }
}

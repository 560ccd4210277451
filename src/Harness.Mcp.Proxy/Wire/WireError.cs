using System.Buffers;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Microsoft.AspNetCore.Http;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// A request that is refused before anything is decided on it: the HTTP status and the JSON-RPC error. Messages say what to do,
/// quote input in backticks and cut it short.
/// </summary>
internal sealed record WireError(int Status, int Code, string Message)
{
    public const int ParseError = -32700;
    public const int InvalidRequest = -32600;
    public const int MethodNotFound = -32601;
    public const int InvalidParams = -32602;
    public const int InternalError = -32603;
    public const int HeaderMismatch = -32020;
    public const int MissingCapability = -32021;
    public const int UnsupportedVersion = -32022;

    /// <summary>The agent's user must open a page first: a code of the `initialize` era.</summary>
    public const int PageFirst = -32042;

    /// <summary>The code that clients of the `initialize` handshake know as "session not found".</summary>
    public const int SessionNotFound = -32001;

    /// <summary>No such resource, before 2026-07-28.</summary>
    public const int ResourceNotFound = -32002;

    // Our own codes lie outside the range that JSON-RPC and MCP reserve.

    /// <summary>The agent is not known, or may not work now.</summary>
    public const int AgentRefused = 1001;

    /// <summary>No mission could be selected; `data.reason` says why.</summary>
    public const int MissionRefused = 1002;

    /// <summary>Too much at once; try again later.</summary>
    public const int Overloaded = 1003;

    /// <summary>Changes of a resource are not announced.</summary>
    public const int NotTold = 1006;

    /// <summary>The stdio front cannot reach its proxy, or got no answer from it.</summary>
    public const int ProxyUnreachable = 1004;

    /// <summary>Writes the members of `error.data`; null for none.</summary>
    public Action<Utf8JsonWriter>? Data { get; init; }

    public static WireError Malformed(string message) => new(StatusCodes.Status400BadRequest, InvalidRequest, message);

    public static WireError Params(string message) => new(StatusCodes.Status400BadRequest, InvalidParams, message);

    public static WireError Mismatch(string message) => new(StatusCodes.Status400BadRequest, HeaderMismatch, message);

    public static WireError Version(string requested) => Version(
        requested, $"Protocol version `{Quote(requested)}` is not supported: use one of {string.Join(", ", ProtocolVersions.Discoverable)}, or the `initialize` handshake.");

    /// <param name="oldest">The oldest that the mission takes.</param>
    public static WireError TooOld(string requested, string oldest) => Version(
        requested, $"This mission takes no protocol version older than {oldest}: use one of {string.Join(", ", ProtocolVersions.Discoverable)}, or ask the mission's owner.");

    private static WireError Version(string requested, string message) => new(StatusCodes.Status400BadRequest, UnsupportedVersion, message)
    {
        Data = json =>
        {
            json.WriteStartArray("supported");
            foreach (var version in ProtocolVersions.Discoverable) json.WriteStringValue(version);
            json.WriteEndArray();
            json.WriteString("requested", Quote(requested));
        },
    };

    /// <summary>Input as a message may quote it: cut to 64 characters, control characters and backticks replaced.</summary>
    public static string Quote(string input)
    {
        var cut = input.Length > 64 ? string.Concat(input.AsSpan(0, 64), "…") : input;
        return string.Create(cut.Length, cut, (span, text) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                span[i] = char.IsControl(text[i]) || char.IsSurrogate(text[i]) || text[i] == '`' ? '?' : text[i];
            }
        });
    }

    /// <param name="id">The request's id where it could be read; it is echoed.</param>
    public Task WriteAsync(HttpContext http, JsonElement? id) => WriteJsonAsync(http, Status, ToMessage(id));

    /// <summary>The error as a JSON-RPC message.</summary>
    public ReadOnlyMemory<byte> ToMessage(JsonElement? id)
    {
        var body = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(body, PooledJson.Options))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc", "2.0");
            json.WritePropertyName("id");
            if (id is { } known) known.WriteTo(json);
            else json.WriteNullValue();
            json.WriteStartObject("error");
            json.WriteNumber("code", Code);
            json.WriteString("message", Message);
            if (Data is not null)
            {
                json.WriteStartObject("data");
                Data(json);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return body.WrittenMemory;
    }

    /// <summary>Answers a `tools/call` with a result instead of an error: a denial.</summary>
    public static async Task WriteResultAsync(HttpContext http, JsonElement id, JsonElement result, bool isModern)
    {
        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body, PooledJson.Options))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc", "2.0");
            json.WritePropertyName("id");
            id.WriteTo(json);
            json.WriteStartObject("result");
            foreach (var member in result.EnumerateObject()) member.WriteTo(json);
            if (isModern) json.WriteString("resultType", "complete");
            json.WriteEndObject();
            json.WriteEndObject();
        }

        await WriteJsonAsync(http, StatusCodes.Status200OK, body.WrittenMemory);
    }

    private static async Task WriteJsonAsync(HttpContext http, int status, ReadOnlyMemory<byte> body)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.Length;
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}

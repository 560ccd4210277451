using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Harness.Mcp.Proxy.Wire.Modern;

/// <summary>Writes an answer as a JSON-RPC message of 2026-07-28. What a backend said is copied byte for byte.</summary>
internal static class ReplyWriter
{
    private const string ServerInfoKey = "io.modelcontextprotocol/serverInfo";

    private static readonly JsonElement ServerInfo = JsonSerializer.SerializeToElement(
        new JsonObject { ["name"] = Presentation.Name, ["version"] = Presentation.Version });

    public static void Write(Utf8JsonWriter json, JsonElement id, Reply reply)
    {
        json.WriteStartObject();
        json.WriteString("jsonrpc"u8, "2.0"u8);
        json.WritePropertyName("id"u8);
        WriteRaw(json, id);
        switch (reply)
        {
            case Reply.Error(var code, var message, var data):
                json.WriteStartObject("error"u8);
                json.WriteNumber("code"u8, code);
                json.WriteString("message"u8, message);
                if (data is { } given)
                {
                    json.WritePropertyName("data"u8);
                    WriteRaw(json, given);
                }

                json.WriteEndObject();
                break;
            case Reply.InputRequired(var requests, var state):
                WriteInputRequired(json, requests, state);
                break;
            case Reply.Task(var value):
                json.WritePropertyName("result"u8);
                WriteTask(json, value);
                break;
            case Reply.ToolResult(var value) result:
                json.WritePropertyName("result"u8);
                WriteResult(json, value, result.HasCacheHints);
                break;
            case Reply.Result(var value):
                json.WritePropertyName("result"u8);
                WriteResult(json, value);
                break;
            case Reply.Prepared(var value):
                json.WritePropertyName("result"u8);
                WriteRaw(json, value);
                break;
        }

        json.WriteEndObject();
    }

    /// <summary>The result as it will stand in every answer that gives it.</summary>
    public static JsonElement Prepare(JsonObject result) => WireJson.ElementOf(json => WriteResult(json, result));

    private static void WriteResult(Utf8JsonWriter json, JsonElement result, bool hasCacheHints)
    {
        var hasMeta = false;
        json.WriteStartObject();
        foreach (var member in result.EnumerateObject())
        {
            if (member.NameEquals("_meta"u8))
            {
                hasMeta = true;
                WriteMeta(json, member.Value);
            }
            else if (!Reply.IsOfOneHop(member))
            {
                WriteMember(json, member);
            }
        }

        if (hasCacheHints)
        {
            json.WriteNumber("ttlMs"u8, 0);
            json.WriteString("cacheScope"u8, "private"u8);
        }

        json.WriteString("resultType"u8, "complete"u8);
        if (!hasMeta) WriteMeta(json, null);
        json.WriteEndObject();
    }

    private static void WriteMeta(Utf8JsonWriter json, JsonElement? ofBackend)
    {
        json.WriteStartObject("_meta"u8);
        if (ofBackend is { ValueKind: JsonValueKind.Object } given)
        {
            foreach (var member in given.EnumerateObject())
                if (!member.NameEquals(ServerInfoKey)) WriteMember(json, member);
        }

        EndMeta(json);
    }

    private static void WriteInputRequired(Utf8JsonWriter json, JsonElement requests, string state)
    {
        json.WriteStartObject("result"u8);
        json.WriteString("resultType"u8, "input_required"u8);
        json.WritePropertyName("inputRequests"u8);
        WriteRaw(json, requests);
        json.WriteString("requestState"u8, state);
        WriteMeta(json, null);
        json.WriteEndObject();
    }

    private static void WriteTask(Utf8JsonWriter json, JsonElement task)
    {
        json.WriteStartObject();
        json.WriteString("resultType"u8, "task"u8);
        foreach (var member in task.EnumerateObject()) WriteMember(json, member);
        json.WriteStartObject("_meta"u8);
        EndMeta(json);
        json.WriteEndObject();
    }

    private static void WriteResult(Utf8JsonWriter json, JsonObject result)
    {
        json.WriteStartObject();
        foreach (var (name, value) in result)
        {
            if (name is "_meta") continue;
            json.WritePropertyName(name);
            Write(json, value);
        }

        json.WriteString("resultType"u8, "complete"u8);
        json.WriteStartObject("_meta"u8);
        if (result["_meta"] is JsonObject meta)
        {
            foreach (var (name, value) in meta)
            {
                json.WritePropertyName(name);
                Write(json, value);
            }
        }

        EndMeta(json);
        json.WriteEndObject();
    }

    /// <summary>Who answers is this proxy, whatever the backend said of itself.</summary>
    private static void EndMeta(Utf8JsonWriter json)
    {
        json.WritePropertyName(ServerInfoKey);
        WriteRaw(json, ServerInfo);
        json.WriteEndObject();
    }

    private static void WriteMember(Utf8JsonWriter json, JsonProperty member)
    {
        WireJson.WriteName(json, member);
        WriteRaw(json, member.Value);
    }

    private static void Write(Utf8JsonWriter json, JsonNode? node)
    {
        if (node is null) json.WriteNullValue();
        else node.WriteTo(json);
    }

    private static void WriteRaw(Utf8JsonWriter json, JsonElement value) => json.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
}

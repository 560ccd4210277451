using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Reads;
using Harness.Mcp.Proxy.Wire;

namespace Harness.Mcp.Proxy.Enforcement.Reads;

/// <summary>
/// Results with the URIs by which an agent can read what they name: those of linked and embedded resources, and of what was read. The chain keeps
/// what the backend said.
/// </summary>
internal static class ExposedResults
{
    /// <param name="form">How the backend's names are shown.</param>
    public static JsonElement Of(JsonElement result, CallKind kind, BackendId backend, NameForm form)
    {
        // Most results name no resource, and a look at their bytes tells.
        if (form == NameForm.Bare || kind == CallKind.Completion || JsonMarshal.GetRawUtf8Value(result).IndexOf("uri"u8) < 0)
            return result;
        var list = kind switch { CallKind.Resource => "contents", CallKind.Prompt => "messages", _ => "content" };
        return result.TryGetProperty(list, out var items) && items.ValueKind == JsonValueKind.Array ? Written(result, list, items, kind, backend, form) : result;
    }

    private static JsonElement Written(JsonElement result, string list, JsonElement items, CallKind kind, BackendId backend, NameForm form)
    {
        var bytes = new ArrayBufferWriter<byte>(JsonMarshal.GetRawUtf8Value(result).Length + 256);
        using (var json = new Utf8JsonWriter(bytes, PooledJson.Options))
        {
            json.WriteStartObject();
            foreach (var member in result.EnumerateObject())
            {
                if (!member.NameEquals(list))
                {
                    Write(json, member);
                    continue;
                }

                json.WriteStartArray(list);
                foreach (var item in items.EnumerateArray())
                    WriteItem(json, item, kind, uri => ResourceUri.Exposed(backend, form, uri));
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return JsonElement.Parse(bytes.WrittenSpan);
    }

    /// <summary>An error of a read, which names the resource by the URI that the agent asked for: it is told what is not there, also where its backend leaves that out.</summary>
    public static JsonElement OfError(JsonElement error, string asked)
    {
        var hasData = error.TryGetProperty("data", out var data) && data.ValueKind != JsonValueKind.Null;
        if (hasData ? data.ValueKind != JsonValueKind.Object || !data.TryGetProperty("uri", out _) : !IsOfLackingResource(error))
            return error;
        var shown = JsonObject.Create(error)!;
        if (hasData)
            shown["data"]!["uri"] = asked;
        else
            shown["data"] = new JsonObject { ["uri"] = asked };
        return WireJson.ElementOf(shown);
    }

    private static bool IsOfLackingResource(JsonElement error) =>
        error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.Number && code.TryGetInt32(out var number)
        && number is WireError.ResourceNotFound or WireError.InvalidParams;

    private static void WriteItem(Utf8JsonWriter json, JsonElement item, CallKind kind, Func<string, string> expose)
    {
        if (item.ValueKind != JsonValueKind.Object)
            Write(json, item);
        else if (kind == CallKind.Resource)
            WriteWith(json, item, "uri", uri => WriteUri(json, uri, expose));
        else if (kind == CallKind.Prompt)
            WriteWith(json, item, "content", content => WriteContent(json, content, expose));
        else
            WriteContent(json, item, expose);
    }

    private static void WriteContent(Utf8JsonWriter json, JsonElement content, Func<string, string> expose)
    {
        if (content.ValueKind == JsonValueKind.Array)
        {
            json.WriteStartArray();
            foreach (var part in content.EnumerateArray())
                WriteContent(json, part, expose);
            json.WriteEndArray();
            return;
        }

        var type = content.ValueKind == JsonValueKind.Object && content.TryGetProperty("type", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString() : null;
        switch (type)
        {
            case "resource_link":
                WriteWith(json, content, "uri", uri => WriteUri(json, uri, expose));
                break;
            case "resource":
                WriteWith(json, content, "resource", resource => WriteWith(json, resource, "uri", uri => WriteUri(json, uri, expose)));
                break;
            default:
                Write(json, content);
                break;
        }
    }

    private static void WriteUri(Utf8JsonWriter json, JsonElement uri, Func<string, string> expose)
    {
        if (uri.ValueKind == JsonValueKind.String)
            json.WriteStringValue(expose(uri.GetString()!));
        else
            Write(json, uri);
    }

    /// <summary>Writes an object with one member written anew; anything else as it is.</summary>
    private static void WriteWith(Utf8JsonWriter json, JsonElement value, string key, Action<JsonElement> write)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            Write(json, value);
            return;
        }

        json.WriteStartObject();
        foreach (var member in value.EnumerateObject())
        {
            if (!member.NameEquals(key))
            {
                Write(json, member);
                continue;
            }

            json.WritePropertyName(key);
            write(member.Value);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, JsonProperty member)
    {
        json.WritePropertyName(member.Name);
        Write(json, member.Value);
    }

    private static void Write(Utf8JsonWriter json, JsonElement value) => json.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
}

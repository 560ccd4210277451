using System.Text.Encodings.Web;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>How messages to agents are written.</summary>
internal static class WireJson
{
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes a member's name as it is; one without escapes need not be read as a text for that.</summary>
    public static void WriteName(Utf8JsonWriter json, JsonProperty member)
    {
        var raw = JsonMarshal.GetRawUtf8PropertyName(member);
        if (raw.Contains((byte)'\\')) json.WritePropertyName(member.Name);
        else json.WritePropertyName(raw);
    }

    /// <summary>The value as a node that writes it exactly as it came.</summary>
    public static JsonNode? ToNode(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => JsonObject.Create(value),
        JsonValueKind.Array => JsonArray.Create(value),
        JsonValueKind.Null => null,
        _ => JsonValue.Create(value),
    };

    /// <summary>A value of ours as an element, which the chain may keep, and which can be written again and again.</summary>
    public static JsonElement ElementOf(JsonNode value) => ElementOf(json => value.WriteTo(json, Readable));

    /// <inheritdoc cref="ElementOf(JsonNode)"/>
    public static JsonElement ElementOf(Action<Utf8JsonWriter> write)
    {
        using var json = PooledJson.Rent();
        write(json.Writer);
        return JsonElement.Parse(json.Written);
    }
}

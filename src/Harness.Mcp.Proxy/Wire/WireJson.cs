using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>How messages to agents are written.</summary>
internal static class WireJson
{
    /// <summary>They are read by programs, and by people in terminals: only what JSON demands is escaped. What is written is well-formed by construction.</summary>
    public static JsonWriterOptions Options { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A value of ours as an element, which the chain may keep.</summary>
    public static JsonElement ElementOf(JsonNode value)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(bytes, Options)) value.WriteTo(json, Readable);
        return JsonElement.Parse(bytes.WrittenSpan);
    }
}

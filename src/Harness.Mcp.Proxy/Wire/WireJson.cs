using System.Text.Encodings.Web;
using System.Text.Json;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>How messages to agents are written.</summary>
internal static class WireJson
{
    /// <summary>They are read by programs, and by people in terminals: only what JSON demands is escaped. What is written is well-formed by construction.</summary>
    public static JsonWriterOptions Options { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
}

using System.Runtime.InteropServices;
using System.Text.Json;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>What of an agent's `_meta` goes on to a backend.</summary>
internal static class ForwardedMeta
{
    private static ReadOnlySpan<byte> ProtocolPrefix => "io.modelcontextprotocol/"u8;

    public static bool AsksForProgress(JsonElement? meta) => meta is { } found && found.TryGetProperty("progressToken", out _);

    /// <summary>The agent's `_meta` without what belongs to the hop between agent and proxy; null for nothing else.</summary>
    public static JsonElement? Of(JsonElement? meta)
    {
        if (meta is not { } found)
            return null;

        foreach (var member in found.EnumerateObject())
            if (!JsonMarshal.GetRawUtf8PropertyName(member).StartsWith(ProtocolPrefix) && !IsOfOneHop(member.Name))
                return Kept(found);
        return null;

        static JsonElement Kept(JsonElement meta) => JsonSerializer.SerializeToElement(meta.EnumerateObject()
            .Where(member => !IsOfOneHop(member.Name))
            .ToDictionary(member => member.Name, member => member.Value, StringComparer.Ordinal));
    }

    private static bool IsOfOneHop(string key) =>
        key is "progressToken" or "traceparent" or "tracestate" or "baggage"
        || key.StartsWith("io.modelcontextprotocol/", StringComparison.Ordinal);
}

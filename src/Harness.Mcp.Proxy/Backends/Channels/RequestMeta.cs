using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Proxy.Backends.Asks;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Channels;

/// <summary>Writes `_meta` of our requests: the era's protocol fields, our own trace context, and what the agent gave besides.</summary>
internal static class RequestMeta
{
    public const string ProtocolPrefix = "io.modelcontextprotocol/";

    private static readonly string Version =
        typeof(RequestMeta).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <param name="agentMeta">The agent's `_meta`; keys that belong to a hop are left out once more.</param>
    /// <param name="logLevel">The least severe log message that is wanted; null for none. Older revisions ask once a session instead.</param>
    /// <param name="inputs">What a backend of 2026-07-28 may ask for; older revisions are told once a session instead.</param>
    /// <param name="takesTasks">Whether the backend may answer later, by a task.</param>
    public static void Write(
        Utf8JsonWriter writer, EraSettled? era, long? progressToken, Activity? activity, JsonElement? agentMeta, string? logLevel = null, AgentInputs inputs = AgentInputs.None,
        bool takesTasks = false)
    {
        writer.WriteStartObject("_meta"u8);
        if (agentMeta is { ValueKind: JsonValueKind.Object } given)
            foreach (var member in given.EnumerateObject())
                if (!BelongsToHop(member.Name))
                    member.WriteTo(writer);

        if (era is { IsModern: true })
        {
            writer.WriteString("io.modelcontextprotocol/protocolVersion"u8, era.ProtocolVersion);
            WriteClient(writer, "io.modelcontextprotocol/clientInfo");
            writer.WriteStartObject("io.modelcontextprotocol/clientCapabilities"u8);
            InputCapabilities.Write(writer, inputs);
            if (takesTasks)
            {
                writer.WriteStartObject("extensions"u8);
                writer.WriteStartObject(TaskResult.Extension);
                writer.WriteEndObject();
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            if (logLevel is not null)
                writer.WriteString("io.modelcontextprotocol/logLevel"u8, logLevel);
        }

        if (progressToken is { } token)
            writer.WriteNumber("progressToken"u8, token);
        if (activity is { IdFormat: ActivityIdFormat.W3C, Id: { } id })
        {
            writer.WriteString("traceparent"u8, id);
            if (activity.TraceStateString is { Length: > 0 } state)
                writer.WriteString("tracestate"u8, state);
        }

        writer.WriteEndObject();
    }

    public static void WriteClient(Utf8JsonWriter writer, string key)
    {
        writer.WriteStartObject(key);
        writer.WriteString("name"u8, "harness-mcp"u8);
        writer.WriteString("version"u8, Version);
        writer.WriteEndObject();
    }

    private static bool BelongsToHop(string key) =>
        key is "progressToken" or "traceparent" or "tracestate" or "baggage" || key.StartsWith(ProtocolPrefix, StringComparison.Ordinal);
}

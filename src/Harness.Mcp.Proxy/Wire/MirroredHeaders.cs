using System.Text.Json;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol.Protocol;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// Holds the headers that repeat parts of the body against the body, before anything is decided: what a router or log in front
/// read in the headers must be what happens. A header that is there is checked in every era; a modern request must have them.
/// </summary>
internal static class MirroredHeaders
{
    public const string Version = "MCP-Protocol-Version";
    public const string Session = "Mcp-Session-Id";
    public const string Method = "Mcp-Method";
    public const string Name = "Mcp-Name";
    public const string ParameterPrefix = "Mcp-Param-";

    /// <summary>The parameter that the name header of a method repeats.</summary>
    public static string NameKey(string method) =>
        string.Equals(method, Methods.ReadResource, StringComparison.Ordinal) ? "uri"
        : method.StartsWith("tasks/", StringComparison.Ordinal) ? "taskId" // Also of methods that are not served: the header is not what is wrong with them.
        : "name";

    /// <summary>The protocol revision that the request is made under.</summary>
    /// <param name="version">Empty for a request of the `initialize` era that names none.</param>
    public static WireError? ReadVersion(IHeaderDictionary headers, AgentMessage? message, out string version)
    {
        version = "";
        var given = headers[Version];
        if (given.Count > 1) return WireError.Mismatch($"The {Version} header is there {given.Count} times: send it once.");
        if (given.Count == 1) version = given[0] ?? "";

        var inBody = message?.MetaMember(AgentMessage.VersionKey);
        if (version.Length == 0)
        {
            return inBody is null
                ? null
                : WireError.Mismatch($"_meta names a protocol version, and the {Version} header does not: send both, with the same value.");
        }

        if (inBody is { } said && !(said.ValueKind == JsonValueKind.String && said.ValueEquals(version)))
        {
            var other = message!.MetaText(AgentMessage.VersionKey) ?? "";
            return WireError.Mismatch($"The {Version} header says `{WireError.Quote(version)}` and _meta says `{WireError.Quote(other)}`: send the same value.");
        }

        if (message is { Method: Methods.Initialize } && message.Param("protocolVersion") is { ValueKind: JsonValueKind.String } asked && !asked.ValueEquals(version))
        {
            return WireError.Mismatch($"The {Version} header says `{WireError.Quote(version)}`, and initialize asks for another protocolVersion: leave the header out.");
        }

        if (!ProtocolVersions.IsModern(version)) return ProtocolVersions.IsLegacy(version) ? null : WireError.Version(version);
        return message is { IsRequest: true } ? CheckModern(message) : null;
    }

    private static WireError? CheckModern(AgentMessage message)
    {
        if (message.MetaMember(AgentMessage.VersionKey) is null)
        {
            return WireError.Params($"A request of protocol version {ProtocolVersions.Modern} must have _meta[\"{AgentMessage.VersionKey}\"].");
        }

        if (message.MetaMember(AgentMessage.CapabilitiesKey) is not { ValueKind: JsonValueKind.Object })
        {
            return WireError.Params($"A request of protocol version {ProtocolVersions.Modern} must have _meta[\"{AgentMessage.CapabilitiesKey}\"], an object; {{}} says that there are none.");
        }

        return message.MetaMember(AgentMessage.LogLevelKey) is not null && !LogLevels.IsKnown(message.MetaText(AgentMessage.LogLevelKey) ?? "")
            ? WireError.Params($"_meta[\"{AgentMessage.LogLevelKey}\"] must be one of MCP's log levels, such as \"info\".")
            : null;
    }

    /// <summary>Whether method and name in the headers, where they are there or must be, are those of the body.</summary>
    public static WireError? Check(IHeaderDictionary headers, AgentMessage message, bool isModern) =>
        CheckOne(headers, Method, message.Method, isModern)
        ?? CheckOne(headers, Name, NameOf(message), isModern && (message.Method is Methods.CallTool or Methods.GetPrompt or Methods.ReadResource || Methods.IsOfTask(message.Method)));

    private static string? NameOf(AgentMessage message) => NameKey(message.Method) switch
    {
        "name" => message.Name,
        var key => message.Param(key) is { ValueKind: JsonValueKind.String } name ? name.GetString() : null,
    };

    private static WireError? CheckOne(IHeaderDictionary headers, string header, string? inBody, bool isRequired)
    {
        var given = headers[header];
        if (given.Count == 0) return isRequired ? WireError.Mismatch($"The {header} header is missing: send it with the body's value.") : null;
        if (given.Count > 1) return WireError.Mismatch($"The {header} header is there {given.Count} times: send it once.");

        return Decode(given[0]) is { } value && string.Equals(value, inBody, StringComparison.Ordinal)
            ? null
            : WireError.Mismatch($"The {header} header says `{WireError.Quote(given[0] ?? "")}`, the body says `{WireError.Quote(inBody ?? "")}`: send the same value (non-ASCII as =?base64?…?=).");
    }

    /// <summary>The value that a header stands for; null where it is not well-formed.</summary>
    public static string? Decode(string? header) =>
        header is not null && header.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 ? McpHeaderEncoder.DecodeValue(header) : null;
}

using System.Text.Json;
using Harness.Mcp.Proxy.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Harness.Mcp.Proxy.Tests.Fuzz;

/// <summary>What the gate makes of a message.</summary>
/// <param name="Message">The message, where its body was accepted; null where it was refused.</param>
/// <param name="HasPassed">Whether headers and shape were accepted too.</param>
internal sealed record GateRun(AgentMessage? Message, bool IsModern, bool HasPassed)
{
    /// <summary>A tool whose schema wants a text, an integer and a truth value repeated in headers.</summary>
    public static readonly JsonElement Tool = JsonElement.Parse(
        """
        {"name":"find","inputSchema":{"type":"object","properties":{
          "region":{"type":["string","null"],"x-mcp-header":"Region"},
          "zone":{"type":"integer","x-mcp-header":"Zone"},
          "flags":{"type":"object","properties":{"urgent":{"type":"boolean","x-mcp-header":"Urgent"}}}}}}
        """);

    private static readonly WireOptions Options = new();
    private static readonly ParameterHeaders Mirrored = ParameterHeaders.Of(Tool);

    /// <summary>Whether this is a call that goes on to be decided.</summary>
    public bool IsCall => HasPassed && Message is { IsRequest: true, Method: Methods.CallTool };

    public static async Task<GateRun> OfAsync(Sent sent)
    {
        var http = new DefaultHttpContext();
        http.Request.Method = HttpMethods.Post;
        http.Request.ContentType = "application/json";
        http.Request.Body = new MemoryStream(sent.Body);
        var headers = http.Request.Headers;
        foreach (var (name, value) in sent.Headers) headers[name] = StringValues.Concat(headers[name], value);

        var (message, _, _, _) = await RequestBody.ReadAsync(http, Options);
        if (message is null or { OddNumber: not null }) return new GateRun(null, IsModern: false, HasPassed: false);

        var refusal = MirroredHeaders.ReadVersion(headers, message, out var version);
        var isModern = ProtocolVersions.IsModern(version);
        refusal ??= MirroredHeaders.Check(headers, message, isModern) ?? MethodShape.Check(message, isModern);
        var mirrors = isModern || headers.Keys.Any(name => name.StartsWith(MirroredHeaders.ParameterPrefix, StringComparison.OrdinalIgnoreCase));
        if (mirrors && message is { IsRequest: true, Method: Methods.CallTool }) refusal ??= Mirrored.Check(headers, message.Param("arguments"));
        return new GateRun(message, isModern, refusal is null);
    }
}

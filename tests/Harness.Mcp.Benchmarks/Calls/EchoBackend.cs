using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Benchmarks.Calls;

/// <summary>
/// The cheapest honest MCP backend of 2026-07-28: it parses each request and answers `server/discover`, `tools/list` and
/// `tools/call` of one tool, `echo`, as plain JSON. What a call costs here is the floor of every figure. It lists as many further tools as it is
/// told, whose definitions it writes anew for each request, as servers do.
/// </summary>
internal static class EchoBackend
{
    private static readonly List<int> Others = [];

    private const string ServerInfo = """{"io.modelcontextprotocol/serverInfo":{"name":"echo","version":"1.0.0"}}""";

    public static async Task RunAsync(string url, int toolsBeside)
    {
        Others.AddRange(Enumerable.Range(0, toolsBeside));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        var app = builder.Build();
        app.MapPost("/mcp", AnswerAsync);
        await app.RunAsync();
    }

    private static async Task AnswerAsync(HttpContext http)
    {
        using var request = await JsonDocument.ParseAsync(http.Request.Body, default, http.RequestAborted);
        var method = request.RootElement.GetProperty("method").GetString();
        if (!request.RootElement.TryGetProperty("id", out var id))
        {
            http.Response.StatusCode = StatusCodes.Status202Accepted;
            return;
        }

        var body = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("jsonrpc", "2.0");
            json.WritePropertyName("id");
            id.WriteTo(json);
            switch (method)
            {
                case "server/discover":
                    json.WritePropertyName("result");
                    json.WriteRawValue(
                        $$$"""{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private","_meta":{{{ServerInfo}}}}""");
                    break;
                case "tools/list":
                    WriteTools(json);
                    break;
                case "tools/call":
                    json.WriteStartObject("result");
                    json.WriteString("resultType", "complete");
                    json.WriteStartArray("content");
                    json.WriteStartObject();
                    json.WriteString("type", "text");
                    json.WriteString("text", request.RootElement.GetProperty("params").GetProperty("arguments").GetProperty("text").GetString());
                    json.WriteEndObject();
                    json.WriteEndArray();
                    json.WriteEndObject();
                    break;
                default:
                    http.Response.StatusCode = StatusCodes.Status404NotFound;
                    json.WritePropertyName("error");
                    json.WriteRawValue("""{"code":-32601,"message":"Method not found"}""");
                    break;
            }

            json.WriteEndObject();
        }

        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.WrittenCount;
        await http.Response.BodyWriter.WriteAsync(body.WrittenMemory, http.RequestAborted);
    }

    private static void WriteTools(Utf8JsonWriter json)
    {
        json.WriteStartObject("result");
        json.WriteString("resultType", "complete");
        json.WriteNumber("ttlMs", 0);
        json.WriteString("cacheScope", "private");
        json.WriteStartArray("tools");
        WriteTool(json, "echo", "Returns its text.", ["text"]);
        foreach (var number in Others)
            WriteTool(json, $"lookup_{number:D4}", $"Looks up records of kind {number} by their owner, newest first.", ["owner", "since", "limit"]);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteTool(Utf8JsonWriter json, string name, string description, ReadOnlySpan<string> arguments)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("description", description);
        json.WriteStartObject("inputSchema");
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        foreach (var argument in arguments)
        {
            json.WriteStartObject(argument);
            json.WriteString("type", "string");
            json.WriteString("description", $"What to take as {argument}.");
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartArray("required");
        json.WriteStringValue(arguments[0]);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }
}

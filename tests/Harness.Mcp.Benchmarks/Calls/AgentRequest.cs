using System.Net.Http.Headers;
using System.Text;

namespace Harness.Mcp.Benchmarks.Calls;

/// <summary>A request of an agent of 2026-07-28, as the drivers send it.</summary>
internal static class AgentRequest
{
    /// <summary>What such a request says of its agent: the member `_meta` of its parameters.</summary>
    public const string Meta = """
        "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1.0.0"},
        "io.modelcontextprotocol/clientCapabilities":{} }
        """;

    public static HttpRequestMessage To(Uri endpoint, string method, string body)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
        request.Headers.Add("Mcp-Method", method);
        return request;
    }
}

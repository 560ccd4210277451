using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Harness.Mcp.EndToEnd.Tests.Relay;

/// <summary>An agent of either era that sends text as the test spelled it, and gives back every message as it came.</summary>
internal sealed class RawAgent : IDisposable
{
    private readonly HttpClient _http = new();
    private readonly Uri _endpoint;
    private readonly string _revision;
    private string? _session;
    private int _lastId;

    private RawAgent(Uri endpoint, bool isModern) => (_endpoint, IsModern, _revision) = (endpoint, isModern, isModern ? "2026-07-28" : "2025-11-25");

    public bool IsModern { get; }

    public static async Task<RawAgent> OpenAsync(Uri endpoint, bool isModern, CancellationToken cancellationToken)
    {
        var agent = new RawAgent(endpoint, isModern);
        if (!isModern)
        {
            using var hello = await agent.PostAsync("initialize", null, $$"""
                {"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"{{agent._revision}}","capabilities":{},"clientInfo":{"name":"raw","version":"1"} } }
                """, cancellationToken);
            agent._session = hello.Headers.GetValues("Mcp-Session-Id").Single();
            using var ready = await agent.PostAsync("notifications/initialized", null, """{"jsonrpc":"2.0","method":"notifications/initialized"}""", cancellationToken);
        }

        return agent;
    }

    /// <param name="members">Members of `params` beside `_meta`, spelled `"key":value`.</param>
    /// <param name="meta">Members of `_meta`.</param>
    /// <returns>The messages in their order, the answer last.</returns>
    public async Task<IReadOnlyList<string>> RequestAsync(string method, string? name, IEnumerable<string> members, IEnumerable<string> meta, CancellationToken cancellationToken)
    {
        string[] own = IsModern ? [$"\"io.modelcontextprotocol/protocolVersion\":\"{_revision}\"", "\"io.modelcontextprotocol/clientCapabilities\":{}", "\"io.modelcontextprotocol/logLevel\":\"debug\""] : [];
        var parameters = string.Join(',', members.Append($"\"_meta\":{{{string.Join(',', meta.Concat(own))}}}"));
        var body = $"{{\"jsonrpc\":\"2.0\",\"id\":{(++_lastId).ToString(CultureInfo.InvariantCulture)},\"method\":\"{method}\",\"params\":{{{parameters}}}}}";
        using var response = await PostAsync(method, name, body, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return response.Content.Headers.ContentType?.MediaType == "text/event-stream"
            ? [.. text.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal) && line.Length > "data: ".Length).Select(line => line["data: ".Length..])]
            : [text];
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> PostAsync(string method, string? name, string body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _endpoint) { Content = new StringContent(body, Encoding.UTF8, new MediaTypeHeaderValue("application/json")) };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        if (IsModern || _session is not null)
            request.Headers.Add("MCP-Protocol-Version", _revision);
        if (_session is not null)
            request.Headers.Add("Mcp-Session-Id", _session);
        if (IsModern)
            request.Headers.Add("Mcp-Method", method);
        if (IsModern && name is not null)
            request.Headers.Add("Mcp-Name", name);
        return await _http.SendAsync(request, cancellationToken);
    }
}

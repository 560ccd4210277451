using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Harness.Mcp.EndToEnd.Tests.Agents;

/// <summary>An agent of revision 2025-11-25 with nothing between the test and the wire: one session, ids and notices as the test wants them.</summary>
internal sealed class SessionAgent : IDisposable
{
    private const string Revision = "2025-11-25";

    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Uri _endpoint;
    private string? _session;

    private SessionAgent(Uri endpoint) => _endpoint = endpoint;

    /// <param name="capabilities">What the agent declares; nothing by default.</param>
    public static async Task<SessionAgent> OpenAsync(Uri endpoint, CancellationToken cancellationToken, JsonObject? capabilities = null)
    {
        var agent = new SessionAgent(endpoint);
        var hello = new JsonObject
        {
            ["protocolVersion"] = Revision,
            ["capabilities"] = capabilities ?? [],
            ["clientInfo"] = new JsonObject { ["name"] = "test-agent", ["version"] = "1" },
        };
        using var response = await agent.PostAsync("initialize", hello, 0, cancellationToken);
        await HttpAgent.ReadAsync(response, cancellationToken);
        agent._session = response.Headers.GetValues("Mcp-Session-Id").Single();
        await agent.NotifyAsync("notifications/initialized", [], cancellationToken);
        return agent;
    }

    public async Task<string[]> ListAsync(int id, CancellationToken cancellationToken)
    {
        using var response = await PostAsync("tools/list", [], id, cancellationToken);
        var answer = await HttpAgent.ReadAsync(response, cancellationToken);
        return [.. answer.Result.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()!)];
    }

    /// <param name="meta">Members of `_meta`; null for none.</param>
    public async Task<AgentAnswer> CallAsync(string tool, int id, CancellationToken cancellationToken, object? arguments = null, JsonObject? meta = null)
    {
        var parameters = new JsonObject { ["name"] = tool, ["arguments"] = JsonSerializer.SerializeToNode(arguments ?? new object()) };
        if (meta is not null)
            parameters["_meta"] = meta;
        using var response = await PostAsync("tools/call", parameters, id, cancellationToken);
        return await HttpAgent.ReadAsync(response, cancellationToken);
    }

    public async Task<AgentAnswer> SendAsync(string method, JsonObject parameters, int id, CancellationToken cancellationToken)
    {
        using var response = await PostAsync(method, parameters, id, cancellationToken);
        return await HttpAgent.ReadAsync(response, cancellationToken);
    }

    /// <summary>Opens the session's stream of notices.</summary>
    public async Task<NoticeStream> ListenAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _endpoint);
        request.Headers.Accept.ParseAdd("text/event-stream");
        request.Headers.Add("Mcp-Session-Id", _session);
        request.Headers.Add("MCP-Protocol-Version", Revision);
        return await NoticeStream.OfAsync(await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken), cancellationToken);
    }

    public async Task NotifyAsync(string method, JsonObject parameters, CancellationToken cancellationToken)
    {
        using var response = await PostAsync(method, parameters, null, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> PostAsync(string method, JsonObject parameters, int? id, CancellationToken cancellationToken)
    {
        var message = new JsonObject { ["jsonrpc"] = "2.0", ["method"] = method, ["params"] = parameters };
        if (id is not null)
            message["id"] = id;
        using var request = new HttpRequestMessage(HttpMethod.Post, _endpoint)
        {
            Content = new StringContent(message.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        if (_session is not null)
        {
            request.Headers.Add("Mcp-Session-Id", _session);
            request.Headers.Add("MCP-Protocol-Version", Revision);
        }

        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }
}

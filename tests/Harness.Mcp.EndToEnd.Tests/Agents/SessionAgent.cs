using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Harness.Mcp.EndToEnd.Tests.Agents;

/// <summary>An agent of a revision with `initialize`, with nothing between the test and the wire: one session, ids and notices as the test wants them.</summary>
internal sealed class SessionAgent : IDisposable
{
    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Uri _endpoint;
    private readonly string _revision;
    private string? _session;

    private SessionAgent(Uri endpoint, string revision) => (_endpoint, _revision) = (endpoint, revision);

    /// <summary>Gives the result of a request of the server's; null for an agent that is asked nothing.</summary>
    public Func<JsonElement, JsonObject>? Answer { get; set; }

    /// <param name="capabilities">What the agent declares; nothing by default.</param>
    public static async Task<SessionAgent> OpenAsync(Uri endpoint, CancellationToken cancellationToken, JsonObject? capabilities = null, string revision = "2025-11-25")
    {
        var agent = new SessionAgent(endpoint, revision);
        var hello = new JsonObject
        {
            ["protocolVersion"] = revision,
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
        return await HttpAgent.ReadAsync(response, cancellationToken, Answer is null ? null : request => AnswerAsync(request, cancellationToken));
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
        request.Headers.Add("MCP-Protocol-Version", _revision);
        return await NoticeStream.OfAsync(await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken), cancellationToken);
    }

    public async Task NotifyAsync(string method, JsonObject parameters, CancellationToken cancellationToken)
    {
        using var response = await PostAsync(method, parameters, null, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    public void Dispose() => _http.Dispose();

    private async Task AnswerAsync(JsonElement request, CancellationToken cancellationToken)
    {
        var answer = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = JsonNode.Parse(request.GetProperty("id").GetRawText()), ["result"] = Answer!(request) };
        using var response = await PostAsync(answer, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    private Task<HttpResponseMessage> PostAsync(string method, JsonObject parameters, int? id, CancellationToken cancellationToken)
    {
        var message = new JsonObject { ["jsonrpc"] = "2.0", ["method"] = method, ["params"] = parameters };
        if (id is not null)
            message["id"] = id;
        return PostAsync(message, cancellationToken);
    }

    private async Task<HttpResponseMessage> PostAsync(JsonObject message, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _endpoint)
        {
            Content = new StringContent(message.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        if (_session is not null)
        {
            request.Headers.Add("Mcp-Session-Id", _session);
            request.Headers.Add("MCP-Protocol-Version", _revision);
        }

        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }
}

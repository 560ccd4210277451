using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Harness.Mcp.EndToEnd.Tests.Agents;

/// <summary>
/// An agent of revision 2026-07-28 with nothing between the test and the wire: it chooses its own ids and `_meta`, sees every
/// notice, and can let go of a request.
/// </summary>
internal sealed class HttpAgent(Uri endpoint) : IDisposable
{
    private const string Revision = "2026-07-28";

    private readonly HttpClient _http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private long _lastId;

    /// <summary>What the agent declares that it can be asked.</summary>
    public JsonObject Capabilities { get; init; } = [];

    public async Task<string[]> ListAsync(CancellationToken cancellationToken)
    {
        var answer = await SendAsync("tools/list", [], null, cancellationToken);
        return [.. answer.Result.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()!)];
    }

    /// <summary>Asks for the list until it is as wanted: backends and approvals come in their own time.</summary>
    public async Task<string[]> ListUntilAsync(Func<string[], bool> isWanted, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var listed = await ListAsync(cancellationToken);
            if (isWanted(listed))
                return listed;
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <param name="arguments">Serialized as the call's arguments; null for none.</param>
    /// <param name="meta">Further members of `_meta`.</param>
    /// <param name="id">The request's id; null for the next number.</param>
    public Task<AgentAnswer> CallAsync(
        string tool, CancellationToken cancellationToken, object? arguments = null, JsonObject? meta = null, JsonNode? id = null)
    {
        var parameters = new JsonObject { ["name"] = tool, ["arguments"] = JsonSerializer.SerializeToNode(arguments ?? new object()) };
        if (meta is not null)
            parameters["_meta"] = meta;
        return SendAsync("tools/call", parameters, id, cancellationToken);
    }

    public Task<AgentAnswer> SendAsync(string method, JsonObject parameters, CancellationToken cancellationToken) =>
        SendAsync(method, parameters, null, cancellationToken);

    public async Task<AgentAnswer> SendAsync(string method, JsonObject parameters, JsonNode? id, CancellationToken cancellationToken)
    {
        using var request = Request(method, parameters, id ?? Interlocked.Increment(ref _lastId));
        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return await ReadAsync(response, cancellationToken);
    }

    /// <summary>Opens a stream of notices.</summary>
    /// <param name="notifications">What to listen for.</param>
    public async Task<NoticeStream> ListenAsync(JsonObject notifications, CancellationToken cancellationToken)
    {
        using var request = Request("subscriptions/listen", new JsonObject { ["notifications"] = notifications }, Interlocked.Increment(ref _lastId));
        return await NoticeStream.OfAsync(await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken), cancellationToken);
    }

    /// <summary>The answer in a response, which comes as one message or as a stream that ends with it.</summary>
    /// <param name="onRequest">Answers a request of the server's; null to take it for a notice.</param>
    public static async Task<AgentAnswer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken, Func<JsonElement, Task>? onRequest = null)
    {
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        return response.Content.Headers.ContentType?.MediaType == "text/event-stream"
            ? await ReadStreamAsync(reader, onRequest, cancellationToken)
            : new AgentAnswer(JsonElement.Parse(await reader.ReadToEndAsync(cancellationToken)), []);
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(string method, JsonObject parameters, JsonNode id)
    {
        var meta = (parameters["_meta"] ??= new JsonObject()).AsObject();
        meta["io.modelcontextprotocol/protocolVersion"] = Revision;
        meta["io.modelcontextprotocol/clientCapabilities"] = Capabilities.DeepClone();
        var message = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = id, ["method"] = method, ["params"] = parameters };
        var request = new HttpRequestMessage(HttpMethod.Post, endpoint)
        {
            Content = new StringContent(message.ToJsonString(), Encoding.UTF8, new MediaTypeHeaderValue("application/json")),
        };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        request.Headers.Add("MCP-Protocol-Version", Revision);
        request.Headers.Add("Mcp-Method", method);
        if (method is "tools/call" or "prompts/get" or "resources/read")
            request.Headers.Add("Mcp-Name", parameters[method == "resources/read" ? "uri" : "name"]!.GetValue<string>());
        if (method.StartsWith("tasks/", StringComparison.Ordinal))
            request.Headers.Add("Mcp-Name", parameters["taskId"]!.GetValue<string>());
        return request;
    }

    private static async Task<AgentAnswer> ReadStreamAsync(StreamReader reader, Func<JsonElement, Task>? onRequest, CancellationToken cancellationToken)
    {
        const string Data = "data: ";
        var notices = ImmutableArray.CreateBuilder<JsonElement>();
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (!line.StartsWith(Data, StringComparison.Ordinal) || line.Length == Data.Length)
                continue;
            var message = JsonElement.Parse(line[Data.Length..]);
            if (message.TryGetProperty("id", out _) && !message.TryGetProperty("method", out _))
                return new AgentAnswer(message, notices.ToImmutable());
            if (onRequest is not null && message.TryGetProperty("id", out _))
                await onRequest(message);
            else
                notices.Add(message);
        }

        throw new HttpRequestException("The stream ended without an answer.");
    }
}

/// <summary>The answer to one request, with the notices that came before it.</summary>
internal sealed record AgentAnswer(JsonElement Message, ImmutableArray<JsonElement> Notices)
{
    public JsonElement Result => Message.TryGetProperty("result", out var result)
        ? result
        : throw new InvalidOperationException($"The answer is an error: {Message}");

    /// <summary>The JSON-RPC error; its reason where it is a denial.</summary>
    public (int Code, string? Reason) Error => Message.TryGetProperty("error", out var error)
        ? (error.GetProperty("code").GetInt32(), error.TryGetProperty("data", out var data) && data.ValueKind == JsonValueKind.Object && data.TryGetProperty("reason", out var reason) ? reason.GetString() : null)
        : throw new InvalidOperationException($"The answer is no error: {Message}");

    public bool IsError => Result.TryGetProperty("isError", out var flag) && flag.ValueKind == JsonValueKind.True;

    /// <summary>What a model reads.</summary>
    public string Text => string.Join('\n', Result.GetProperty("content").EnumerateArray().Select(item => item.GetProperty("text").GetString()));

    /// <summary>What a program reads: the reason code of a denial, in either place; null for another answer.</summary>
    public string? Reason => Denial is { } denial ? denial.GetProperty("reason").GetString() : null;

    /// <summary>The structured form of a denial; null for another answer.</summary>
    public JsonElement? Denial =>
        IsError && Result.TryGetProperty("structuredContent", out var structured) && structured.TryGetProperty("denied", out _) ? structured
        : IsError && Result.TryGetProperty("_meta", out var meta) && meta.TryGetProperty("harness-mcp/denial", out var moved) ? moved
        : null;
}

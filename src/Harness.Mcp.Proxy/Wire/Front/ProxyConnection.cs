using System.Collections.Frozen;
using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using ModelContextProtocol.Protocol;

namespace Harness.Mcp.Proxy.Wire.Front;

/// <summary>
/// The HTTP side of the stdio front: adds the headers that a body needs in its era, keeps the session of the `initialize`
/// handshake, and begins it anew when the proxy has restarted.
/// </summary>
internal sealed class ProxyConnection(HttpClient http, Uri endpoint, string? token) : IDisposable
{
    private readonly SemaphoreSlim _renewing = new(1, 1);
    private (AgentMessage Message, byte[] Body)? _handshake;
    private string? _version;
    private FrozenDictionary<string, ParameterHeaders>? _tools;

    /// <summary>The session's id; null before the handshake and for modern agents.</summary>
    public string? Session { get; private set; }

    /// <summary>Sends one message. The response's headers have arrived when this returns; its body may still come.</summary>
    public async Task<HttpResponseMessage> PostAsync(AgentMessage message, byte[] body, CancellationToken cancellationToken)
    {
        if (string.Equals(message.Method, Methods.Initialize, StringComparison.Ordinal))
        {
            _handshake = (message, body);
            _version = null;
            Session = null;
        }

        var session = Session;
        var response = await SendAsync(await RequestAsync(message, body, cancellationToken), cancellationToken);
        if (response.StatusCode != HttpStatusCode.NotFound || session is null || VersionOf(message) is not null) return response;

        // The proxy has forgotten the session, so it did nothing with the message: shake hands again and send it once more.
        response.Dispose();
        await RenewAsync(session, cancellationToken);
        return await SendAsync(await RequestAsync(message, body, cancellationToken), cancellationToken);
    }

    /// <summary>Sends the client's answer to a request of the proxy's, which belongs to the session.</summary>
    public async Task<HttpResponseMessage> RespondAsync(byte[] body, CancellationToken cancellationToken)
    {
        var request = SessionRequest(HttpMethod.Post);
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return await SendAsync(request, cancellationToken);
    }

    /// <summary>Remembers what a handshake agreed on.</summary>
    public void Agreed(HttpResponseMessage response, JsonElement result)
    {
        if (response.Headers.TryGetValues(MirroredHeaders.Session, out var ids)) Session = ids.First();
        if (result.TryGetProperty("protocolVersion", out var version) && version.ValueKind == JsonValueKind.String) _version = version.GetString();
    }

    /// <summary>Forgets the tool definitions, which may have changed.</summary>
    public void ForgetTools() => _tools = null;

    /// <summary>Opens the session's notice stream.</summary>
    public Task<HttpResponseMessage> OpenStreamAsync(CancellationToken cancellationToken) =>
        SendAsync(SessionRequest(HttpMethod.Get), cancellationToken);

    public async Task EndSessionAsync(CancellationToken cancellationToken)
    {
        if (Session is null) return;
        using var response = await SendAsync(SessionRequest(HttpMethod.Delete), cancellationToken);
    }

    public void Dispose() => _renewing.Dispose();

    /// <summary>The messages of a response, as they come.</summary>
    public static async IAsyncEnumerable<byte[]> MessagesAsync(
        HttpResponseMessage response, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var type = response.Content.Headers.ContentType?.MediaType;
        if (type is "application/json")
        {
            var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            if (body.Length > 0) yield return body;
        }
        else if (type is "text/event-stream")
        {
            await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
            var events = SseParser.Create(stream, (_, data) => data.ToArray());
            await foreach (var item in events.EnumerateAsync(cancellationToken))
            {
                if (item.Data.Length > 0) yield return item.Data;
            }
        }
    }

    private async Task<HttpRequestMessage> RequestAsync(AgentMessage message, byte[] body, CancellationToken cancellationToken)
    {
        var request = VersionOf(message) is { } version ? Modern(message, version) : SessionRequest(HttpMethod.Post);
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        if (VersionOf(message) is not null && message is { Method: Methods.CallTool, IsRequest: true })
        {
            foreach (var (header, value) in await ParametersAsync(message, cancellationToken)) request.Headers.TryAddWithoutValidation(header, value);
        }

        return request;
    }

    private HttpRequestMessage Modern(AgentMessage message, string version)
    {
        var request = NewRequest(HttpMethod.Post);
        request.Headers.Add(MirroredHeaders.Version, version);
        request.Headers.TryAddWithoutValidation(MirroredHeaders.Method, McpHeaderEncoder.EncodeValue(message.Method));
        if (message.Param(MirroredHeaders.NameKey(message.Method)) is { ValueKind: JsonValueKind.String } name)
        {
            request.Headers.TryAddWithoutValidation(MirroredHeaders.Name, McpHeaderEncoder.EncodeValue(name.GetString()));
        }

        return request;
    }

    private HttpRequestMessage SessionRequest(HttpMethod method)
    {
        var request = NewRequest(method);
        if (Session is { } session) request.Headers.Add(MirroredHeaders.Session, session);
        if (_version is { } version) request.Headers.Add(MirroredHeaders.Version, version);
        return request;
    }

    private HttpRequestMessage NewRequest(HttpMethod method)
    {
        var request = new HttpRequestMessage(method, endpoint);
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request) return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    /// <summary>The version that a modern message names; null for a message of the `initialize` era.</summary>
    private string? VersionOf(AgentMessage message) =>
        message.MetaText(AgentMessage.VersionKey)
        // A modern client's notices need not name a version.
        ?? (Session is null && !message.IsRequest ? ProtocolVersions.Modern : null);

    /// <summary>The arguments that the tool wants mirrored in headers, for which its definition must be known.</summary>
    private async Task<IEnumerable<(string Header, string Value)>> ParametersAsync(AgentMessage call, CancellationToken cancellationToken)
    {
        var tools = _tools ??= await ReadToolsAsync(call, cancellationToken);
        return call.Param("name") is { ValueKind: JsonValueKind.String } name && tools.GetValueOrDefault(name.GetString()!) is { } headers
            ? headers.Mirror(call.Param("arguments"))
            : [];
    }

    private async Task<FrozenDictionary<string, ParameterHeaders>> ReadToolsAsync(AgentMessage call, CancellationToken cancellationToken)
    {
        const int PagesMax = 100;
        var found = new Dictionary<string, ParameterHeaders>(StringComparer.Ordinal);
        var version = VersionOf(call)!;
        string? cursor = null;

        for (var page = 0; page < PagesMax; page++)
        {
            using var request = Modern(new AgentMessage(null, Methods.ListTools, null), version);
            request.Content = new ByteArrayContent(ListBody(version, cursor));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            await foreach (var bytes in MessagesAsync(response, cancellationToken))
            {
                var message = JsonElement.Parse(bytes);
                if (!message.TryGetProperty("result", out var result) || !result.TryGetProperty("tools", out var tools)) continue;

                foreach (var tool in tools.EnumerateArray()) found[tool.GetProperty("name").GetString()!] = ParameterHeaders.Of(tool);
                cursor = result.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;
            }

            if (cursor is null) break;
        }

        return found.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private static byte[] ListBody(string version, string? cursor)
    {
        var cursorMember = cursor is null ? "" : $"\"cursor\":{JsonSerializer.Serialize(cursor)},";
        return Encoding.UTF8.GetBytes(
            $"{{\"jsonrpc\":\"2.0\",\"id\":\"front-list\",\"method\":\"{Methods.ListTools}\",\"params\":{{{cursorMember}\"_meta\":{{\"{AgentMessage.VersionKey}\":{JsonSerializer.Serialize(version)},\"{AgentMessage.CapabilitiesKey}\":{{}}}}}}}}");
    }

    private async Task RenewAsync(string lost, CancellationToken cancellationToken)
    {
        await _renewing.WaitAsync(cancellationToken);
        try
        {
            if (_handshake is not { } handshake || !string.Equals(Session, lost, StringComparison.Ordinal)) return;

            Session = null;
            _version = null;
            using var response = await SendAsync(await RequestAsync(handshake.Message, handshake.Body, cancellationToken), cancellationToken);
            await foreach (var bytes in MessagesAsync(response, cancellationToken))
            {
                if (JsonElement.Parse(bytes).TryGetProperty("result", out var result)) Agreed(response, result);
            }

            using var initialized = SessionRequest(HttpMethod.Post);
            initialized.Content = new StringContent("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", Encoding.UTF8, "application/json");
            using var accepted = await http.SendAsync(initialized, cancellationToken);
        }
        finally
        {
            _renewing.Release();
        }
    }
}

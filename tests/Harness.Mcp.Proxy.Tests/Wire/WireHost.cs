using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Reads;
using Harness.Mcp.Proxy.Enforcement.Tasks;
using Harness.Mcp.Proxy.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Tests.Wire;

/// <summary>The wire on a real Kestrel, in front of a fake enforcement. The bearer token is the agent's name.</summary>
internal sealed class WireHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WireHost(WebApplication app, FakeEnforcement enforcement)
    {
        _app = app;
        Enforcement = enforcement;
        Url = new Uri(app.Urls.Single());
        Http = new HttpClient { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(30) };
    }

    public FakeEnforcement Enforcement { get; }

    public Uri Url { get; }

    public HttpClient Http { get; }

    public static Task<WireHost> StartAsync(params (string Key, string Value)[] settings) => StartAsync(0, settings);

    /// <param name="port">The port to listen on; 0 for any that is free.</param>
    public static Task<WireHost> StartAsync(int port, params (string Key, string Value)[] settings) => StartAsync(_ => { }, port, settings);

    /// <param name="more">Adds services after those of the wire.</param>
    public static async Task<WireHost> StartAsync(Action<IServiceCollection> more, int port = 0, params (string Key, string Value)[] settings)
    {
        var enforcement = new FakeEnforcement();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)));
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddSingleton<IEnforcement>(enforcement);
        builder.Services.AddSingleton<IMissionReads>(enforcement);
        builder.Services.AddSingleton<IResourceWatches>(enforcement);
        builder.Services.AddSingleton<IMissionTasks>(enforcement.Tasks);
        builder.Services.AddSingleton<IAgentAuthenticator>(new TokenIsName());
        builder.Services.AddHarnessWire();
        more(builder.Services);

        var app = builder.Build();
        app.MapHarnessWire();
        await app.StartAsync();
        return new WireHost(app, enforcement);
    }

    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    /// <summary>A modern request, complete and well-formed; tests change one thing of it.</summary>
    public static ModernRequest Modern(string method, string parameters = "{}") => new(method, parameters);

    /// <summary>Sends one request of the `initialize` era.</summary>
    public async Task<Answer> LegacyAsync(string body, string? session, string path = "/mcp", string agent = "soc", string? version = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Json(body) };
        Address(request, agent);
        if (session is not null) request.Headers.Add("Mcp-Session-Id", session);
        if (version is not null) request.Headers.Add("MCP-Protocol-Version", version);
        return await SendAsync(request);
    }

    /// <returns>The id of a session that has shaken hands.</returns>
    public async Task<string> OpenSessionAsync(string path = "/mcp", string agent = "soc", string version = "2025-11-25")
    {
        var answer = await LegacyAsync(InitializeBody(version), session: null, path, agent);
        var session = answer.Headers.GetValues("Mcp-Session-Id").Single();
        await LegacyAsync("""{"jsonrpc":"2.0","method":"notifications/initialized"}""", session, path, agent);
        return session;
    }

    public static string InitializeBody(string version) =>
        $$$"""{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"clientInfo":{"name":"t","version":"1"},"capabilities":{},"protocolVersion":"{{{version}}}" } }""";

    public async Task<Answer> SendAsync(HttpRequestMessage request)
    {
        using var response = await Http.SendAsync(request);
        return await Answer.OfAsync(response);
    }

    public static void Address(HttpRequestMessage request, string agent)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", agent);
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
    }

    public static ByteArrayContent Json(string body)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    private sealed class TokenIsName : IAgentAuthenticator
    {
        public ValueTask<AgentAuthentication> AuthenticateAsync(HttpContext http)
        {
            var name = http.Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal);
            http.Request.Headers.Remove("Authorization");
            return ValueTask.FromResult<AgentAuthentication>(name switch
            {
                "" => new AgentAuthentication.Challenge("Bearer resource_metadata=\"http://127.0.0.1/.well-known/oauth-protected-resource\""),
                "retired" => new AgentAuthentication.Refused("This agent is not active. Ask its owner."),
                _ => new AgentAuthentication.Agent(new RegisteredAgent
                {
                    Id = new AgentId(name), Owner = "o", Missions = [], ReviewBy = DateOnly.MaxValue, IsActive = true,
                }),
            });
        }
    }
}

/// <summary>One answer over HTTP, its event stream read to the end.</summary>
internal sealed record Answer(HttpStatusCode Status, HttpResponseHeaders Headers, IReadOnlyList<JsonElement> Messages)
{
    /// <summary>The last message: the answer itself.</summary>
    public JsonElement Last => Messages[^1];

    public int ErrorCode => Last.GetProperty("error").GetProperty("code").GetInt32();

    public string ErrorMessage => Last.GetProperty("error").GetProperty("message").GetString()!;

    public JsonElement Result => Last.GetProperty("result");

    public static async Task<Answer> OfAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync();
        var isStream = response.Content.Headers.ContentType?.MediaType == "text/event-stream";
        var bodies = isStream
            ? text.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => line["data: ".Length..])
            : text.Length > 0 ? [text] : [];
        return new Answer(response.StatusCode, response.Headers, [.. bodies.Where(body => body.Trim().Length > 0).Select(body => JsonElement.Parse(body))]);
    }
}

/// <summary>A well-formed request of protocol version 2026-07-28, of which a test bends one part.</summary>
internal sealed class ModernRequest
{
    public ModernRequest(string method, string parameters)
    {
        var node = JsonNode.Parse(parameters)!.AsObject();
        var meta = node["_meta"] as JsonObject ?? [];
        node.Remove("_meta");
        meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28";
        meta["io.modelcontextprotocol/clientCapabilities"] = new JsonObject();
        node["_meta"] = meta;
        Body = new JsonObject { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = method, ["params"] = node }.ToJsonString();
        Headers["MCP-Protocol-Version"] = ["2026-07-28"];
        Headers["Mcp-Method"] = [method];
        var named = method switch { "tools/call" or "prompts/get" => "name", "resources/read" => "uri", "tasks/get" or "tasks/update" or "tasks/cancel" => "taskId", _ => null };
        if (named is not null && node[named]?.GetValueKind() == JsonValueKind.String) Headers["Mcp-Name"] = [(string)node[named]!];
    }

    public string Body { get; set; }

    public Dictionary<string, string[]> Headers { get; } = new(StringComparer.OrdinalIgnoreCase);

    public string Path { get; set; } = "/mcp";

    public string Agent { get; set; } = "soc";

    public string ContentType { get; set; } = "application/json";

    public HttpMethod Method { get; set; } = HttpMethod.Post;

    public ModernRequest With(string header, params string[] values)
    {
        Headers[header] = values;
        return this;
    }

    public ModernRequest Without(string header)
    {
        Headers.Remove(header);
        return this;
    }

    public ModernRequest Replace(string old, string with)
    {
        if (!Body.Contains(old, StringComparison.Ordinal)) throw new InvalidOperationException($"`{old}` is not in {Body}");
        Body = Body.Replace(old, with, StringComparison.Ordinal);
        return this;
    }

    public HttpRequestMessage ToMessage()
    {
        var request = new HttpRequestMessage(Method, Path);
        WireHost.Address(request, Agent);
        if (Method == HttpMethod.Post)
        {
            request.Content = WireHost.Json(Body);
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(ContentType);
        }

        foreach (var (name, values) in Headers)
        {
            if (name == "Host") request.Headers.Host = values[0];
            else if (name == "Content-Encoding") request.Content!.Headers.Add(name, values);
            else foreach (var value in values) request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    public async Task<Answer> SendAsync(WireHost host)
    {
        using var message = ToMessage();
        return await host.SendAsync(message);
    }
}

using Harness.Mcp.Proxy.Agents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Harness.Mcp.Proxy.Tests.Agents;

/// <summary>A program with nothing but the authentication of agents: it answers with what the authenticator said.</summary>
internal sealed class AgentEndpoint : IAsyncDisposable
{
    public const string Audience = "https://harness.corp.example";

    private readonly WebApplication _app;
    private readonly string _folder;
    private readonly HttpClient _http = new();

    private AgentEndpoint(WebApplication app, string folder)
    {
        _app = app;
        _folder = folder;
    }

    public string Url => _app.Urls.First();

    public RegisteredAgents Agents => _app.Services.GetRequiredService<RegisteredAgents>();

    public static async Task<AgentEndpoint> StartAsync(
        IReadOnlyDictionary<string, string?> settings, IEnumerable<string> agents, TimeProvider? time = null, string listen = "http://127.0.0.1:0")
    {
        var folder = Path.Combine(Directory.CreateTempSubdirectory("harness-").FullName, "agents");
        Directory.CreateDirectory(folder);
        foreach (var (index, agent) in agents.Index())
            await File.WriteAllTextAsync(Path.Combine(folder, $"{index}.yaml"), agent);

        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(listen);
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(one => "Agents:" + one.Key, one => one.Value));
        if (time is not null)
            builder.Services.AddSingleton(time);
        builder.Services.AddRoutingCore();
        builder.Services.AddHarnessAgents(folder);
        var app = builder.Build();
        var endpoint = new AgentEndpoint(app, folder);
        try
        {
            app.MapHarnessAgentMetadata();
            app.MapFallback("{**path}", AnswerAsync);
            await app.StartAsync();
            return endpoint;
        }
        catch
        {
            await endpoint.DisposeAsync();
            throw;
        }
    }

    public static string Agent(string id, string identity, string more = "review-by: 2099-01-01") =>
        $"agent: {id}\nowner: soc@corp.example\nmissions: [demo]\n{identity}\n{more}\n";

    /// <summary>Status, `WWW-Authenticate` (or empty) and body of a request.</summary>
    public async Task<(int Status, string Challenge, string Body)> GetAsync(string path, string? token = null, string scheme = "Bearer")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Url + path));
        if (token is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"{scheme} {token}");
        using var answer = await _http.SendAsync(request);
        return ((int)answer.StatusCode, answer.Headers.WwwAuthenticate.ToString(), await answer.Content.ReadAsStringAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
        Directory.Delete(Path.GetDirectoryName(_folder)!, recursive: true);
    }

    private static async Task AnswerAsync(HttpContext http, IAgentAuthenticator authenticator)
    {
        switch (await authenticator.AuthenticateAsync(http))
        {
            case AgentAuthentication.Agent(var agent):
                await http.Response.WriteAsync($"{agent.Id} token:{http.Request.Headers.Authorization} claims:{string.Join(',', http.User.Claims.Select(claim => claim.Value).Distinct())}");
                break;
            case AgentAuthentication.Challenge(var challenge):
                http.Response.StatusCode = 401;
                http.Response.Headers.WWWAuthenticate = challenge;
                break;
            case AgentAuthentication.Refused(var say):
                http.Response.StatusCode = 403;
                await http.Response.WriteAsync(say);
                break;
        }
    }
}

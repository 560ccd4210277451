using System.Text.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.TestKit.Backends;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends.OpenApi;

/// <summary>A home with one backend, `api`, that an OpenAPI document describes, a fleet over it, and the real service behind.</summary>
internal sealed class ServiceWorld : INoticeSink, IAsyncDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("home").FullName;
    private BackendFleet? _fleet;

    private ServiceWorld(ApiService service) => Service = service;

    public ApiService Service { get; }

    public BackendFleet Fleet => _fleet ?? throw new InvalidOperationException("The fleet was not started.");

    public string State => Path.Combine(_home, "state");

    public string DocumentFile => Path.Combine(_home, "api.json");

    /// <param name="document">A document for the file `api.json` of the home; null for the one that the service publishes.</param>
    /// <param name="more">Further members of the backend's file.</param>
    /// <param name="issuer">Issues tokens for the service; null where it is open. `{root}` in <paramref name="more"/> stands for its address.</param>
    /// <param name="isNamed">Whether `url` names the service.</param>
    public static async Task<ServiceWorld> StartAsync(string? document = null, string more = "", bool isNamed = true, TokenIssuer? issuer = null)
    {
        var world = new ServiceWorld(await ApiService.StartAsync(issuer));
        Directory.CreateDirectory(Path.Combine(world._home, "servers.config"));
        if (document is not null)
            await File.WriteAllTextAsync(world.DocumentFile, document, TestContext.Current.CancellationToken);
        world.Describe(document is null ? world.Service.Document.ToString() : "api.json", more, isNamed);
        await world.StartFleetAsync();
        return world;
    }

    private void Describe(string document, string more, bool isNamed) => File.WriteAllText(Path.Combine(_home, "servers.config", "api.json"), $$"""
        { "name": "api", "owner": "o", "domain": "d", "openapi": "{{document}}"{{(isNamed ? $", \"url\": \"{Service.Root}\"" : "")}}{{(more.Length > 0 ? ", " + more.Replace("{root}", Service.Root.GetLeftPart(UriPartial.Authority), StringComparison.Ordinal) : "")}} }
        """);

    public JsonElement Definition(string tool) => Fleet.Current.Find(Id(tool))?.Definition ?? throw new InvalidOperationException($"There is no tool `{tool}` among {string.Join(", ", Fleet.Current.Tools.Select(one => one.Facts.Id))}.");

    public ToolStanding? Standing(string tool) => Fleet.Current.Find(Id(tool))?.Standing;

    public async Task<BackendReply> CallAsync(string tool, string arguments = "{}", CancellationToken? cancellation = null) =>
        await Fleet.Find(new BackendId("api"))!.CallAsync(Opened.Call(tool, arguments), this, cancellation ?? TestContext.Current.CancellationToken);

    public async Task<JsonElement> ResultAsync(string tool, string arguments = "{}")
    {
        var reply = await CallAsync(tool, arguments);
        return reply is BackendReply.Result(var value) ? value : throw new InvalidOperationException($"No result: {reply}");
    }

    public static string TextOf(JsonElement result) => result.GetProperty("content")[0].GetProperty("text").GetString()!;

    public ValueTask SendAsync(string method, JsonElement parameters, CancellationToken cancellationToken) => default;

    public static async Task Until(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
            await Task.Delay(20, limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        if (_fleet is not null)
            await _fleet.DisposeAsync();
        await Service.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }

    private static ToolId Id(string tool) => new(new BackendId("api"), tool);

    private async Task StartFleetAsync()
    {
        _fleet = new BackendFleet(
            new BackendFleetPlaces(_home, Path.Combine(_home, "servers.config"), Path.Combine(_home, "state"), Opened.Guard), TimeProvider.System, NullLogger<BackendFleet>.Instance);
        await _fleet.StartAsync(TestContext.Current.CancellationToken);
        await _fleet.WaitForFirstListingsAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }
}

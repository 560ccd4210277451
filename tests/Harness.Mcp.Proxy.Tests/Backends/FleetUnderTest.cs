using System.Text.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.TestKit.Backends;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

/// <summary>A fleet over scripted backends, described in files of a home of its own.</summary>
internal sealed class FleetUnderTest : INoticeSink, IAsyncDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("fleet").FullName;
    private readonly List<ScriptedHttp> _backends = [];

    public FleetUnderTest()
    {
        Directory.CreateDirectory(Path.Combine(_home, "servers.config"));
        Fleet = new BackendFleet(
            new BackendFleetPlaces(_home, Path.Combine(_home, "servers.config"), Path.Combine(_home, "state"), Opened.Guard), TimeProvider.System, NullLogger<BackendFleet>.Instance);
    }

    public BackendFleet Fleet { get; }

    /// <param name="more">Further members of the backend's file.</param>
    public async Task<ScriptedHttp> DescribeAsync(string name, Script script, string more = "\"timeouts\": { \"connect\": \"5s\" }")
    {
        var http = await ScriptedHttp.StartAsync(script);
        _backends.Add(http);
        Write(name, $"\"url\": \"{http.Endpoint}\", {more}");
        return http;
    }

    public void DescribeStdio(string name, Script script) =>
        Write(name, $"\"command\": {JsonSerializer.Serialize(Opened.ScriptedProgram)}, \"args\": {JsonSerializer.Serialize((string[])["stdio", script.ToJson()])}");

    public void Write(string name, string members) => File.WriteAllText(
        Path.Combine(_home, "servers.config", name + ".json"), $$"""{ "name": "{{name}}", "owner": "o", "domain": "d", {{members}} }""");

    public async Task StartAsync()
    {
        await Fleet.StartAsync(TestContext.Current.CancellationToken);
        await Fleet.WaitForFirstListingsAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    public async Task<BackendReply> CallAsync(string backend, string tool, string arguments = "{}") =>
        await Fleet.Find(new BackendId(backend))!.CallAsync(Opened.Call(tool, arguments), this, TestContext.Current.CancellationToken);

    public ValueTask SendAsync(string method, JsonElement parameters, CancellationToken cancellationToken) => default;

    public async ValueTask DisposeAsync()
    {
        await Fleet.DisposeAsync();
        foreach (var backend in _backends)
            await backend.DisposeAsync();
        Directory.Delete(_home, recursive: true);
    }
}

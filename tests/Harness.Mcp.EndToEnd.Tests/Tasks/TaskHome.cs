using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.EndToEnd.Tests.Tasks;

/// <summary>A running proxy before a server of 2026-07-28 that answers calls later, which outlives it.</summary>
internal sealed class TaskHome : IAsyncDisposable
{
    public const string Extension = "io.modelcontextprotocol/tasks";

    private static readonly string Fixture = Path.Combine(AppContext.BaseDirectory, "Harness.Mcp.ConformanceFixture.dll");

    private readonly HomeUnderTest _home;
    private readonly ChildProcess _fixture;
    private RunningProxy _proxy;

    private TaskHome(HomeUnderTest home, ChildProcess fixture, RunningProxy proxy, Uri server, string mission)
    {
        (_home, _fixture, _proxy, MissionId) = (home, fixture, proxy, mission);
        Server = new HttpAgent(server) { Capabilities = Capabilities() };
    }

    public string MissionId { get; }

    public Uri Endpoint => _proxy.Endpoint(MissionId);

    public RunningProxy Proxy => _proxy;

    /// <summary>The way to the server itself, past the proxy.</summary>
    public HttpAgent Server { get; }

    public static async Task<TaskHome> StartAsync(CancellationToken cancellationToken)
    {
        const string Before = "Now listening on: ";
        var home = new HomeUnderTest().WithMission("grants: [{ read: [jobs/*], asks: [elicitation] }]");
        var fixture = ChildProcess.Start("dotnet", ["exec", Fixture, "--urls", "http://127.0.0.1:0", "--Era=modern"]);
        try
        {
            var line = await fixture.LineAsync(line => line.Contains(Before, StringComparison.Ordinal), cancellationToken);
            var server = new Uri(new Uri(line[(line.IndexOf(Before, StringComparison.Ordinal) + Before.Length)..].Trim()), "mcp");
            home.WithEndpoint("jobs", server, """ "expose": "bare", "era": "modern" """);
            var mission = await home.OpenMissionAsync(cancellationToken);
            return new TaskHome(home, fixture, await home.RunAsync(cancellationToken), server, mission);
        }
        catch
        {
            await fixture.DisposeAsync();
            home.Dispose();
            throw;
        }
    }

    /// <summary>An agent that understands tasks.</summary>
    public HttpAgent Agent() => new(Endpoint) { Capabilities = Capabilities() };

    /// <summary>kill -9, and a new start on the same home.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await _proxy.KillAsync(cancellationToken);
        await _proxy.DisposeAsync();
        _proxy = await _home.RunAsync(cancellationToken);
    }

    public Task<ProgramEnd> HarnessAsync(CancellationToken cancellationToken, params string[] command) => _home.HarnessAsync(cancellationToken, command);

    public Task<ChainRecords> ExportAsync(CancellationToken cancellationToken) => _home.ExportAsync(MissionId, cancellationToken);

    /// <summary>The chain once it has a link of a kind.</summary>
    public async Task<ChainRecords> ExportUntilAsync(string kind, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        while (true)
        {
            var chain = await ExportAsync(cancellationToken);
            if (chain.Records.Any(record => record.GetProperty("kind").GetString() == kind))
                return chain;
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    /// <summary>Asks for a task until it is as wanted.</summary>
    public static async Task<JsonElement> UntilAsync(HttpAgent agent, string task, string status, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            var shown = (await agent.SendAsync("tasks/get", new JsonObject { ["taskId"] = task }, cancellationToken)).Result;
            if (shown.GetProperty("status").GetString() == status)
                return shown;
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Server.Dispose();
        await _proxy.DisposeAsync();
        await _fixture.DisposeAsync();
        _home.Dispose();
    }

    private static JsonObject Capabilities() => new()
    {
        ["elicitation"] = new JsonObject(), ["extensions"] = new JsonObject { [Extension] = new JsonObject() },
    };
}

using System.Text.Json;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.EndToEnd.Tests.Servers;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.EndToEnd.Tests.Asks;

/// <summary>
/// One running proxy before servers of both eras that ask: npm's server-everything over standard streams (`pipe`) and Streamable HTTP (`web`), which
/// asks as revisions with `initialize` do, and one of the TypeScript SDK 2 (`travel`), which answers `input_required`.
/// </summary>
internal sealed class AskingHome : IAsyncDisposable
{
    private const string Mission = """
        grants:
          - read: [pipe/trigger-elicitation-request, web/trigger-elicitation-request, travel/book, travel/unlock]
            asks: [elicitation, sampling]
          - read: [pipe/trigger-sampling-request, web/trigger-sampling-request]
            asks: [sampling]
          - read: [pipe/trigger-url-elicitation]
            asks: [elicitation-url]
          - read: [pipe/get-roots-list]
            asks: [roots]
          - read: [web/trigger-url-elicitation, pipe/echo]
        """;

    private const string Asks = """ "asks": { "listing": ["elicitation", "elicitation-url", "sampling", "roots"], "hosts": ["pay.corp.example"] } """;

    private readonly HomeUnderTest _home;
    private readonly EverythingServer _everything;
    private RunningProxy _proxy;

    private AskingHome(HomeUnderTest home, EverythingServer everything, RunningProxy proxy, string mission) =>
        (_home, _everything, _proxy, MissionId) = (home, everything, proxy, mission);

    public string MissionId { get; }

    public Uri Endpoint => _proxy.Endpoint(MissionId);

    public RunningProxy Proxy => _proxy;

    /// <param name="settings">Further sections of `harness.json`.</param>
    public static async Task<AskingHome> StartAsync(CancellationToken cancellationToken, params string[] settings)
    {
        await NpmParts.InstallAsync(cancellationToken);
        var everything = await EverythingServer.StartAsync("streamableHttp", cancellationToken);
        var home = new HomeUnderTest(settings).WithMission(Mission);
        try
        {
            home.WithCommand("pipe", NpmParts.Node, [NpmParts.Module("@modelcontextprotocol", "server-everything", "dist", "index.js"), "stdio"], Asks);
            home.WithEndpoint("web", everything.At("/mcp"), Asks);
            home.WithCommand("travel", NpmParts.Node, [NpmParts.Script("asking-server.mjs")]);
            var mission = await home.OpenMissionAsync(cancellationToken);
            return new AskingHome(home, everything, await home.RunAsync(cancellationToken), mission);
        }
        catch
        {
            await everything.DisposeAsync();
            home.Dispose();
            throw;
        }
    }

    /// <summary>Runs the asking agent, and returns what it was asked and answered.</summary>
    public async Task<JsonElement> AgentAsync(string sdk, string era, bool isThroughConnect, CancellationToken cancellationToken, params object[] calls)
    {
        string[] place = isThroughConnect
            ? ["stdio", HarnessProgram.Host, .. HarnessProgram.Arguments, "connect", "--mission", MissionId, "--url", _proxy.Url.ToString()]
            : [Endpoint.ToString()];
        var (code, output, errors) = await ChildProcess.RunAsync(
            NpmParts.Node, [NpmParts.Script("asking-agent.mjs"), sdk, era, JsonSerializer.Serialize(calls), .. place], cancellationToken);
        return code == 0 ? JsonElement.Parse(output) : throw new InvalidOperationException($"{errors}\n{_proxy.Log}");
    }

    /// <summary>kill -9, and a new start on the same home.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await _proxy.KillAsync(cancellationToken);
        await _proxy.DisposeAsync();
        _proxy = await _home.RunAsync(cancellationToken);
    }

    public Task<ChainRecords> ExportAsync(CancellationToken cancellationToken) => _home.ExportAsync(MissionId, cancellationToken);

    public async Task<string> VerifyAsync(CancellationToken cancellationToken) => (await _home.HarnessAsync(cancellationToken, "chain", "verify")).Done;

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _everything.DisposeAsync();
        _home.Dispose();
    }
}

using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.EndToEnd.Tests.Conformance;

/// <summary>A real `harness run` with the conformance fixture as its one backend, and one open mission that grants all its tools.</summary>
internal sealed class FixtureBehindProxy : IAsyncDisposable
{
    private static readonly string Fixture = Path.Combine(AppContext.BaseDirectory, "Harness.Mcp.ConformanceFixture.dll");

    private readonly HomeUnderTest _home;
    private readonly ChildProcess _fixture;
    private readonly RunningProxy _proxy;

    private FixtureBehindProxy(HomeUnderTest home, ChildProcess fixture, RunningProxy proxy, string mission)
    {
        _home = home;
        _fixture = fixture;
        _proxy = proxy;
        Endpoint = proxy.Endpoint(mission);
    }

    /// <summary>The endpoint of the mission.</summary>
    public Uri Endpoint { get; }

    /// <summary>What the proxy logged so far.</summary>
    public string Log => _proxy.Log;

    /// <param name="era">`legacy` or `modern`: what the fixture speaks; the proxy finds out by itself.</param>
    public static async Task<FixtureBehindProxy> StartAsync(string era, CancellationToken cancellationToken)
    {
        const string Before = "Now listening on: ";
        var home = new HomeUnderTest().WithMission("""
            grants:
              - { read: [fixture/*], asks: [elicitation, sampling, roots] }
            """);
        var fixture = ChildProcess.Start("dotnet", ["exec", Fixture, "--urls", "http://127.0.0.1:0", $"--Era={era}"]);
        try
        {
            var line = await fixture.LineAsync(line => line.Contains(Before, StringComparison.Ordinal), cancellationToken);
            var address = new Uri(line[(line.IndexOf(Before, StringComparison.Ordinal) + Before.Length)..].Trim());
            home.WithEndpoint("fixture", new Uri(address, "mcp"), """ "expose": "bare" """);
            var mission = await home.OpenMissionAsync(cancellationToken);
            return new FixtureBehindProxy(home, fixture, await home.RunAsync(cancellationToken), mission);
        }
        catch
        {
            await fixture.DisposeAsync();
            home.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _fixture.DisposeAsync();
        _home.Dispose();
    }
}

using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.EndToEnd.Tests.Conformance;

/// <summary>A real `harness run` with the conformance fixture as its one backend, and one open mission that grants all its tools.</summary>
internal sealed class FixtureBehindProxy : IAsyncDisposable
{
    private static readonly string Harness = Path.Combine(AppContext.BaseDirectory, "harness.dll");
    private static readonly string Fixture = Path.Combine(AppContext.BaseDirectory, "Harness.Mcp.ConformanceFixture.dll");

    private readonly DirectoryInfo _home;
    private readonly ChildProcess _fixture;
    private readonly ChildProcess _proxy;

    private FixtureBehindProxy(DirectoryInfo home, ChildProcess fixture, ChildProcess proxy, Uri endpoint)
    {
        _home = home;
        _fixture = fixture;
        _proxy = proxy;
        Endpoint = endpoint;
    }

    /// <summary>The endpoint of the mission.</summary>
    public Uri Endpoint { get; }

    /// <summary>What the proxy logged so far.</summary>
    public string Log => _proxy.Errors;

    /// <param name="era">`legacy` or `modern`: what the fixture speaks; the proxy finds out by itself.</param>
    public static async Task<FixtureBehindProxy> StartAsync(string era, CancellationToken cancellationToken)
    {
        var home = Directory.CreateTempSubdirectory("harness-conformance-");
        var fixture = ChildProcess.Start("dotnet", ["exec", Fixture, "--urls", "http://127.0.0.1:0", $"--Era={era}"]);
        try
        {
            var address = await AddressAsync(fixture, "Now listening on: ", cancellationToken);
            await WriteAsync(home, new Uri(address, "mcp"), cancellationToken);
            var mission = await OpenMissionAsync(home, cancellationToken);
            var proxy = ChildProcess.Start("dotnet", ["exec", Harness, "run", "--home", home.FullName, "--listen", "http://127.0.0.1:0"]);
            try
            {
                var listening = await AddressAsync(proxy, "listening on ", cancellationToken);
                await proxy.LineAsync(line => line.Contains("Backend fixture is connected", StringComparison.Ordinal), cancellationToken);
                return new FixtureBehindProxy(home, fixture, proxy, new Uri(listening, $"m/{mission}/mcp"));
            }
            catch
            {
                await proxy.DisposeAsync();
                throw;
            }
        }
        catch
        {
            await fixture.DisposeAsync();
            home.Delete(recursive: true);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _fixture.DisposeAsync();
        _home.Delete(recursive: true);
    }

    private static async Task<Uri> AddressAsync(ChildProcess program, string before, CancellationToken cancellationToken)
    {
        var line = await program.LineAsync(line => line.Contains(before, StringComparison.Ordinal), cancellationToken);
        var rest = line[(line.IndexOf(before, StringComparison.Ordinal) + before.Length)..];
        return new Uri(rest.Split(": ")[0].Trim());
    }

    private static async Task<string> OpenMissionAsync(DirectoryInfo home, CancellationToken cancellationToken)
    {
        var (code, output, errors) = await ChildProcess.RunAsync(
            "dotnet", ["exec", Harness, "mission", "open", "conformance", "--home", home.FullName], cancellationToken);
        return code == 0 ? output.Trim() : throw new InvalidOperationException($"The mission was not opened: {errors}");
    }

    private static async Task WriteAsync(DirectoryInfo home, Uri backend, CancellationToken cancellationToken)
    {
        (string Path, string Text)[] files =
        [
            ("harness.json", """{ "Agents": { "DevelopmentAgent": "suite" } }"""),
            ("agents/suite.yaml", """
                agent: suite
                owner: tests@corp.example
                missions: [conformance]
                review-by: 2099-12-31
                active: true
                """),
            ("missions/conformance.yaml", """
                mission: conformance
                objective: Answer the conformance suite.
                owner: tests@corp.example
                agents: [suite]
                lifetime: 1h
                grants:
                  - read: [fixture/*]
                """),
            ("servers.config/fixture.json", $$"""
                { "name": "fixture", "owner": "tests@corp.example", "domain": "tests", "url": "{{backend}}", "expose": "bare", "defaults": { "effect": "read" } }
                """),
        ];
        foreach (var (path, text) in files)
        {
            var file = new FileInfo(Path.Combine(home.FullName, path));
            file.Directory!.Create();
            await File.WriteAllTextAsync(file.FullName, text, cancellationToken);
        }
    }
}

using System.Collections.Immutable;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Conformance;

/// <summary>
/// The MCP conformance suite's servers, with the backend side of the proxy as their client, authorization servers included. Beside the verdict,
/// each run leaves its counts in `artifacts/conformance`, one `key: value` a line.
/// </summary>
public sealed class ClientConformanceTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    /// <summary>The suite measures pauses in fractions of a second; a true fault fails every time.</summary>
    private const int RunsMax = 3;

    /// <summary>Scenarios at once: each is a server of the suite and a client, and waits most of its time.</summary>
    private const int AtOnceMax = 3;

    private static readonly string Client = Path.Combine(AppContext.BaseDirectory, "Harness.Mcp.ConformanceClient.dll");

    private readonly DirectoryInfo _results = Directory.CreateTempSubdirectory("harness-client-results-");

    public void Dispose() => _results.Delete(recursive: true);

    [Theory]
    [InlineData("2025-11-25")]
    [InlineData("2026-07-28")]
    public async Task RequiredScenarios_Pass_WithTheBackendSideAsTheirClient(string revision)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limited.CancelAfter(Limit);
        await NpmParts.InstallAsync(limited.Token);
        using var places = new SemaphoreSlim(AtOnceMax);
        var scenarios = Scenario.All($"client-{revision}");
        var results = await Task.WhenAll(scenarios.Select(async scenario =>
        {
            await places.WaitAsync(limited.Token);
            try
            {
                return (Scenario: scenario, Failures: await RunAsync(scenario, revision, limited.Token));
            }
            finally
            {
                places.Release();
            }
        }));

        await ReportAsync($"client_{revision.Replace('-', '_')}", results, limited.Token);
        var failed = results.Where(result => result.Scenario.IsRequired(true) && !result.Failures.IsEmpty);
        Assert.True(!failed.Any(), string.Join('\n', failed.Select(result => $"{result.Scenario.Name}: {string.Join("; ", result.Failures)}")));
    }

    [Theory]
    [InlineData("2025-11-25", 18)]
    [InlineData("2026-07-28", 32)]
    public void CommittedList_HasEveryScoredScenario_Once(string revision, int count)
    {
        var scenarios = Scenario.All($"client-{revision}");

        Assert.Equal(count, scenarios.Count(scenario => scenario.IsScored));
        Assert.Equal(scenarios.Length, scenarios.DistinctBy(scenario => scenario.Name).Count());
    }

    /// <summary>What the suite finds wrong in the last of the runs; empty where one passed.</summary>
    private async Task<ImmutableArray<string>> RunAsync(Scenario scenario, string revision, CancellationToken cancellationToken)
    {
        ImmutableArray<string> failures = ["It was not run."];
        for (var run = 0; run < (scenario.IsRequired(true) ? RunsMax : 1) && !failures.IsEmpty; run++)
        {
            var folder = _results.CreateSubdirectory($"{scenario.Name.Replace('/', '-')}-{run}").FullName;
            var (code, text, errors) = await ChildProcess.RunAsync(
                NpmParts.Node,
                [
                    NpmParts.Module("@modelcontextprotocol", "conformance", "dist", "index.js"), "client", "--command", $"dotnet exec {Client}",
                    "--scenario", scenario.Name, "--spec-version", revision, "--force", "-o", folder,
                ],
                cancellationToken);
            failures = ScenarioResult.FailuresUnder(folder) is { } found
                ? code == 0 || !found.IsEmpty ? found : [$"The suite ended with {code}.\n{text}\n{errors}"]
                : [$"The suite ended with {code} and no results.\n{text}\n{errors}"];
        }

        return failures;
    }

    private async Task ReportAsync(string key, (Scenario Scenario, ImmutableArray<string> Failures)[] results, CancellationToken cancellationToken)
    {
        string[] lines =
        [
            Line("", results.Where(result => result.Scenario.IsScored)),
            Line("_required_now", results.Where(result => result.Scenario.IsRequired(true))),
            Line("_unscored", results.Where(result => !result.Scenario.IsScored)),
            $"{key}_failed: {string.Join(", ", results.Where(result => !result.Failures.IsEmpty).Select(result => result.Scenario.Name))}",
        ];
        foreach (var line in lines)
            output.WriteLine(line);
        var folder = Directory.CreateDirectory(RepositoryFolder.Of("artifacts", "conformance"));
        await File.WriteAllLinesAsync(Path.Combine(folder.FullName, key + ".txt"), lines, cancellationToken);

        string Line(string part, IEnumerable<(Scenario Scenario, ImmutableArray<string> Failures)> counted) =>
            $"{key}{part}: {counted.Count(result => result.Failures.IsEmpty)} passed of {counted.Count()}";
    }
}

using System.Collections.Immutable;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Conformance;

/// <summary>
/// The MCP conformance suite through the real proxy: agents of both eras, with a backend of the same era and of the other one. Beside
/// the verdict, each run leaves its counts in `artifacts/conformance`, one `key: value` a line.
/// </summary>
public sealed class ConformanceTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    /// <summary>The suite waits a second or less for some answers, however busy the machine is; a true fault fails every time.</summary>
    private const int RunsAloneMax = 3;

    private readonly DirectoryInfo _results = Directory.CreateTempSubdirectory("harness-conformance-results-");

    public void Dispose() => _results.Delete(recursive: true);

    [Theory]
    [InlineData("2025-11-25", "legacy", "")]
    [InlineData("2026-07-28", "modern", "")]
    [InlineData("2025-11-25", "modern", "_on_modern_backend")]
    [InlineData("2026-07-28", "legacy", "_on_legacy_backend")]
    public async Task RequiredScenarios_Pass_ThroughTheProxy(string revision, string backendEra, string variant)
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limited.CancelAfter(Limit);
        var scenarios = Scenario.All(revision);
        var required = scenarios.Where(scenario => scenario.IsRequired(isOfOneEra: variant.Length == 0)).ToImmutableArray();
        await NpmParts.InstallAsync(limited.Token);
        await using var proxy = await FixtureBehindProxy.StartAsync(backendEra, limited.Token);
        var suite = new ConformanceSuite(proxy.Endpoint, revision, _results.FullName);

        var first = await suite.RunAsync(limited.Token);
        var results = await RunFailedAloneAsync(suite, required, first, limited.Token);

        await ReportAsync($"conformance_{revision.Replace('-', '_')}{variant}", scenarios, required, first, results, limited.Token);
        Assert.Equal(scenarios.Select(scenario => scenario.Name).Order(StringComparer.Ordinal), results.Keys.Order(StringComparer.Ordinal));
        var failed = required.Where(scenario => !results[scenario.Name].HasPassed).Select(scenario => results[scenario.Name]);
        Assert.True(!failed.Any(), string.Join('\n', failed.Select(result => $"{result.Name}: {string.Join("; ", result.Failures)}")) + "\n" + proxy.Log);
    }

    [Theory]
    [InlineData("2025-11-25", 30)]
    [InlineData("2026-07-28", 37)]
    public void CommittedList_HasEveryScoredScenario_Once(string revision, int count)
    {
        var scenarios = Scenario.All(revision);

        Assert.Equal(count, scenarios.Count(scenario => scenario.IsScored));
        Assert.Equal(scenarios.Length, scenarios.DistinctBy(scenario => scenario.Name).Count());
    }

    private static async Task<ImmutableDictionary<string, ScenarioResult>> RunFailedAloneAsync(
        ConformanceSuite suite, ImmutableArray<Scenario> required, ImmutableDictionary<string, ScenarioResult> results, CancellationToken cancellationToken)
    {
        foreach (var scenario in required)
            for (var run = 0; run < RunsAloneMax && results.TryGetValue(scenario.Name, out var result) && !result.HasPassed; run++)
                results = results.SetItem(scenario.Name, await suite.RunAsync(scenario.Name, cancellationToken));
        return results;
    }

    private async Task ReportAsync(
        string key,
        ImmutableArray<Scenario> scenarios,
        ImmutableArray<Scenario> required,
        ImmutableDictionary<string, ScenarioResult> first,
        ImmutableDictionary<string, ScenarioResult> results,
        CancellationToken cancellationToken)
    {
        string[] lines =
        [
            Line("", scenarios.Where(scenario => scenario.IsScored)),
            Line("_required_now", required),
            Line("_unscored", scenarios.Where(scenario => !scenario.IsScored)),
            .. scenarios.Any(scenario => scenario.IsOfTasks) ? (string[])[Line("_tasks", scenarios.Where(scenario => scenario.IsOfTasks))] : [],
            Names("_passed_in_part", scenario => HasPassed(scenario) && results[scenario.Name].IsPartly),
            Names("_passed_when_run_again", scenario => HasPassed(scenario) && !first[scenario.Name].HasPassed),
            Names("_failed", scenario => !HasPassed(scenario)),
        ];
        foreach (var line in lines)
            output.WriteLine(line);
        var folder = Directory.CreateDirectory(RepositoryFolder.Of("artifacts", "conformance"));
        await File.WriteAllLinesAsync(Path.Combine(folder.FullName, key + ".txt"), lines, cancellationToken);

        bool HasPassed(Scenario scenario) => results.TryGetValue(scenario.Name, out var result) && result.HasPassed;

        string Names(string part, Func<Scenario, bool> isNamed) =>
            $"{key}{part}: {string.Join(", ", scenarios.Where(isNamed).Select(scenario => scenario.Name))}";

        string Line(string part, IEnumerable<Scenario> counted) => $"{key}{part}: {counted.Count(HasPassed)}/{counted.Count()}";
    }
}

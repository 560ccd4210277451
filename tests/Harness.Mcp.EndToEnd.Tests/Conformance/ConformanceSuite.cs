using System.Collections.Immutable;
using Harness.Mcp.TestKit.Processes;

namespace Harness.Mcp.EndToEnd.Tests.Conformance;

/// <summary>The MCP conformance suite of npm, run against one endpoint.</summary>
internal sealed class ConformanceSuite(Uri endpoint, string revision, string folder)
{
    private int _runs;

    /// <summary>Runs all scenarios that the revision has for servers, scored or not.</summary>
    public Task<ImmutableDictionary<string, ScenarioResult>> RunAsync(CancellationToken cancellationToken) =>
        RunAsync(["--requirements", revision], cancellationToken);

    /// <summary>Runs one scenario alone, also one of an extension.</summary>
    public async Task<ScenarioResult> RunAsync(string scenario, CancellationToken cancellationToken) =>
        (await RunAsync(["--scenario", scenario, "--spec-version", revision, "--force"], cancellationToken))[scenario];

    private async Task<ImmutableDictionary<string, ScenarioResult>> RunAsync(string[] choice, CancellationToken cancellationToken)
    {
        var results = Path.Combine(folder, $"run-{++_runs}");
        Directory.CreateDirectory(results);
        var (code, output, errors) = await ChildProcess.RunAsync(
            NpmParts.Node,
            [NpmParts.Module("@modelcontextprotocol", "conformance", "dist", "index.js"), "server", "--url", endpoint.ToString(), .. choice, "-o", results],
            cancellationToken);
        var read = ScenarioResult.ReadAll(results);
        return read.IsEmpty ? throw new InvalidOperationException($"The suite ended with {code} and no results.\n{output}\n{errors}") : read;
    }
}

using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Harness.Mcp.EndToEnd.Tests.Conformance;

/// <summary>What the suite found in one scenario.</summary>
/// <param name="Failures">The failed checks, each with its reason; empty where the scenario passed.</param>
/// <param name="IsPartly">Whether a check warned or was left out: a pass then says less than it seems to.</param>
internal sealed partial record ScenarioResult(string Name, ImmutableArray<string> Failures, bool IsPartly)
{
    public bool HasPassed => Failures.IsEmpty;

    /// <summary>Reads the folders that the suite wrote, one for each scenario.</summary>
    public static ImmutableDictionary<string, ScenarioResult> ReadAll(string folder) =>
        Directory.EnumerateDirectories(folder).Select(Read).ToImmutableDictionary(result => result.Name, StringComparer.Ordinal);

    /// <summary>What failed, or warned, in the one scenario whose results lie somewhere under a folder; null where there are none.</summary>
    public static ImmutableArray<string>? FailuresUnder(string folder)
    {
        if (Directory.EnumerateFiles(folder, "checks.json", SearchOption.AllDirectories).FirstOrDefault() is not { } file)
            return null;
        using var checks = JsonDocument.Parse(File.ReadAllBytes(file));
        return
        [
            .. checks.RootElement.EnumerateArray().Where(check => check.GetProperty("status").GetString() is "FAILURE" or "WARNING")
                .Select(check => $"{check.GetProperty("id").GetString()}: {Reason(check)}"),
        ];
    }

    private static ScenarioResult Read(string folder)
    {
        var name = FolderName().Match(Path.GetFileName(folder)).Groups["name"].Value;
        using var checks = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "checks.json")));
        var all = checks.RootElement.EnumerateArray();
        return new ScenarioResult(
            name,
            [
                .. all.Where(check => check.GetProperty("status").ValueEquals("FAILURE"))
                    .Select(check => $"{check.GetProperty("id").GetString()}: {Reason(check)}"),
            ],
            all.Any(check => check.GetProperty("status").GetString() is "WARNING" or "SKIPPED"));
    }

    private static string Reason(JsonElement check) =>
        check.TryGetProperty("errorMessage", out var message) ? message.ToString() : check.GetProperty("description").ToString();

    [GeneratedRegex(@"^server-(?<name>.+)-\d{4}-\d\d-\d\dT[\d-]+Z$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FolderName();
}

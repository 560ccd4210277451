using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.Json;

namespace Harness.Mcp.AgentDojo.Corpus;

/// <summary>
/// Recorded agent work in one folder: `SUITE.json` for each suite, `tool-classes.json`, `missions.json`, and where they are there
/// `runs-*.jsonl.gz` (or `.jsonl`) and `runs-attacked-counts.json`.
/// </summary>
internal sealed record CorpusFolder(
    ImmutableArray<Suite> Suites, ImmutableArray<RecordedRun> Runs, ImmutableArray<AttackCount> Counts)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <exception cref="InvalidDataException">The folder is no corpus; the message says what is missing.</exception>
    /// <param name="suite">Takes this suite alone; null for all.</param>
    /// <param name="withRuns">False leaves the recorded runs out.</param>
    public static CorpusFolder Read(string folder, string? suite, bool withRuns = true)
    {
        var classes = Required<ToolClassesFile>(folder, "tool-classes.json").Suites;
        var missions = Required<MissionsFile>(folder, "missions.json").Missions;
        var suites = SuiteFiles(folder)
            .Where(file => suite is null || file.Suite == suite)
            .Select(file => new Suite(
                file,
                classes.GetValueOrDefault(file.Suite) ?? throw new InvalidDataException($"`tool-classes.json` has no suite `{file.Suite}`."),
                [.. missions.Where(mission => mission.Suite == file.Suite)]))
            .ToImmutableArray();
        if (suites.IsEmpty)
            throw new InvalidDataException(suite is null ? $"`{folder}` holds no suite (`SUITE.json`)." : $"`{folder}` holds no suite `{suite}`.");

        var known = suites.Select(found => found.Name).ToHashSet(StringComparer.Ordinal);
        var counts = Path.Combine(folder, "runs-attacked-counts.json") is var path && withRuns && File.Exists(path) ? ReadJson<AttackCount[]>(path) : [];
        return new CorpusFolder(
            suites,
            withRuns ? [.. RunFiles(folder).SelectMany(ReadLines).Where(run => known.Contains(run.Suite))] : [],
            [.. counts.Where(count => known.Contains(count.Suite))]);
    }

    /// <summary>Other versions of a suite (`SUITE.v1.json`) and other files are not taken.</summary>
    private static IEnumerable<SuiteFile> SuiteFiles(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            if (document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("userTasks", out _)
                && root.TryGetProperty("suite", out var suite)
                && suite.GetString() == Path.GetFileNameWithoutExtension(path))
                yield return root.Deserialize<SuiteFile>(Json)!;
        }
    }

    private static IEnumerable<string> RunFiles(string folder) =>
        Directory.EnumerateFiles(folder, "runs-*")
            .Where(path => path.EndsWith(".jsonl", StringComparison.Ordinal) || path.EndsWith(".jsonl.gz", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    private static IEnumerable<RecordedRun> ReadLines(string path)
    {
        using var file = File.OpenRead(path);
        using var reader = new StreamReader(path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file);
        while (reader.ReadLine() is { } line)
            if (!string.IsNullOrWhiteSpace(line))
                yield return JsonSerializer.Deserialize<RecordedRun>(line, Json)!;
    }

    private static T Required<T>(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        return File.Exists(path) ? ReadJson<T>(path) : throw new InvalidDataException($"`{folder}` holds no `{name}`.");
    }

    private static T ReadJson<T>(string path) => JsonSerializer.Deserialize<T>(File.ReadAllBytes(path), Json)!;

    private sealed record ToolClassesFile(Dictionary<string, Dictionary<string, ToolClass>> Suites);

    private sealed record MissionsFile(TaskTerms[] Missions);
}

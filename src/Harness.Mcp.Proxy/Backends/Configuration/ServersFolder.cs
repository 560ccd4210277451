using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp.Proxy.Backends.Configuration;

/// <summary>All backends in force, and what is wrong with the folder.</summary>
/// <param name="Problems">Of this reading; where there are some, what was good before stayed in force.</param>
internal sealed record ServersSnapshot(ImmutableSortedDictionary<string, BackendConfig> Backends, ImmutableArray<Problem> Problems);

/// <summary>
/// The folder `servers.config`, read again and again. A file that cannot be read keeps what it said last; a backend that two files
/// describe keeps its last description, or is left out where it had none. Not thread-safe.
/// </summary>
internal sealed class ServersFolder(string folder, ServersConfigSurroundings surroundings)
{
    private Dictionary<string, ImmutableArray<BackendConfig>> _lastGood = new(StringComparer.Ordinal);
    private ServersSnapshot _current = new(ImmutableSortedDictionary.Create<string, BackendConfig>(StringComparer.Ordinal), []);

    /// <summary>The files that describe backends, sorted.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public static string[] Files(string folder) =>
    [
        .. Directory.EnumerateFiles(folder, "*.json")
            .Where(file => !file.EndsWith(".schema.json", StringComparison.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal),
    ];

    public ServersSnapshot Read()
    {
        var problems = ImmutableArray.CreateBuilder<Problem>();
        string[] files;
        try
        {
            files = Files(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            problems.Add(new Problem(
                new SourcePosition(folder, 0, 0), $"The folder cannot be read: {failure.Message}", "Create it, with one JSON file for each backend."));
            return _current = _current with { Problems = problems.ToImmutable() };
        }

        var read = new Dictionary<string, ImmutableArray<BackendConfig>>(StringComparer.Ordinal);
        foreach (var file in files)
        {
            var parsed = Parse(file);
            problems.AddRange(parsed.Problems);
            if (parsed.Value is { } good)
                read[file] = good.Backends;
            else if (_lastGood.TryGetValue(file, out var before))
                read[file] = before;
        }

        _lastGood = read;
        return _current = new ServersSnapshot(Merge(read, problems), problems.ToImmutable());
    }

    private Parsed<ServersFile> Parse(string file)
    {
        var document = YamlReader.ReadFile(file, Path.Combine(Path.GetFileName(folder), Path.GetFileName(file)));
        return document.Value is { } root ? ServersConfigParser.Parse(root, surroundings) : new Parsed<ServersFile>(document.Problems);
    }

    private ImmutableSortedDictionary<string, BackendConfig> Merge(
        Dictionary<string, ImmutableArray<BackendConfig>> read, ImmutableArray<Problem>.Builder problems)
    {
        var merged = ImmutableSortedDictionary.CreateBuilder<string, BackendConfig>(StringComparer.Ordinal);
        var described = read.OrderBy(pair => pair.Key, StringComparer.Ordinal).SelectMany(pair => pair.Value).GroupBy(backend => backend.Id);
        foreach (var group in described)
        {
            var places = group.ToArray();
            if (places.Length == 1)
            {
                merged[group.Key.Value] = places[0];
                continue;
            }

            problems.Add(new Problem(
                places[1].Position,
                $"The backend `{group.Key}` is described twice; the other place is {places[0].Position}.",
                "Rename one of them, or remove it."));
            if (_current.Backends.TryGetValue(group.Key.Value, out var before))
                merged[group.Key.Value] = before;
        }

        return merged.ToImmutable();
    }
}

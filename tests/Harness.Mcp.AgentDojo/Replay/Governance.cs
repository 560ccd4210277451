using System.Collections.Frozen;
using System.Collections.Immutable;
using Harness.Mcp.AgentDojo.Authoring;
using Harness.Mcp.AgentDojo.Corpus;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp.AgentDojo.Replay;

/// <summary>The documents that govern one suite, read as the product reads them: its file of `servers.config` and the mission of each task.</summary>
internal sealed class Governance
{
    private readonly BackendConfig _backend;
    private readonly FrozenSet<string> _tools;
    private readonly FrozenDictionary<string, MissionTemplate> _missions;

    private Governance(BackendConfig backend, Suite suite, IEnumerable<(string Task, MissionTemplate Mission)> missions)
    {
        _backend = backend;
        _tools = suite.Classes.Keys.Concat(suite.File.Tools.Select(tool => tool.Name)).ToFrozenSet(StringComparer.Ordinal);
        _missions = missions.ToFrozenDictionary(pair => pair.Task, pair => pair.Mission, StringComparer.Ordinal);
    }

    /// <param name="home">A folder with `servers.config/` and `missions/SUITE/` to read instead of what `generate` would write; null for the latter.</param>
    /// <exception cref="InvalidDataException">A document cannot be used; the message holds every problem with its place.</exception>
    public static Governance Of(Suite suite, string? home)
    {
        var written = Documents.Of(suite);
        var backend = Value(
            ServersConfigParser.Parse(
                Read(written.Backend, home), new ServersConfigSurroundings(Environment.CurrentDirectory, _ => null)));
        return new Governance(
            Assert(backend.Backends),
            suite,
            written.Missions.Select(mission => (mission.Task, Value(MissionParser.Parse(Read(mission.Document, home))))));
    }

    /// <summary>Null where the task has no mission: nothing is granted for it then.</summary>
    public MissionTemplate? MissionOf(string task) => _missions.GetValueOrDefault(task);

    /// <summary>A tool as the catalog would resolve it; null where no tool has the name.</summary>
    public (ToolFacts Facts, ResultForm Results)? Resolve(string tool) => _tools.Contains(tool)
        ? (_backend.FactsOf(tool, Digest.Zero), _backend.TermsOf(tool)?.Results ?? ResultForm.Json)
        : null;

    public ToolFacts Unknown(string tool) => ToolFacts.Widest(new ToolId(_backend.Id, tool), _backend.Domain, Digest.Zero);

    private static DocumentNode Read(Document document, string? home) => Value(
        home is null ? YamlReader.Read(document.Text, document.Path) : YamlReader.ReadFile(Path.Combine(home, document.Path), document.Path));

    private static BackendConfig Assert(ImmutableArray<BackendConfig> backends) =>
        backends is [var one] ? one : throw new InvalidDataException("A suite's file of servers.config describes one backend.");

    private static T Value<T>(Parsed<T> parsed)
        where T : class =>
        parsed.Value ?? throw new InvalidDataException(string.Join(Environment.NewLine, parsed.Problems.Select(problem => problem.ToString())));
}

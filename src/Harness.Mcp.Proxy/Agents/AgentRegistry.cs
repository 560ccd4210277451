using System.Collections.Frozen;
using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp.Proxy.Agents;

/// <summary>All registered agents at one moment. No two have the same id, and no two the same identity at an issuer.</summary>
public sealed class AgentRegistry
{
    private readonly FrozenDictionary<AgentId, RegisteredAgent> _byId;
    private readonly FrozenDictionary<Identity, RegisteredAgent> _byIdentity;

    private AgentRegistry(IReadOnlyCollection<RegisteredAgent> agents)
    {
        Agents = [.. agents.OrderBy(agent => agent.Id.Value, StringComparer.Ordinal)];
        _byId = Agents.ToFrozenDictionary(agent => agent.Id);
        _byIdentity = Agents.Where(agent => agent.Issuer is not null).ToFrozenDictionary(Identity.Of);
    }

    public static AgentRegistry Empty { get; } = new([]);

    /// <summary>Sorted by id (ordinal).</summary>
    public ImmutableArray<RegisteredAgent> Agents { get; }

    public RegisteredAgent? Find(AgentId id) => _byId.GetValueOrDefault(id);

    /// <summary>
    /// The agent that a token names; comparison is ordinal. A registration with subject and client is asked first, then those with one
    /// of the two. Null for none, and where subject and client name different agents: such a token is nobody's.
    /// </summary>
    /// <param name="subject">The token's `sub`, or null.</param>
    /// <param name="client">The token's `client_id`, or null.</param>
    public RegisteredAgent? Find(string issuer, string? subject, string? client)
    {
        if (subject is not null && client is not null && _byIdentity.GetValueOrDefault(new Identity(issuer, subject, client)) is { } exact)
            return exact;

        var bySubject = subject is null ? null : _byIdentity.GetValueOrDefault(new Identity(issuer, subject, null));
        var byClient = client is null ? null : _byIdentity.GetValueOrDefault(new Identity(issuer, null, client));
        return bySubject is null || byClient is null ? bySubject ?? byClient : null;
    }

    /// <summary>Reads every `*.yaml` of a folder: the registry, or every problem of all files. A folder that does not exist registers nobody.</summary>
    /// <param name="folder">Absolute path of `agents/`.</param>
    public static Parsed<AgentRegistry> Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var shown = Path.GetFileName(Path.TrimEndingDirectorySeparator(folder));
        string[] paths;
        try
        {
            paths = Directory.Exists(folder) ? Directory.GetFiles(folder) : [];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new(ImmutableArray.Create(new Problem(
                new SourcePosition(shown, 0, 0), $"The folder cannot be read: {failure.Message}", "Check that this program may read it.")));
        }

        var problems = ImmutableArray.CreateBuilder<Problem>();
        var agents = new List<(string File, RegisteredAgent Agent)>();
        foreach (var path in paths.Where(path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal))
        {
            var file = $"{shown}/{Path.GetFileName(path)}";
            if (path.EndsWith(".yml", StringComparison.OrdinalIgnoreCase))
                problems.Add(new Problem(new SourcePosition(file, 0, 0), "Only files that end in `.yaml` are read.", "Rename the file."));
            if (!path.EndsWith(".yaml", StringComparison.Ordinal))
                continue;

            var document = YamlReader.ReadFile(path, file);
            var agent = document.IsValid ? AgentParser.Parse(document.Value) : new(document.Problems);
            if (agent.IsValid)
                agents.Add((file, agent.Value));
            else
                problems.AddRange(agent.Problems);
        }

        AddDuplicates(agents, problems);
        return problems.Count > 0 ? new(problems.ToImmutable()) : new(new AgentRegistry([.. agents.Select(one => one.Agent)]));
    }

    private static void AddDuplicates(List<(string File, RegisteredAgent Agent)> agents, ImmutableArray<Problem>.Builder problems)
    {
        var ids = new Dictionary<AgentId, string>();
        var identities = new Dictionary<Identity, string>();
        foreach (var (file, agent) in agents)
        {
            var place = new SourcePosition(file, 1, 1);
            if (!ids.TryAdd(agent.Id, file))
                problems.Add(new Problem(place, $"The agent `{agent.Id}` is already registered in `{ids[agent.Id]}`.", "Rename or remove one of them."));
            if (agent.Issuer is not null && !identities.TryAdd(Identity.Of(agent), file))
                problems.Add(new Problem(place, $"`{identities[Identity.Of(agent)]}` registers the same issuer, subject and client.", "One identity is one agent: give each its own, or remove one of them."));
        }
    }

    private readonly record struct Identity(string Issuer, string? Subject, string? Client)
    {
        public static Identity Of(RegisteredAgent agent) => new(agent.Issuer ?? "", agent.Subject, agent.Client);
    }
}

using System.Collections.Immutable;
using System.Globalization;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Agents;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp.Doctor;

/// <summary>A registered agent with the document that registers it.</summary>
internal sealed record AgentFile(RegisteredAgent Agent, DocumentNode.Map Document)
{
    /// <summary>Where a key's value stands.</summary>
    public SourcePosition PlaceOf(string key) => Document[key]?.Position ?? Document.Position;
}

/// <summary>`agents/`: files with mistakes, agents that may do nothing, and what they are registered for.</summary>
internal static class AgentsCheckup
{
    private const int DaysOfNotice = 14;

    public static void Run(Examination home)
    {
        var findings = home.Begin("agents");
        home.Templates = HomeTemplates.Names(home.Home);
        findings.Fail(AgentRegistry.Load(home.Home.Agents).Problems.Select(problem => problem with { Position = Placed(home, problem.Position) }));
        home.Agents = Read(home.Home);
        foreach (var agent in home.Agents)
            CheckOne(home, findings, agent);

        if (home.HasSettings && home.Authentication.DevelopmentAgentId is { } development && !home.Agents.Any(agent => agent.Agent.Id == development))
            findings.Fail(
                $"`Agents:DevelopmentAgent` names `{development}`, which no file registers: `harness run` does not start.",
                Suggest.Remedy(development.Value, home.Agents.Select(agent => agent.Agent.Id.Value)) ?? $"Register it in `agents/{development}.yaml`.", Findings.PlaceOf(home.Home.Settings));
        if (home.Agents.IsEmpty && !findings.HasAny)
            findings.Warn("No agent is registered, so nobody can call anything.", "Write one YAML file for each into `agents/`.", Findings.PlaceOf(home.Home.Agents));
        else if (!findings.HasAny)
            findings.Ok($"{home.Agents.Length} agent{(home.Agents.Length == 1 ? " is" : "s are")} registered, active and reviewed.", home.Home.Agents);
    }

    private static void CheckOne(Examination home, Findings findings, AgentFile file)
    {
        var agent = file.Agent;
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        var review = agent.ReviewBy.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        if (!agent.IsActive)
            findings.Warn($"The agent `{agent.Id}` is switched off: its calls are refused.", "Set `active: true` if it is to work.", file.PlaceOf("active"));
        if (today > agent.ReviewBy)
            findings.Fail($"The registration of `{agent.Id}` was to be reviewed by {review}: its calls are refused.", $"Have its owner, {agent.Owner}, review it and set a new `review-by`.", file.PlaceOf("review-by"));
        else if (agent.ReviewBy.DayNumber - today.DayNumber < DaysOfNotice)
            findings.Warn($"The registration of `{agent.Id}` is to be reviewed by {review}; after that its calls are refused.", $"Have its owner, {agent.Owner}, review it.", file.PlaceOf("review-by"));

        foreach (var mission in agent.Missions.Where(mission => !home.Templates.Contains(mission, StringComparer.Ordinal)))
            findings.Warn(
                $"The agent `{agent.Id}` is registered for the mission `{mission}`, of which there is no template.", Suggest.Remedy(mission, home.Templates) ?? "Write it, or take it out here.",
                PlaceIn(file.Document["missions"], mission) ?? file.PlaceOf("missions"));

        if (!home.HasSettings)
            return;
        var issuer = home.Authentication.Issuer;
        if (!home.Authentication.IsDevelopment && agent.Issuer is null)
            findings.Warn($"The agent `{agent.Id}` has no `issuer`, so no token ever names it.", $"Add `issuer: {issuer}` and its `subject` or `client`.", file.Document.Position);
        else if (!home.Authentication.IsDevelopment && !string.Equals(agent.Issuer, issuer, StringComparison.Ordinal))
            findings.Fail($"The agent `{agent.Id}` is of the issuer `{agent.Issuer}`, and tokens are taken from `{issuer}` alone; the two are compared letter by letter.", $"Write `issuer: {issuer}`, or correct `Agents:Issuer`.", file.PlaceOf("issuer"));
    }

    /// <summary>Where a text stands in a list; null where it does not.</summary>
    public static SourcePosition? PlaceIn(DocumentNode? list, string text) =>
        (list as DocumentNode.List)?.Items.OfType<DocumentNode.Scalar>().FirstOrDefault(item => string.Equals(item.Text, text, StringComparison.Ordinal))?.Position;

    /// <summary>Every file by itself, so that a mistake in one hides no other.</summary>
    private static ImmutableArray<AgentFile> Read(Home home)
    {
        try
        {
            return !Directory.Exists(home.Agents)
                ? []
                : [.. Directory.EnumerateFiles(home.Agents, "*.yaml")
                    .Where(file => !Path.GetFileName(file).StartsWith('.'))
                    .Order(StringComparer.Ordinal)
                    .Select(file => YamlReader.ReadFile(file, file).Value as DocumentNode.Map)
                    .OfType<DocumentNode.Map>()
                    .Select(document => (Agent: AgentParser.Parse(document).Value, Document: document))
                    .Where(read => read.Agent is not null)
                    .Select(read => new AgentFile(read.Agent!, read.Document))];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static SourcePosition Placed(Examination home, SourcePosition at) =>
        Path.IsPathRooted(at.File) ? at : at with { File = Path.Combine(home.Home.Root, at.File) };
}

using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Missions.Checking;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Doctor;

/// <summary>`missions/`: what cannot be read, what no backend has, who is not registered, and what a backend that is down takes away.</summary>
internal static class MissionsCheckup
{
    public static void Run(Examination home)
    {
        var findings = home.Begin("missions");
        foreach (var name in home.Templates)
        {
            var template = HomeTemplates.Find(home.Home, name);
            if (template.IsValid)
                CheckOne(home, findings, template.Value);
            else
                findings.Fail(template.Problems);
        }

        if (home.Templates.IsEmpty)
            findings.Warn("There is no mission template, so no mission can be opened.", "Write one YAML file for each into `missions/`.", Findings.PlaceOf(home.Home.Missions));
        else if (!findings.HasAny)
            findings.Ok($"{home.Templates.Length} template{(home.Templates.Length == 1 ? " fits" : "s fit")} the tools and the agents that there are.", home.Home.Missions);
    }

    private static void CheckOne(Examination home, Findings findings, MissionTemplate template)
    {
        foreach (var finding in MissionCheck.Against(template, home.Layers.Sources, home.Tools))
            findings.Take(home.Layers.Placed(finding));
        CheckAgents(home, findings, template);
        CheckBackends(home, findings, template);
    }

    private static void CheckAgents(Examination home, Findings findings, MissionTemplate template)
    {
        foreach (var agent in template.Agents)
        {
            var place = AgentsCheckup.PlaceIn(template.Document["agents"], agent.Value) ?? template.Document.Position;
            var file = home.Agents.FirstOrDefault(file => file.Agent.Id == agent);
            if (file is null)
                findings.Fail($"No file of `agents/` registers `{agent}`.", Suggest.Remedy(agent.Value, home.Agents.Select(known => known.Agent.Id.Value)) ?? $"Register it in `agents/{agent}.yaml`.", place);
            else if (!file.Agent.Missions.Contains(template.Name, StringComparer.Ordinal))
                findings.Fail($"The agent `{agent}` is not registered for the mission `{template.Name}`: it would be refused.", $"Add `{template.Name}` to `missions` in `{FileNameOf(file)}`, or take the agent out here.", place);
        }

        foreach (var file in home.Agents.Where(file => file.Agent.Missions.Contains(template.Name, StringComparer.Ordinal) && !template.Agents.Contains(file.Agent.Id)))
            findings.Warn(
                $"The agent `{file.Agent.Id}` is registered for the mission `{template.Name}`, which does not name it: it would be refused.", "Add it to the mission's `agents`, or take the mission out here.",
                AgentsCheckup.PlaceIn(file.Document["missions"], template.Name) ?? file.Document.Position);
    }

    private static void CheckBackends(Examination home, Findings findings, MissionTemplate template)
    {
        foreach (var selector in template.Grants.SelectMany(grant => grant.Selectors))
            foreach (var backend in BackendsOf(home, selector.Value))
                if (home.DownOf(backend) is not null)
                    findings.Warn($"The mission `{template.Name}` grants tools of `{backend}` (`{selector.Value}`), which cannot be used now.", $"Mend the backend: `harness servers test {backend}`.", selector.Position);
    }

    private static IEnumerable<BackendId> BackendsOf(Examination home, ToolSelector selector) => selector switch
    {
        ToolSelector.ByName(var tool) => [tool.Backend],
        ToolSelector.ByBackend(var backend) => [backend],
        ToolSelector.ByDomain(var domain) => home.Backends.Where(config => string.Equals(config.Domain, domain, StringComparison.Ordinal)).Select(config => config.Id),
        _ => home.Tools.Tools.Where(tool => selector.Selects(tool.Facts)).Select(tool => tool.Id.Backend).Distinct(),
    };

    private static string FileNameOf(AgentFile file) => $"agents/{Path.GetFileName(file.Document.Position.File)}";
}

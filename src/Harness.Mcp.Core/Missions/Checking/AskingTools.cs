using System.Collections.Immutable;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>Tools that a mission lets ask of its agent: a call of theirs can bring what the answers carry, beside what its result does.</summary>
internal static class AskingTools
{
    // Roots are answered by the proxy, with none.
    private const AgentInputs OfAgents = AgentInputs.Elicitation | AgentInputs.ElicitationUrl | AgentInputs.Sampling;

    public static KnownTools Of(MissionTemplate template, KnownTools catalog) => template.Grants.Any(static grant => (grant.Asks & OfAgents) != AgentInputs.None)
        ? catalog with { Tools = [.. catalog.Tools.Select(tool => WithAnswers(template, tool))] }
        : catalog;

    private static KnownTool WithAnswers(MissionTemplate template, KnownTool tool)
    {
        if (!template.Grants.Any(grant => (grant.Asks & OfAgents) != AgentInputs.None && grant.Selects(tool.Facts)))
            return tool;
        ImmutableArray<string> whole = [.. tool.Facts.Labels.Whole.Concat(tool.AnswerLabels).Distinct(StringComparer.Ordinal)];
        return tool with { Facts = tool.Facts with { Labels = new ResultLabels(whole, tool.Facts.Labels.Fields) } };
    }
}

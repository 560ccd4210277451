using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads `asks:` of a grant: what backends may ask of the agent during its calls.</summary>
internal static class AsksParser
{
    public static AgentInputs Parse(MapReader grant)
    {
        var asks = AgentInputs.None;
        foreach (var (name, at) in grant.Texts("asks"))
        {
            var input = AgentInputNames.Parse(name);
            if (input == AgentInputs.None)
                grant.Problems.Add(at, $"`{name}` is nothing that a backend can ask of an agent.", Suggest.Remedy(name, AgentInputNames.All));
            else if (asks.HasFlag(input))
                grant.Problems.Add(at, $"`{name}` stands twice in one list.", "Remove one of them.");
            asks |= input;
        }

        return asks;
    }
}

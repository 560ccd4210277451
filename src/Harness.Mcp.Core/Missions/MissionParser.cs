using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions.Parsing;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions;

/// <summary>Reads a mission document: the template, or every problem at once.</summary>
public static class MissionParser
{
    private static readonly ImmutableArray<string> Keys =
        ["mission", "objective", "owner", "agents", "lifetime", "oldest-protocol", "inputs", "anchors", "grants", "unanchored", "grounding", "labels", "declassify", "denials", "enforce", "rules"];

    public static Parsed<MissionTemplate> Parse(DocumentNode document)
    {
        ArgumentNullException.ThrowIfNull(document);
        var problems = new ProblemList();
        if (TooDeep(document, MissionBounds.DocumentDepthMax) is { } deep)
            problems.Add(deep.Position, $"The document is nested deeper than {MissionBounds.DocumentDepthMax} levels.");
        else if (MapReader.Of(document, "a mission", problems) is { } reader
            && Parse(reader, (DocumentNode.Map)document) is { } template
            && problems.Count == 0)
            return new(template);
        return new(problems.ToImmutable());
    }

    private static MissionTemplate? Parse(MapReader reader, DocumentNode.Map document)
    {
        reader.RefuseOthers(Keys);
        var name = reader.RequiredText("mission", "the name under which it is opened");
        if (name is not null)
            Names.DemandName(name, "The name of a mission", reader.Find("mission")!.Position, reader.Problems);
        var objective = reader.RequiredText("objective", "one sentence for people");
        var owner = reader.RequiredText("owner", "who answers for the mission");
        var agents = Agents(reader);
        if (!reader.Has("lifetime"))
            reader.Problems.Add(reader.Position, "A mission lacks `lifetime`.", "Add `lifetime:`, after which it permits nothing any more, like `2h`.");
        var lifetime = reader.Duration("lifetime", MissionBounds.DurationMin, MissionBounds.LifetimeMax);
        var labels = LabelsWritten.Read(reader);

        var parts = new MissionTemplate
        {
            Name = name ?? "",
            Objective = objective ?? "",
            Owner = owner ?? "",
            Agents = agents,
            Lifetime = lifetime ?? TimeSpan.Zero,
            OldestProtocol = OldestProtocol(reader),
            Inputs = InputParser.Parse(reader),
            Anchors = AnchorParser.Parse(reader),
            Grants = GrantParser.Parse(reader),
            Unanchored = Unanchored(reader),
            Grounding = Grounding(reader),
            Labels = labels.Lines,
            Denials = DenialLimitsParser.Parse(reader),
            Rules = RuleParser.Parse(reader, RuleAuthor.Mission, labels, owner),
            Document = document,
        };
        AnchorCoherence.Check(parts, reader.Problems);
        BoundCoherence.Check(parts, reader.Problems);
        GrantCoherence.Check(parts, reader.Problems);
        return reader.Problems.Count == 0 ? parts : null;
    }

    private static ImmutableArray<AgentId> Agents(MapReader reader)
    {
        if (!reader.Has("agents"))
            reader.Problems.Add(reader.Position, "A mission lacks `agents`.", "Add `agents: [ID]`, the registered agents that may work under it.");

        var agents = ImmutableArray.CreateBuilder<AgentId>();
        foreach (var (text, at) in reader.Texts("agents"))
        {
            if (agents.Contains(new AgentId(text)))
                reader.Problems.Add(at, $"The agent `{text}` stands twice in the list.", "Remove one of them.");
            else
                agents.Add(new AgentId(text));
        }

        return agents.ToImmutable();
    }

    private static ImmutableArray<Placed<ToolId>> Unanchored(MapReader reader)
    {
        var tools = ImmutableArray.CreateBuilder<Placed<ToolId>>();
        foreach (var (text, at) in reader.Texts("unanchored"))
        {
            if (Names.Tool(text, at, reader.Problems) is not { } tool)
                continue;
            if (tools.Any(known => known.Value == tool))
                reader.Problems.Add(at, $"`{text}` stands twice in the list.", "Remove one of them.");
            else
                tools.Add(new Placed<ToolId>(tool, at));
        }

        return tools.ToImmutable();
    }

    private static string? OldestProtocol(MapReader reader)
    {
        if (reader.Text("oldest-protocol") is not { } text || ProtocolRevisions.All.Contains(text))
            return reader.Text("oldest-protocol");
        reader.Problems.Add(reader.Find("oldest-protocol")!.Position, $"`{text}` is no revision of MCP that agents can speak here.", Suggest.Remedy(text, ProtocolRevisions.All));
        return null;
    }

    private static GroundingMode Grounding(MapReader reader)
    {
        if (reader.Text("grounding") is not { } text)
            return GroundingMode.Off;
        switch (text)
        {
            case "strict":
                return GroundingMode.Strict;
            case "lax":
                return GroundingMode.Lax;
            case "off":
                return GroundingMode.Off;
            default:
                reader.Problems.Add(reader.Find("grounding")!.Position, $"`{text}` is no way of grounding.", Suggest.Remedy(text, ["strict", "lax", "off"]));
                return GroundingMode.Strict;
        }
    }

    internal static DocumentNode? TooDeep(DocumentNode node, int depthLeft)
    {
        if (depthLeft == 0)
            return node;
        return node switch
        {
            DocumentNode.Map map => map.Entries.Select(entry => TooDeep(entry.Value, depthLeft - 1)).FirstOrDefault(deep => deep is not null),
            DocumentNode.List list => list.Items.Select(item => TooDeep(item, depthLeft - 1)).FirstOrDefault(deep => deep is not null),
            _ => null,
        };
    }
}

using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads a rule's `examples:`, and what their mission is.</summary>
internal static class ExampleParser
{
    private static readonly ImmutableArray<string> Keys = ["permit", "deny", "after", "inputs"];
    private static readonly ImmutableArray<string> CallKeys = ["tool", "args", "agent", "effect", "domain", "sinks", "later"];
    private static readonly ImmutableArray<string> EarlierKeys = [.. CallKeys, "outcome", "result", "labels"];
    private static readonly ImmutableArray<string> Effects =
        [.. Enum.GetValues<Effect>().Where(effect => effect != Effect.Unknown).Select(EffectNames.Write)];

    private static readonly ImmutableArray<string> Outcomes = ["ok", "error", "unknown", "pending"];
    private static readonly JsonElement Empty = JsonElement.Parse("{}");
    private static readonly DateTimeOffset Opened = new(2026, 1, 1, 9, 0, 0, TimeSpan.Zero);

    public static ImmutableArray<RuleExample> Parse(MapReader rule, MissionFacts mission)
    {
        var items = rule.Items("examples");
        if (items.Length > MissionBounds.ExamplesMax)
            rule.Problems.Add(rule.PositionOf("examples"), $"A rule has at most {MissionBounds.ExamplesMax} examples.");
        return [.. items.Take(MissionBounds.ExamplesMax).Select(item => ParseOne(item, mission.Agents, rule.Problems)).OfType<RuleExample>()];
    }

    /// <summary>The mission that examples of a document run in: the document's own name, owner and agents, where it has them.</summary>
    public static MissionFacts MissionOf(MapReader document)
    {
        var agents = document.Find("agents") switch
        {
            DocumentNode.List list => list.Items.OfType<DocumentNode.Scalar>().Select(agent => agent.Text).ToList(),
            DocumentNode.Scalar agent => [agent.Text],
            _ => [],
        };
        return new MissionFacts(
            new MissionId("example"),
            TextOf("mission"),
            TextOf("owner"),
            [.. agents.DefaultIfEmpty("example").Select(agent => new AgentId(agent))],
            Empty,
            Opened,
            Opened + MissionBounds.LifetimeMax);

        string TextOf(string key) => document.Find(key) is DocumentNode.Scalar scalar ? scalar.Text : "example";
    }

    private static RuleExample? ParseOne(DocumentNode item, ImmutableArray<AgentId> agents, ProblemList problems)
    {
        if (MapReader.Of(item, "an example", problems) is not { } reader)
            return null;

        reader.RefuseOthers(Keys);
        var isPermitted = reader.Has("permit");
        if (isPermitted == reader.Has("deny"))
        {
            problems.Add(reader.Position, "An example has either `permit` or `deny`.", "Write `permit: { tool: backend/tool }` or `deny: { … }`, and the calls before under `after`.");
            return null;
        }

        var earlier = reader.Items("after");
        if (earlier.Length > MissionBounds.ExampleCallsMax)
            problems.Add(reader.PositionOf("after"), $"An example has at most {MissionBounds.ExampleCallsMax} earlier calls.");
        var after = earlier.Take(MissionBounds.ExampleCallsMax).Select(node => Call(node, "an earlier call", EarlierKeys, agents[0], problems)).ToList();
        var call = Call(reader.Find(isPermitted ? "permit" : "deny")!, "the call of an example", CallKeys, agents[0], problems);
        var inputs = reader.Has("inputs") ? Json(reader, "inputs") : Empty;
        return call is null || after.Contains(null)
            ? null
            : new RuleExample(isPermitted, [.. after.OfType<ExampleCall>()], call, inputs, reader.Position);
    }

    private static ExampleCall? Call(DocumentNode node, string what, ImmutableArray<string> keys, AgentId agent, ProblemList problems)
    {
        if (MapReader.Of(node, what, problems) is not { } reader)
            return null;

        reader.RefuseOthers(keys);
        var tool = reader.RequiredText("tool", "as `backend/tool`") is { } text ? Names.Tool(text, reader.Find("tool")!.Position, problems) : null;
        var effect = Choice(reader, "effect", Effects);
        var outcome = Choice(reader, "outcome", Outcomes);
        var later = reader.Duration("later", TimeSpan.Zero, MissionBounds.LifetimeMax) ?? TimeSpan.Zero;
        var domain = reader.Text("domain");
        var arguments = reader.Has("args") ? Json(reader, "args") : Empty;
        var labels = Labels(reader, "labels");
        var sinks = Labels(reader, "sinks");
        return tool is not { } id ? null : new ExampleCall(
            reader.Text("agent") is { } named ? new AgentId(named) : agent,
            new ToolFacts
            {
                Id = id,
                Domain = domain ?? id.Backend.Value,
                Effect = effect is null ? Effect.Unknown : EffectNames.Parse(effect) ?? Effect.Unknown,
                Labels = new ResultLabels(labels, []),
                Sinks = sinks,
                Definition = Digest.Zero,
            },
            arguments,
            later,
            outcome switch
            {
                "error" => CallOutcome.Error,
                "unknown" => CallOutcome.Unknown,
                "pending" => CallOutcome.Pending,
                _ => CallOutcome.Ok,
            },
            reader.Find("result") is { } result ? MapReader.Json(result) : null,
            labels);
    }

    private static string? Choice(MapReader reader, string key, ImmutableArray<string> choices)
    {
        if (reader.Text(key) is not { } text || choices.Contains(text, StringComparer.Ordinal))
            return reader.Text(key);
        reader.Problems.Add(reader.Find(key)!.Position, $"`{key}` cannot be `{text}`.", Suggest.Remedy(text, choices));
        return null;
    }

    private static ImmutableArray<string> Labels(MapReader reader, string key)
    {
        var texts = reader.Texts(key);
        foreach (var (text, at) in texts)
            Names.DemandName(text, $"Each of `{key}`", at, reader.Problems);
        return [.. texts.Select(one => one.Text)];
    }

    private static JsonElement Json(MapReader reader, string key)
    {
        var node = reader.Find(key)!;
        if (node is DocumentNode.Map)
            return MapReader.Json(node);
        reader.Problems.Add(node.Position, $"`{key}` must be a map of names and values, not {MapReader.Kind(node)}.");
        return Empty;
    }
}

using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Documents;

namespace Harness.Mcp.TestKit.Missions;

/// <summary>Missions to start from.</summary>
public static class Given
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    private const string Frame = """
        mission: test
        objective: Stand in a test.
        owner: owner@corp.example
        agents: [tester]
        lifetime: 2h

        """;

    /// <summary>A mission that is open, with the usual name, owner, agent (`tester`) and two hours to live.</summary>
    /// <param name="parts">The rest of the document: `grants:` and what the test is about.</param>
    /// <param name="inputs">As `k=v`.</param>
    public static MissionInTest Mission(string parts, params string[] inputs) => Opened(Template(parts), inputs);

    public static MissionTemplate Template(string parts) => Document(Frame + parts);

    /// <summary>The template of a whole document.</summary>
    public static MissionTemplate Document(string yaml, string file = "test.yaml")
    {
        var document = YamlReader.Read(yaml, file);
        var problems = document.Problems;
        if (document.IsValid)
        {
            var template = MissionParser.Parse(document.Value);
            if (template.IsValid)
                return template.Value;
            problems = template.Problems;
        }

        throw new InvalidOperationException(string.Join(Environment.NewLine, problems));
    }

    public static MissionInTest Opened(MissionTemplate template, params string[] inputs) => Under(RuleSources.None, template, inputs);

    /// <summary>The same under guardrails and terms.</summary>
    public static MissionInTest Under(RuleSources rules, MissionTemplate template, params string[] inputs)
    {
        ArgumentNullException.ThrowIfNull(template);
        var opened = MissionOpening.Open(template, rules, Inputs(inputs), "opener@corp.example", Noon);
        return opened.IsValid
            ? new MissionInTest(new Link(new MissionId($"{template.Name}-abcdefghij"), 1, Noon, Digest.Zero, opened.Value))
            : throw new InvalidOperationException(string.Join(Environment.NewLine, opened.Problems));
    }

    /// <summary>Guardrails of the usual owner.</summary>
    /// <param name="parts">The rest of the document: `rules:` and what the test is about.</param>
    public static RuleSource Guardrails(string parts) => Valid(RuleSourceParser.Guardrails(Read("owner: security@corp.example\n" + parts, "guardrails.yaml")));

    /// <summary>Terms of a backend.</summary>
    /// <param name="rules">A map with `rules:`.</param>
    public static RuleSource Terms(string backend, string rules) =>
        Valid(RuleSourceParser.Terms(new BackendId(backend), (DocumentNode.Map)Read(rules, $"{backend}.yaml")));

    private static DocumentNode Read(string yaml, string file) =>
        YamlReader.Read(yaml, file) is { IsValid: true, Value: var document } ? document : throw new InvalidOperationException($"{file} is no YAML.");

    private static RuleSource Valid(Parsed<RuleSource> source) =>
        source.Value ?? throw new InvalidOperationException(string.Join(Environment.NewLine, source.Problems));

    public static ImmutableArray<KeyValuePair<string, string>> Inputs(params string[] inputs) =>
        [.. inputs.Select(input => input.Split('=', 2)).Select(pair => KeyValuePair.Create(pair[0], pair[1]))];
}

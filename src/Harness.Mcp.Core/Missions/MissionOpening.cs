using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Layers;

namespace Harness.Mcp.Core.Missions;

/// <summary>Turns a template and inputs into the first link of a chain.</summary>
public static class MissionOpening
{
    /// <param name="inputs">
    /// Inputs as a person writes them (`k=v`): each is read by the type that the template declares. Problems name the input.
    /// </param>
    public static Parsed<LinkBody.MissionOpened> Open(
        MissionTemplate template, ImmutableArray<KeyValuePair<string, string>> inputs, string by, DateTimeOffset time) =>
        Open(template, RuleSources.None, inputs, by, time);

    /// <param name="rules">The guardrails and backend terms as they are now.</param>
    /// <param name="inputs">As above.</param>
    public static Parsed<LinkBody.MissionOpened> Open(
        MissionTemplate template, RuleSources rules, ImmutableArray<KeyValuePair<string, string>> inputs, string by, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentException.ThrowIfNullOrWhiteSpace(by);

        var problems = new ProblemList();
        var values = MissionInputs.Read(template, inputs.IsDefault ? [] : inputs, problems);
        if (problems.Count > 0)
            return new(problems.ToImmutable());

        var document = DocumentJson.Write(template.Document);
        ImmutableArray<RecordedSource> sources = [.. rules.For(template).Select(source => source.Recorded)];
        return new(new LinkBody.MissionOpened(document, values, RulesDigest.AtOpening(document, sources), time + template.Lifetime, by)
        {
            Sources = sources,
        });
    }
}

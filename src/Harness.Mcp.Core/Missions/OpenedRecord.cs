using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;

namespace Harness.Mcp.Core.Missions;

/// <summary>What the first link of a mission says, read back: the document, and the guardrails and terms that hold for it.</summary>
/// <param name="Sources">Those that held when it was opened.</param>
/// <param name="Later">Those that were added while it was open, with the version of the link that brought them.</param>
internal sealed record OpenedRecord(
    Link First,
    LinkBody.MissionOpened Opened,
    MissionTemplate Template,
    ImmutableArray<RuleSource> Sources,
    ImmutableArray<(long Version, ImmutableArray<RuleSource> Sources)> Later)
{
    /// <summary>The order of labels by all documents together.</summary>
    public LabelOrder Labels => new([.. All.SelectMany(source => source.Labels), .. Template.Labels]);

    /// <summary>Whether a rule from above the mission asks what arguments carry.</summary>
    public bool HasCarryAbove => All.SelectMany(source => source.Rules).Any(rule => rule.Form is Carry);

    private IEnumerable<RuleSource> All => Sources.Concat(Later.SelectMany(added => added.Sources));

    /// <returns>The record, or why it cannot be understood.</returns>
    public static Parsed<OpenedRecord> Read(Link first, ImmutableArray<Link> tightened)
    {
        var at = new SourcePosition(first.Mission.Value, 0, 0);
        if (first.Version != 1 || first.Body is not LinkBody.MissionOpened opened)
            return new([new Problem(at, "The chain does not start with the opening of a mission.")]);

        var document = DocumentJson.Read(opened.Document, first.Mission.Value);
        if (!document.IsValid)
            return new(document.Problems);
        var template = MissionParser.Parse(document.Value);
        if (!template.IsValid)
            return new(template.Problems);

        var problems = new ProblemList();
        problems.AddRange(MissionInputs.Check(template.Value, opened.Inputs));
        var sources = RulesInForce.Read(opened.Sources, first.Mission.Value, problems);
        var later = ImmutableArray.CreateBuilder<(long, ImmutableArray<RuleSource>)>();
        foreach (var link in tightened)
            if (link.Body is LinkBody.RulesTightened added)
                later.Add((link.Version, RulesInForce.Read(added.Sources, first.Mission.Value, problems)));
        return problems.Count == 0
            ? new(new OpenedRecord(first, opened, template.Value, sources, later.ToImmutable()))
            : new(problems.ToImmutable());
    }
}

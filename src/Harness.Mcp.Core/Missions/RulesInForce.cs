using System.Collections.Immutable;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Rules.Reading;

namespace Harness.Mcp.Core.Missions;

/// <summary>
/// All rules that judge one mission: those of its guardrails and backend terms, then its own, then what was added while it was open.
/// Rules are added and never taken away.
/// </summary>
internal sealed class RulesInForce
{
    private readonly MissionFacts _mission;
    private readonly LabelOrder _labels;
    private readonly CallReader _calls;
    private readonly List<RuleInForce> _rules = [];
    private readonly HashSet<(RuleId Id, Digest Written, bool IsEnforced)> _known = [];
    private readonly HashSet<(string Source, Digest Document)> _sources = [];
    private readonly List<DenialLimits?> _denials = [];
    private RuleSources? _included;

    /// <param name="labels">The order of labels by all documents together.</param>
    public RulesInForce(MissionFacts mission, LabelOrder labels, CallReader calls) => (_mission, _labels, _calls) = (mission, labels, calls);

    public IReadOnlyList<RuleInForce> All => _rules;

    /// <summary>The strictest that any document says.</summary>
    public DenialLimits Denials { get; private set; } = DenialLimits.Strictest([]);

    /// <param name="since">Version of the link that brought the rules: before it they remember, and judge nothing.</param>
    public void Add(ImmutableArray<RuleSource> sources, long since)
    {
        foreach (var source in sources)
            if (_sources.Add((source.Name, source.Digest)))
                Add(source.Rules, source.Denials, since);
    }

    /// <summary>A rule that is there already, letter by letter, is not added again.</summary>
    public void Add(ImmutableArray<Rule> rules, DenialLimits? denials, long since)
    {
        _denials.Add(denials);
        Denials = DenialLimits.Strictest(_denials);
        foreach (var rule in rules)
            if (_known.Add((rule.Id, rule.Written, rule.IsEnforced)))
                _rules.Add(new RuleInForce(rule.Form is Flow flow ? rule with { Form = flow.Under(_labels) } : rule, _mission, _calls, since));
    }

    /// <summary>Those of the sources that hold for the mission today and are not in force yet.</summary>
    public ImmutableArray<RecordedSource> Missing(RuleSources today, MissionTemplate template)
    {
        if (ReferenceEquals(today, _included))
            return [];

        ImmutableArray<RecordedSource> missing =
            [.. today.For(template).Where(source => !_sources.Contains((source.Name, source.Digest))).Select(source => source.Recorded)];
        if (missing.IsEmpty)
            _included = today; // Nothing but a shortcut for the next call.
        return missing;
    }

    /// <summary>Reads sources back from links.</summary>
    public static ImmutableArray<RuleSource> Read(ImmutableArray<RecordedSource> recorded, string chain, ProblemList problems)
    {
        var sources = ImmutableArray.CreateBuilder<RuleSource>();
        foreach (var one in recorded)
        {
            var source = RuleSourceParser.Read(one, chain);
            problems.AddRange(source.Problems);
            if (source.IsValid)
                sources.Add(source.Value);
        }

        return sources.ToImmutable();
    }
}

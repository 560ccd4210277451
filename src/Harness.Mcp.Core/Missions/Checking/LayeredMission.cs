using System.Collections.Immutable;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>A mission with every rule that would judge it if it were opened now, flows by the labels' order of all layers together.</summary>
internal sealed class LayeredMission
{
    private LayeredMission(MissionTemplate template, ImmutableArray<Rule> above, ImmutableArray<Rule> own)
    {
        (Template, Above, Own) = (template, above, own);
        Rules = above.AddRange(own);
    }

    public MissionTemplate Template { get; }

    /// <summary>Guardrails first, then terms of the backends that its grants may reach.</summary>
    public ImmutableArray<Rule> Above { get; }

    /// <summary>The mission's own.</summary>
    public ImmutableArray<Rule> Own { get; }

    /// <summary>All of them, in the order in which they judge.</summary>
    public ImmutableArray<Rule> Rules { get; }

    public static LayeredMission Of(MissionTemplate template, RuleSources sources)
    {
        var layers = sources.For(template);
        var labels = new LabelOrder([.. layers.SelectMany(layer => layer.Labels), .. template.Labels]);
        return new LayeredMission(template, [.. layers.SelectMany(layer => layer.Rules).Select(rule => Under(labels, rule))], [.. template.Rules.Select(rule => Under(labels, rule))]);
    }

    /// <summary>A rule as it is in force where labels are ordered so.</summary>
    public static Rule Under(LabelOrder labels, Rule rule) => rule.Form is Flow flow ? rule with { Form = flow.Under(labels) } : rule;
}

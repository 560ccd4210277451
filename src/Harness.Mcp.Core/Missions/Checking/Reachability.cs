using System.Collections.Immutable;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>
/// Which tools a mission can ever call under all rules that judge it, when everything that a look cannot decide (arguments, results, times, inputs) turns out well. A tool that
/// is not among them can certainly never be called.
/// </summary>
internal sealed class Reachability
{
    private static readonly ImmutableDictionary<string, KnownTool> NoTools = ImmutableDictionary.Create<string, KnownTool>(StringComparer.Ordinal);

    private readonly MissionTemplate? _template;
    private readonly ImmutableArray<Rule> _rules;
    private readonly KnownTools _catalog;
    private readonly List<KnownTool> _callable = [];
    private readonly HashSet<string> _filled;

    private Reachability(MissionTemplate? template, ImmutableArray<Rule> rules, KnownTools catalog)
    {
        (_template, _rules, _catalog) = (template, rules, catalog);
        Granted = template is null ? catalog.Tools : [.. catalog.Tools.Where(tool => template.Grants.Any(grant => grant.Selects(tool.Facts)))];

        // A tool that the catalog does not know is reported where it is named, and may be called for all that is known.
        _filled = Anchors
            .Where(anchor => !anchor.Inputs.IsEmpty || anchor.Results.Any(source => catalog.Find(source.Tool) is null))
            .Select(anchor => anchor.Name)
            .ToHashSet(StringComparer.Ordinal);
        while (Granted.FirstOrDefault(tool => !_callable.Contains(tool) && MayCall(tool)) is { } next)
            Add(next);
    }

    public ImmutableArray<KnownTool> Granted { get; }

    public IReadOnlyList<KnownTool> Callable => _callable;

    /// <summary>Anchors that can hold a value.</summary>
    public IReadOnlySet<string> Filled => _filled;

    private ImmutableArray<Anchor> Anchors => _template?.Anchors ?? [];

    public static Reachability Of(LayeredMission mission, KnownTools catalog) => new(mission.Template, mission.Rules, catalog);

    /// <summary>Of a mission that is granted every tool, under these rules: what is out of its reach is out of the reach of all.</summary>
    public static Reachability OfEveryMission(ImmutableArray<Rule> rules, KnownTools catalog) => new(null, rules, catalog);

    /// <summary>Whether some call of the tool fits the grant, as far as anchors and its schema tell.</summary>
    public bool MayUse(Grant grant, KnownTool tool)
    {
        if (grant.When is { } when && Logic().Holds(Parsed(when), Call(tool)) == false)
            return false;
        return AnchorsLacking(grant, tool).IsEmpty;
    }

    /// <summary>Anchors without which no call of the tool fits the grant.</summary>
    public ImmutableArray<string> AnchorsLacking(Grant grant, KnownTool tool)
    {
        var carried = grant.Anchored.Where(anchored => anchored.Path.Root is not { } root || tool.MayCarry(root)).ToList();
        if (carried.Count == 0)
            return [];
        var demanded = carried.Where(anchored => !_filled.Contains(anchored.Anchor) && tool.Required.Contains(anchored.Path.Text, StringComparer.Ordinal)).ToList();
        if (demanded.Count > 0)
            return [.. demanded.Select(anchored => anchored.Anchor)];
        return _template?.Unanchored.Any(unanchored => unanchored.Value == tool.Id) == true || carried.Exists(anchored => _filled.Contains(anchored.Anchor))
            ? []
            : [.. carried.Select(anchored => anchored.Anchor)];
    }

    /// <summary>Whether a rule certainly denies every call of a tool that it watches.</summary>
    public bool AlwaysDenies(Rule rule, KnownTool tool)
    {
        var logic = Logic();
        if (rule.When is { } when && logic.Holds(Parsed(when), Call(tool)) != true)
            return false;
        return rule.Form switch
        {
            Before before => !_callable.Exists(other => Selectors.Any(before.Tools, other.Facts)) && before.Tools.All(selector => IsKnown(selector.Value)),
            Condition condition => logic.Holds(Parsed(condition.Expression), Call(tool)) == condition.IsForbidden,
            _ => false,
        };
    }

    /// <summary>Whether an expression certainly says the same of every call of the tool: what it says, else null.</summary>
    public bool? Says(RuleCondition condition, KnownTool tool) => Logic().Holds(Parsed(condition), Call(tool));

    private bool MayCall(KnownTool tool) =>
        _template?.Grants.Any(grant => grant.Selects(tool.Facts) && MayUse(grant, tool)) != false
        && !_rules.Any(rule => rule.IsEnforced && rule.Watches(tool.Facts) && AlwaysDenies(rule, tool));

    private void Add(KnownTool tool)
    {
        _callable.Add(tool);
        foreach (var anchor in Anchors)
            if (anchor.Results.Any(source => source.Tool == tool.Id))
                _filled.Add(anchor.Name);
    }

    private bool IsKnown(ToolSelector selector) => selector is ToolSelector.ByName(var name) ? _catalog.Find(name) is not null : _catalog.Unseen.IsEmpty;

    // Where some backend was never seen, its tools may be in the chain too.
    private ToolLogic Logic() => new(_catalog.Unseen.IsEmpty ? new ImaginedChain([.. _callable], IsCertain: false) : null);

    private static ImmutableDictionary<string, KnownTool> Call(KnownTool tool) => NoTools.Add("call", tool);

    private static Expr Parsed(RuleCondition condition) => CelParser.Parse(condition.Source).Value!;
}

using System.Collections.Immutable;
using System.Globalization;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>An imagined chain: tools called one after the other, each with the best arguments, each ending well and bringing all its labels.</summary>
/// <param name="Limits">What its calls have met.</param>
internal sealed record FlowState(ImmutableArray<KnownTool> Calls, ImmutableSortedSet<string> Labels, ImmutableSortedSet<string> Anchors, FlowLimits Limits)
{
    public FlowState After(KnownTool tool, MissionTemplate template, FlowLimits limits) => new(
        Calls.Add(tool),
        Labels.Union(tool.Facts.Labels.All),
        Anchors.Union(template.Anchors.Where(anchor => anchor.Results.Any(source => source.Tool == tool.Id)).Select(anchor => anchor.Name)),
        new([.. Limits.Unless.Union(limits.Unless)], [.. Limits.Asks.Union(limits.Asks)], [.. Limits.Cleared.Union(limits.Cleared)]));

    /// <summary>Labels that a flow rule still counts: those that were brought, and not cleared since.</summary>
    public IEnumerable<string> Carried(Flow flow)
    {
        foreach (var label in flow.Barred.Where(Labels.Contains))
        {
            // A declassifier clears what was read before it, and may itself bring the label again.
            var cleared = FlowRules.Last(Calls, call => flow.ClearedBy.Any(declassifier => declassifier.Label == label && Selectors.Any(declassifier.By, call.Facts)));
            if (FlowRules.Last(Calls, call => call.Facts.Labels.All.Contains(label, StringComparer.Ordinal)) is var brought && brought >= cleared)
                yield return label;
        }
    }
}

/// <summary>What stands in the way of calls that nothing certainly denies.</summary>
/// <param name="Unless">Rules and grants that may stop them, depending on more than tools.</param>
/// <param name="Asks">Rules and grants that let them pass only with approval.</param>
/// <param name="Cleared">Flow rules that let them pass only since a label was cleared before.</param>
internal sealed record FlowLimits(ImmutableArray<RuleId> Unless, ImmutableArray<RuleId> Asks, ImmutableArray<(RuleId Rule, string Label)> Cleared)
{
    public static FlowLimits None { get; } = new([], [], []);

    public bool IsNone => Unless.IsEmpty && Asks.IsEmpty && Cleared.IsEmpty;
}

/// <summary>
/// What grants and the rules of all layers say of the next call of an imagined chain. Exact for flows (orders of labels and declassifiers with them),
/// grants, anchors, walls, `before`, `never-after`, budgets of calls, and for expressions over tools and labels; where arguments, results, times or inputs decide, the rule is named as one that may stop it.
/// What people may let pass is no closed way, and what `bound` and `grounding` ask of values is taken as met.
/// </summary>
internal sealed class FlowRules
{
    private const int CountedMax = 20;

    private readonly MissionTemplate _template;
    private readonly ImmutableArray<Rule> _rules;
    private readonly Dictionary<Tools.ToolId, ImmutableArray<Rule>> _watching;
    private readonly ImmutableArray<(RuleCondition Condition, Expr Parsed)> _parsed;

    // Calls of a tool are counted as far as some expression compares their number; otherwise it is enough that there was one.
    private readonly int _countedMax = 1;
    private readonly bool _isCountedWhole = true;

    // The same question is asked after many chains that no expression tells apart.
    private readonly Dictionary<(RuleCondition, Tools.ToolId, string), bool?> _said = [];

    /// <param name="tools">Every tool that can be called.</param>
    public FlowRules(LayeredMission mission, IReadOnlyList<KnownTool> tools)
    {
        // Rules in shadow stop nothing, and what guardrails say of tools that this mission cannot call makes no difference between its chains.
        _template = mission.Template;
        _watching = tools.ToDictionary(tool => tool.Id, tool => mission.Rules.Where(rule => rule.IsEnforced && rule.Watches(tool.Facts)).ToImmutableArray());
        _rules = [.. mission.Rules.Where(rule => _watching.Values.Any(watching => watching.Contains(rule)))];
        _parsed =
        [
            .. _template.Grants.SelectMany(grant => new[] { grant.When, grant.Approval?.When })
                .Concat(_rules.SelectMany(rule => rule.Form.Conditions.Add(rule.When!)))
                .OfType<RuleCondition>()
                .Select(condition => (condition, CelParser.Parse(condition.Source).Value!)),
        ];
        Remembered = [.. tools.Where(Matters)];
        if (_parsed.Any(one => Counts(one.Parsed)))
        {
            var largest = _parsed.Max(one => LargestNumber(one.Parsed));
            (_countedMax, _isCountedWhole) = ((int)Math.Min(largest, CountedMax - 1) + 1, largest < CountedMax);
        }

        // What an expression asks of the chain can tell the calls of these tools apart.
        bool Matters(KnownTool tool) => _parsed.Any(one => AsksOf(one.Parsed, tool));
    }

    /// <summary>Tools whose calls the expressions of the mission can tell from others.</summary>
    private ImmutableArray<KnownTool> Remembered { get; }

    /// <summary>All that later calls can depend on: chains with the same text go on alike.</summary>
    public string KeyOf(FlowState state)
    {
        var key = new List<string> { string.Join(',', state.Labels), string.Join(',', state.Anchors) };
        foreach (var rule in _rules)
            key.Add(rule.Form switch
            {
                Before before => IsMet(state, before) ? "1" : "0",
                Flow { ClearedBy.IsEmpty: false } flow => string.Join(',', state.Carried(flow)),
                NeverAfter after => Called(state, after.Tools) ? "1" : "0",
                Budget budget => Math.Min(Counted(state, rule), budget.Max).ToString(CultureInfo.InvariantCulture),
                _ => "",
            });
        key.Add(RememberedOf(state));
        return string.Join('|', key);
    }

    private string RememberedOf(FlowState state) =>
        string.Join(',', Remembered.Select(tool => Math.Min(state.Calls.Count(call => call == tool), _countedMax).ToString(CultureInfo.InvariantCulture)));

    /// <param name="denying">Gets the rule that certainly denies the call.</param>
    /// <returns>Null where the call is certainly denied; else what still stands in its way.</returns>
    public FlowLimits? Ask(FlowState state, KnownTool tool, ISet<Rule> denying)
    {
        if (AskGrants(state, tool) is not { } limits)
            return null;
        foreach (var rule in _watching[tool.Id])
        {
            var applies = rule.When is { } when ? Says(when, state, tool) : true;
            if (applies == false)
                continue;
            switch (Denies(rule, state, tool))
            {
                case true when rule.Form is Flow { Unless: not null }:
                    limits = limits with { Asks = limits.Asks.Add(rule.Id) };
                    break;
                case true when applies == true:
                    denying.Add(rule);
                    return null;
                case true or null:
                    limits = limits with { Unless = limits.Unless.Add(rule.Id) };
                    break;
                case false when rule.Form is Flow { ClearedBy.IsEmpty: false } flow:
                    limits = limits with { Cleared = [.. limits.Cleared, .. flow.Barred.Where(state.Labels.Contains).Select(label => (rule.Id, label))] };
                    break;
            }
        }

        return limits;
    }

    /// <summary>One grant is enough, so the one that stands least in the way counts.</summary>
    private FlowLimits? AskGrants(FlowState state, KnownTool tool)
    {
        FlowLimits? best = null;
        foreach (var grant in _template.Grants.Where(grant => grant.Selects(tool.Facts) && IsAnchored(grant, state, tool)))
        {
            var holds = grant.When is { } when ? Says(when, state, tool) : true;
            if (holds == false)
                continue;
            var asks = grant.Approval is not { } approval ? false : approval.When is { } asksWhen ? Says(asksWhen, state, tool) : true;
            if (holds == true && asks == false)
                return FlowLimits.None;
            if (holds == true && asks == true)
                best = new([], [grant.Id], []);
            else
                best ??= new([grant.Id], [], []);
        }

        return best;
    }

    private bool IsAnchored(Grant grant, FlowState state, KnownTool tool)
    {
        if (grant.Anchored.IsEmpty)
            return true;
        var carried = grant.Anchored.Where(anchored => anchored.Path.Root is not { } root || tool.MayCarry(root)).ToList();
        return carried.TrueForAll(anchored => state.Anchors.Contains(anchored.Anchor) || !tool.Required.Contains(anchored.Path.Text, StringComparer.Ordinal))
            && (carried.Exists(anchored => state.Anchors.Contains(anchored.Anchor)) || _template.Unanchored.Any(unanchored => unanchored.Value == tool.Id));
    }

    private bool? Denies(Rule rule, FlowState state, KnownTool tool) => rule.Form switch
    {
        Flow flow => state.Carried(flow).Any(),
        Before before => !IsMet(state, before),
        NeverAfter { Same.IsEmpty: true } after => Called(state, after.Tools),
        NeverAfter => false, // Another value is not closed.
        Budget { Measure: BudgetMeasure.Calls, Per: null } budget when rule.When is null => Counted(state, rule) >= budget.Max,
        Then => false, // It asks what comes after.
        Budget or Window or Wall => false, // Another value, an old one, or a little patience.
        Condition condition => Says(condition.Expression, state, tool) is { } says ? says == condition.IsForbidden : null,
        _ => null,
    };

    private bool? Says(RuleCondition condition, FlowState state, KnownTool tool)
    {
        var key = (condition, tool.Id, RememberedOf(state));
        if (_said.TryGetValue(key, out var said))
            return said;
        var parsed = _parsed.First(one => ReferenceEquals(one.Condition, condition)).Parsed;
        var logic = new ToolLogic(new ImaginedChain(state.Calls, IsCertain: true) { CountedMax = _countedMax, IsCountedWhole = _isCountedWhole });
        return _said[key] = logic.Holds(parsed, ImmutableDictionary<string, KnownTool>.Empty.Add("call", tool));
    }

    private static bool IsMet(FlowState state, Before before)
    {
        var done = Last(state.Calls, call => Selectors.Any(before.Tools, call.Facts));

        // Undone for another value is not undone.
        return done >= 0 && (!before.Same.IsEmpty || Last(state.Calls, call => Selectors.Any(before.NotSince, call.Facts)) < done);
    }

    private static bool Called(FlowState state, ImmutableArray<Placed<Tools.ToolSelector>> tools) => state.Calls.Any(call => Selectors.Any(tools, call.Facts));

    internal static int Last(ImmutableArray<KnownTool> calls, Func<KnownTool, bool> meets)
    {
        for (var place = calls.Length - 1; place >= 0; place--)
            if (meets(calls[place]))
                return place;
        return -1;
    }

    private static int Counted(FlowState state, Rule rule) => state.Calls.Count(call => rule.IsOn(call.Facts));

    private static bool AsksOf(Expr expr, KnownTool tool)
    {
        if (expr is Expr.Macro macro && Rules.Monitors.ChainSource.IsChain(macro.Range))
        {
            var logic = new ToolLogic(new ImaginedChain([tool], IsCertain: true));
            return logic.Holds(macro.Body, ImmutableDictionary<string, KnownTool>.Empty.Add(macro.Variable, tool)) != (macro.Kind == MacroKind.All);
        }

        return Rules.Monitors.ChainSource.IsChain(expr) || ExprParts.Of(expr).Any(part => AsksOf(part, tool));
    }

    private static bool Counts(Expr expr) => expr is Expr.Call { Function: "size" } or Expr.Macro { Kind: MacroKind.ExistsOne } || ExprParts.Of(expr).Any(Counts);

    private static long LargestNumber(Expr expr) => Math.Max(
        expr is Expr.Literal { Value: { Kind: CelKind.Int } number } ? number.AsInt : 0,
        ExprParts.Of(expr).Select(LargestNumber).DefaultIfEmpty(0).Max());
}

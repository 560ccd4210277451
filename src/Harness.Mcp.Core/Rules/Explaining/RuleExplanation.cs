using System.Collections.Immutable;
using System.Globalization;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules.Forms;

namespace Harness.Mcp.Core.Rules.Explaining;

/// <summary>One rule told to people: what it means, in a sentence and to the letter, what it keeps of the chain, and what it costs.</summary>
/// <param name="Cel">The expression that a call must make true; null where CEL cannot say it.</param>
/// <param name="WhyNoCel">Why there is no expression; null where there is one.</param>
/// <param name="Keeps">The state, one sentence for each monitor; empty where nothing is kept.</param>
/// <param name="PerCall">What judging one call costs.</param>
/// <param name="PerLink">What taking in one link costs.</param>
/// <param name="Memory">Where the state stops growing.</param>
public sealed record RuleExplanation(
    RuleId Id, string Meaning, string? Cel, string? WhyNoCel, ImmutableArray<string> Keeps, string PerCall, string PerLink, string Memory)
{
    public static RuleExplanation Of(Rule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        var cost = RuleCost.Of(rule.Form);
        var keeps = cost.Keeps;
        if (rule.When is { } when)
            keeps = keeps.AddRange(when.Expression.Monitors.Select(monitor => $"for `when`: {monitor}"));
        return new RuleExplanation(
            rule.Id,
            RuleMeaning.Of(rule),
            rule.Cel,
            rule.Cel is null ? WhyNoCelFor(rule) : null,
            keeps,
            rule.When is null ? cost.PerCall : $"`when`, then {cost.PerCall}",
            cost.PerLink,
            cost.Memory);
    }

    private static string WhyNoCelFor(Rule rule) => rule.Form switch
    {
        Budget { Argument: { } argument } budget => Uncountable(budget.Measure, budget.CountedToCel(rule), argument.Text),
        Window { Argument: { } argument } window => Uncountable(window.Measure, window.CountedToCel(rule), argument.Text),
        Carry => "CEL has no word for where a value came from.",
        Then => "CEL asks what was called before, not what is to come.",
        var form => $"CEL cannot say what `{form.Key}` asks.",
    };

    private static string Uncountable(BudgetMeasure measure, string counted, string argument) => measure == BudgetMeasure.Sum
        ? $"CEL's standard library cannot add up a list; added up are the `{argument}` of `{counted}` and of the call."
        : $"CEL's standard library cannot count different values; counted are the `{argument}` of `{counted}` and of the call.";
}

/// <summary>What a form keeps and costs.</summary>
internal sealed record RuleCost(ImmutableArray<string> Keeps, string PerCall, string PerLink, string Memory)
{
    private const string Nothing = "nothing";
    private const string OneLookUp = "one look-up";
    private const string OneUpdate = "one update, for calls of the tools it names";

    private static string Keys => Count(MissionBounds.RuleKeysMax);

    public static RuleCost Of(RuleForm form) => form switch
    {
        Before before => new([$"the latest call that ended well, by {ByKey(before.Same)}"], OneLookUp, OneUpdate, Bounded(before.Same)),
        NeverAfter after => new([$"the latest call, by {ByKey(after.Same)}"], OneLookUp, OneUpdate, Bounded(after.Same)),
        Budget budget => new([$"{Account(budget)}{(budget.Per is null ? "" : $", for each `{budget.Per}`")}"], OneLookUp, "one update, for calls it judges", $"at most {Keys} values; past them, calls with new ones are denied"),
        Window window => OfWindow(window),
        Wall wall => new([$"the `{wall.By}` that was chosen"], "one comparison", "one update, until one is chosen", "one value"),
        Flow flow => new([$"whether the label `{flow.Label}` was delivered, and by which links"], "one test", "one test", "one bit"),
        Carry => new(
            ["where the mission met which value, once for all rules and grants that ask"],
            "one scan of the arguments that it looks at",
            "one scan of each result, once for all rules and grants that ask",
            $"at most {Count(MissionBounds.ProvenanceValuesMax)} values; past them, a value that is not known counts as labelled"),
        Then then => new(
            [$"the calls that are still owed, by {ByKey(then.Same)}"],
            "one look-up",
            "one update, for calls of the tools it names, with a comparison for each call owed",
            $"at most {Count(MissionBounds.ObligationsOpenMax)} calls owed; past them, calls that would owe more are denied"),
        Condition condition => OfCondition(condition),
        _ => new([], "the cost of its form", "the cost of its form", "bounded by its form"),
    };

    private static RuleCost OfWindow(Window window) => window.Measure switch
    {
        BudgetMeasure.Calls => new([$"the times of the last {window.Max} calls it judged"], "one comparison", "one update, for calls it judges", $"{window.Max} times"),
        BudgetMeasure.Distinct => new(
            [$"the different values of `{window.Argument}` in the span, each with the time it was last named"],
            OneLookUp,
            "one update, for calls it judges",
            $"at most {Keys} values; past them, calls with new ones are denied until the span is over"),
        _ => new(
            [$"the amounts of `{window.Argument}` in the span, each with its time and the sum up to it"],
            "one bisection",
            "one update, for calls it judges",
            $"at most {Count(MissionBounds.WindowCallsMax)} amounts; past them, calls are denied until the span is over"),
    };

    private static RuleCost OfCondition(Condition condition)
    {
        var expression = condition.Expression.Expression;
        if (expression.Monitors.IsEmpty)
            return new([], "one evaluation", Nothing, Nothing);
        var count = expression.Monitors.Length;
        return new(
            expression.Monitors,
            $"one evaluation with {count} look-up{(count == 1 ? "" : "s")}, and one more for each call in flight",
            $"one evaluation for each of the {count} monitors",
            $"at most {Rules.Monitors.ClauseMonitor.TalliesMax.ToString("N0", CultureInfo.InvariantCulture)} keys or {Rules.Monitors.ClauseMonitor.KeyBytesMax / (1024 * 1024)} MiB for each monitor; past them, the rule denies");
    }

    private static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Account(Budget budget) => budget.Measure switch
    {
        BudgetMeasure.Calls => "how many calls it judged",
        BudgetMeasure.Distinct => $"the different values of `{budget.Argument}`",
        _ => $"the sum of `{budget.Argument}`",
    };

    private static string ByKey(ImmutableArray<Json.FieldPath> same) => same.IsEmpty ? "nothing else" : string.Join(" and ", same.Select(path => $"`{path}`"));

    private static string Bounded(ImmutableArray<Json.FieldPath> same) => same.IsEmpty ? "one link" : $"at most {Keys} values; past them, calls with unknown ones are denied";
}

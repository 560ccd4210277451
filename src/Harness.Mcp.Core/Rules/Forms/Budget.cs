using System.Collections.Immutable;
using System.Globalization;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules.Reading;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>What a budget or a window adds up.</summary>
public enum BudgetMeasure
{
    /// <summary>Calls.</summary>
    Calls,

    /// <summary>Different atoms of an argument, lists item by item: the same host twice counts once.</summary>
    Distinct,

    /// <summary>The amounts of an argument, as exact decimals. An amount below zero, or that is no number, is denied: it cannot give anything back.</summary>
    Sum,
}

/// <summary>
/// `budget: { max: 3 }`, `budget: { distinct: call.args.host, max: 3 }`, `budget: { sum: call.args.amount, max: 1000 }`: over the whole mission,
/// the judged calls admitted so far and this one together stay within `max`. With `per: call.args.user`, each value of that argument has
/// a budget of its own. Calls count from their admission, however they end.
/// </summary>
public sealed record Budget(BudgetMeasure Measure, FieldPath? Argument, decimal Max, FieldPath? Per) : RuleForm
{
    public override string Key => "budget";

    internal override ImmutableArray<FieldPath> ArgumentsRead => [.. new[] { Argument, Per }.OfType<FieldPath>()];

    public override string? ToCel(Rule rule)
    {
        if (Measure != BudgetMeasure.Calls)
            return null; // CEL's standard library neither adds nor removes duplicates.
        return Guarded(rule, $"{CountedToCel(rule)}.size() < {Max.ToString(CultureInfo.InvariantCulture)}");
    }

    /// <summary>The CEL of the earlier calls that are counted.</summary>
    internal string CountedToCel(Rule rule)
    {
        var carries = Argument is null ? "" : $" && has({CelText.Argument("l", Argument)})";
        var same = Per is null ? "" : $" && has({CelText.Argument("l", Per)}) && {CelText.Argument("l", Per)} == {CelText.Argument("call", Per)}";
        return $"chain.filter(l, {rule.OnToCel()}{carries}{same})";
    }

    internal override RuleMonitor NewMonitor(Rule rule, MissionFacts mission, CallReader calls) => new BudgetMonitor(rule, this, calls);
}

using System.Collections.Immutable;
using System.Globalization;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules.Reading;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>
/// `window: { max: 10, per: 1m }`: of the judged calls, fewer than `max` were admitted in the span `per` before this call. A call that is exactly
/// `per` old is outside. `window: { sum: call.args.amount, max: 1000, per: 1h }` and `window: { distinct: call.args.host, max: 3, per: 10m }` say of
/// the amounts and of the different values of an argument, those of this call included, what a <see cref="Budget"/> says of the whole mission.
/// </summary>
/// <param name="Argument">What is added up; null for calls.</param>
/// <param name="Max">A whole number, but for sums.</param>
public sealed record Window(BudgetMeasure Measure, FieldPath? Argument, decimal Max, TimeSpan Per) : RuleForm
{
    public override string Key => "window";

    internal override ImmutableArray<FieldPath> ArgumentsRead => Argument is null ? [] : [Argument];

    public override string? ToCel(Rule rule) => Measure == BudgetMeasure.Calls
        ? $"{CountedToCel(rule)}.size() < {Max.ToString(CultureInfo.InvariantCulture)}"
        : null; // CEL's standard library neither adds nor removes duplicates.

    /// <summary>The CEL of the earlier calls that are counted.</summary>
    internal string CountedToCel(Rule rule)
    {
        var carries = Argument is null ? "" : $" && has({CelText.Argument("l", Argument)})";
        return $"chain.filter(l, {rule.OnToCel()}{carries} && now - l.time < {CelText.Duration(Per)})";
    }

    internal override RuleMonitor NewMonitor(Rule rule, MissionFacts mission, CallReader calls) => Measure switch
    {
        BudgetMeasure.Calls => new WindowMonitor(rule, this, calls.Memory),
        BudgetMeasure.Sum => new WindowSumMonitor(rule, this, calls),
        _ => new WindowValuesMonitor(rule, this, calls),
    };
}

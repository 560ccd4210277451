using System.Collections.Immutable;
using System.Globalization;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules.Forms;

namespace Harness.Mcp.Core.Rules.Explaining;

/// <summary>A rule's meaning in one sentence.</summary>
internal static class RuleMeaning
{
    public static string Of(Rule rule)
    {
        var calls = rule.HasOwnOn ? $"calls of {Selectors.Words(rule.On)}" : "calls of every granted tool";
        var meaning = rule.Form switch
        {
            Before before => $"{Capital(calls)} are permitted only after a call of {Selectors.Words(before.Tools)} that ended well{With(before.Same)}{Within(before.Within)}",
            NeverAfter after => $"{Capital(calls)} are denied once {Selectors.Words(after.Tools)} was called{With(after.Same)}, however that call ended",
            Budget budget => OfBudget(budget, calls),
            Window window => OfWindow(window, calls),
            Wall wall => $"The first of the {calls} that names a `{wall.By}` closes every other `{wall.By}` for the rest of the mission",
            Flow { Unless: { } terms } flow => $"Once a result labelled `{flow.Label}` was delivered, {calls} need the approval of {Words(terms.By, "or")} where their arguments may end at `{flow.To}`",
            Flow flow => $"Once a result labelled `{flow.Label}` was delivered, {calls} are denied where their arguments may end at `{flow.To}`",
            Carry carry => $"{Capital(calls)} are denied where {(carry.Args.IsEmpty ? "an argument that holds content" : Paths(carry.Args, "or"))} carries {Refused(carry)}",
            Then then => $"{Capital(calls)} that end well must be followed within {DurationText.Write(then.Within)} by a call of {Selectors.Words(then.Tools)} that ends well{With(then.Same)}; "
                + (then.Otherwise == Otherwise.Run ? "else the proxy makes that call itself" : "else it is recorded as missing"),
            Condition { IsForbidden: true } => $"{Capital(calls)} are denied while the expression is true",
            Condition => $"{Capital(calls)} are permitted only while the expression is true",
            _ => $"{Capital(calls)} must satisfy `{rule.Form.Key}`",
        };
        return $"{meaning}{Where(rule)}{Lacking(rule)}.";
    }

    private static string OfBudget(Budget budget, string calls)
    {
        var max = budget.Max.ToString(CultureInfo.InvariantCulture);
        var per = budget.Per is null ? "" : $" for each `{budget.Per}`";
        return budget.Measure switch
        {
            BudgetMeasure.Calls => $"Over the whole mission, at most {max} {calls} are permitted{per}",
            BudgetMeasure.Distinct => $"Over the whole mission, {calls} may name at most {max} different values of `{budget.Argument}`{per}",
            _ => $"Over the whole mission, the `{budget.Argument}` of {calls} may add up to at most {max}{per}",
        };
    }

    private static string OfWindow(Window window, string calls)
    {
        var (max, span) = (window.Max.ToString(CultureInfo.InvariantCulture), DurationText.Write(window.Per));
        return window.Measure switch
        {
            BudgetMeasure.Calls => $"At most {max} {calls} are permitted within {span}",
            BudgetMeasure.Distinct => $"Within {span}, {calls} may name at most {max} different values of `{window.Argument}`",
            _ => $"Within {span}, the `{window.Argument}` of {calls} may add up to at most {max}",
        };
    }

    private static string Refused(Carry carry)
    {
        var words = carry.Refuse.Select(what => what switch
        {
            Carry.Link => "a link that the mission does not know as trusted",
            Carry.Address => "an e-mail address that it does not know as trusted",
            Carry.Secret => "what looks like a secret",
            _ => $"data labelled `{what}`",
        });
        return string.Join(" or ", words);
    }

    private static string Where(Rule rule) => rule.When is null ? "" : $", judged only where `{rule.When.Source}` holds";

    private static string Lacking(Rule rule)
    {
        if (rule.Form.ArgumentsRead.IsEmpty)
            return "";
        var read = Paths(rule.Form.ArgumentsRead);
        return rule.HasOwnOn ? $"; a call without {read} is denied" : $"; a call without {read} is passed over";
    }

    private static string With(ImmutableArray<FieldPath> same) => same.IsEmpty ? "" : $" with the same {Paths(same)}";

    private static string Within(TimeSpan? within) => within is { } span ? $", at most {DurationText.Write(span)} before" : "";

    private static string Paths(ImmutableArray<FieldPath> paths, string joint = "and") => Words(paths.Select(path => path.Text), joint);

    private static string Words(IEnumerable<string> words, string joint) => string.Join($" {joint} ", words.Select(word => $"`{word}`"));

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}

using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tests.Rules;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Tests.Reference;

/// <summary>Rules by the letter of the documentation, each answered by a walk over the whole chain.</summary>
internal sealed class ReferenceRules(ReferenceChain chain)
{
    /// <returns>Why the rule denies the call; null where it does not.</returns>
    public ReasonCode? Judge(Rule rule, ToolCall call)
    {
        if (!rule.On.IsEmpty && !Selects(rule.On, call.Tool))
            return null;
        if (rule.Form is Flow to && !call.Tool.Sinks.Contains(to.To))
            return null;
        if (rule.When is { } when)
        {
            var holds = Says(when, call, chain.Length);
            if (holds != true)
                return holds is null ? ReasonCode.RuleFailed : null;
        }

        return rule.Form switch
        {
            Before before => Judge(rule, before, call),
            NeverAfter after => Judge(rule, after, call),
            Budget budget => Judge(rule, budget, call),
            Window window => Judge(rule, window, call),
            Wall wall => Judge(rule, wall, call),
            Then then => Lacks(call.Arguments, then.Same) ? Lacking(rule) : null,
            Flow flow => chain.Calls().Exists(earlier => earlier.AsLink.Labels.Contains(flow.Label)) ? ReasonCode.FlowForbidden : null,
            Condition condition => Says(condition.Expression, call, chain.Length) switch
            {
                null => ReasonCode.RuleFailed,
                var says when says == condition.IsForbidden => condition.IsForbidden ? ReasonCode.Forbidden : ReasonCode.RequirementNotMet,
                _ => null,
            },
            // What a text carries: `ProvenanceAgreementTests` compares it; the reference must not pass over it.
            _ => throw new InvalidOperationException($"The reference does not know `{rule.Form}`."),
        };
    }

    /// <returns>Why the rule lets what the agent answers not go to the backend of a pending call; null where it does. Rules about what flows alone have an opinion.</returns>
    public ReasonCode? JudgeInput(Rule rule, CallId call, ImmutableArray<string> labels, DateTimeOffset time)
    {
        var pending = chain.Calls().Single(earlier => earlier.Admitted.Call == call);
        var proposal = pending.Proposal with { Time = time };
        if ((!rule.On.IsEmpty && !Selects(rule.On, pending.Tool)) || (rule.Form is Flow to && !pending.Tool.Sinks.Contains(to.To)))
            return null;
        if (rule.When is { } when && Says(when, proposal, chain.Length) is var holds && holds != true)
            return holds is null ? ReasonCode.RuleFailed : null;
        return rule.Form is Flow flow
            && (labels.Contains(flow.Label) || chain.Calls().Exists(earlier => earlier.Admitted.Call != call && earlier.AsLink.Labels.Contains(flow.Label)))
                ? ReasonCode.FlowForbidden
                : null;
    }

    private ReasonCode? Judge(Rule rule, Before before, ToolCall call)
    {
        if (Lacks(call.Arguments, before.Same))
            return Lacking(rule);
        return chain.Calls().Exists(earlier =>
            Selects(before.Tools, earlier.Tool)
            && earlier.Settled?.Outcome == CallOutcome.Ok
            && before.Same.All(path => AreSame(earlier.Arguments, call.Arguments, path))
            && (before.Within is not { } within || call.Time - earlier.Link.Time <= within))
                ? null
                : ReasonCode.HistoryNotSatisfied;
    }

    private ReasonCode? Judge(Rule rule, NeverAfter after, ToolCall call)
    {
        if (Lacks(call.Arguments, after.Same))
            return Lacking(rule);
        return chain.Calls().Exists(earlier =>
            Selects(after.Tools, earlier.Tool) && (Lacks(earlier.Arguments, after.Same) || after.Same.All(path => AreSame(earlier.Arguments, call.Arguments, path))))
                ? ReasonCode.ForbiddenAfter
                : null;
    }

    private ReasonCode? Judge(Rule rule, Budget budget, ToolCall call)
    {
        if (Lacks(call.Arguments, [.. new[] { budget.Per, budget.Argument }.OfType<FieldPath>()]))
            return Lacking(rule);
        if (Price(budget.Measure, budget.Argument, call.Arguments) is not { } price)
            return ReasonCode.ArgumentsNotGranted;

        var counted = Judged(rule).Where(earlier => budget.Per is null || AreSame(earlier.Arguments, call.Arguments, budget.Per));
        return IsOver(budget.Measure, budget.Argument, budget.Max, counted, price) ? ReasonCode.BudgetExhausted : null;
    }

    private ReasonCode? Judge(Rule rule, Window window, ToolCall call)
    {
        if (Lacks(call.Arguments, window.Argument is null ? [] : [window.Argument]))
            return Lacking(rule);
        if (Price(window.Measure, window.Argument, call.Arguments) is not { } price)
            return ReasonCode.ArgumentsNotGranted;

        var counted = Judged(rule).Where(earlier => call.Time - earlier.Link.Time < window.Per);
        return IsOver(window.Measure, window.Argument, window.Max, counted, price) ? ReasonCode.RateExceeded : null;
    }

    /// <summary>Whether what earlier calls cost and what this one costs are together more than `max`; what costs nothing is never too much.</summary>
    private static bool IsOver(BudgetMeasure measure, FieldPath? argument, decimal max, IEnumerable<EarlierCall> counted, Cost price)
    {
        var account = counted
            .Where(earlier => argument is null || !Lacks(earlier.Arguments, [argument]))
            .Select(earlier => Price(measure, argument, earlier.Arguments))
            .OfType<Cost>()
            .ToList();
        var (used, added) = measure switch
        {
            BudgetMeasure.Calls => (account.Count, 1m),
            BudgetMeasure.Distinct => (Different(account).Count, (decimal)Different([.. account, price]).Count - Different(account).Count),
            _ => (account.Sum(one => one.Amount), price.Amount),
        };
        return added > 0 && used + added > max;
    }

    private ReasonCode? Judge(Rule rule, Wall wall, ToolCall call)
    {
        var atoms = Values.Atoms(Values.Argument(call.Arguments, wall.By));
        if (atoms is { Count: 0 })
            return Lacking(rule);
        var chosen = Judged(rule)
            .Select(earlier => Values.Atoms(Values.Argument(earlier.Arguments, wall.By)))
            .FirstOrDefault(earlier => earlier is { Count: > 0 });
        var only = chosen?[0] ?? atoms?[0];
        return atoms is not null && atoms.TrueForAll(atom => atom == only) ? null : ReasonCode.WallClosed;
    }

    /// <summary>Earlier calls that the rule judged: those on its tools for which its `when` held, or could not be evaluated.</summary>
    public IEnumerable<EarlierCall> Judged(Rule rule) => chain.Calls().Where(earlier =>
        (rule.On.IsEmpty || Selects(rule.On, earlier.Tool)) && (rule.When is null || Says(rule.When, earlier.Proposal, earlier.Place) != false));

    /// <summary>What an expression says of a call after so many links; null where it errs.</summary>
    private bool? Says(RuleCondition condition, ToolCall call, int length)
    {
        var value = ChainReference.Evaluate(ChainReference.Compile(condition.Source), call, chain.Calls(length).Select(earlier => earlier.AsLink));
        return value.IsTrue ? true : value.IsFalse ? false : null;
    }

    private static Cost? Price(BudgetMeasure measure, FieldPath? argument, JsonElement arguments)
    {
        if (argument is null)
            return new Cost([], 0);
        var value = Values.Argument(arguments, argument)!.Value;
        if (measure == BudgetMeasure.Distinct)
            return Values.AtomsOf(value) is { } atoms ? new Cost(atoms, 0) : null;
        return value.ValueKind == JsonValueKind.Number && value.GetDecimal() >= 0 ? new Cost([], value.GetDecimal()) : null;
    }

    private static HashSet<string> Different(IEnumerable<Cost> costs) => costs.SelectMany(cost => cost.Atoms).ToHashSet(StringComparer.Ordinal);

    private static ReasonCode? Lacking(Rule rule) => rule.On.IsEmpty ? null : ReasonCode.ArgumentsNotGranted;

    private static bool Lacks(JsonElement arguments, ImmutableArray<FieldPath> paths) => paths.Any(path => Values.Argument(arguments, path) is null);

    private static bool AreSame(JsonElement one, JsonElement other, FieldPath path) =>
        Values.Argument(one, path) is { } left && Values.Argument(other, path) is { } right && Values.Text(left) == Values.Text(right);

    private static bool Selects(ImmutableArray<Placed<ToolSelector>> selectors, ToolFacts tool) => selectors.Any(selector => selector.Value.Selects(tool));

    private sealed record Cost(List<string> Atoms, decimal Amount);
}

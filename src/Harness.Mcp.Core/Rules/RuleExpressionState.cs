using System.Collections.Immutable;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Rules.Monitors;

namespace Harness.Mcp.Core.Rules;

/// <summary>The monitors of one expression in one mission.</summary>
public sealed class RuleExpressionState
{
    private readonly RuleExpression _rule;
    private readonly RuleActivation _activation;
    private readonly ImmutableArray<ClauseMonitor> _monitors;
    private readonly ImmutableArray<Question> _questions;
    private readonly List<LinkObject> _pending = [];

    internal RuleExpressionState(RuleExpression rule, MissionFacts mission)
    {
        _rule = rule;
        _activation = new RuleActivation(mission);
        _monitors = [.. rule.Clauses.Select(clause => new ClauseMonitor(clause, _activation))];
        _questions = [.. rule.Questions.Select(question => Question.Of(question, _monitors, _activation))];
        _activation.Answer(_questions);
    }

    /// <summary>Takes in a call that has settled; from now on it never changes. Costs the same at every length of the chain.</summary>
    public void Settle(ChainCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (!_monitors.IsEmpty)
            Settle(new LinkObject(call));
    }

    /// <summary>The same, with a link object that all the mission's rules share.</summary>
    internal void Settle(LinkObject link)
    {
        _activation.Show(link);
        foreach (var monitor in _monitors)
            monitor.Settle(link.Call);
        _activation.Show(null);
    }

    /// <summary>
    /// Answers for a proposed call, over all settled calls and <paramref name="pending"/> (the admitted calls that have not
    /// settled, in order; few, since calls in flight are capped).
    /// </summary>
    public RuleAnswer Evaluate(ToolCall call, IReadOnlyList<ChainCall> pending)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(pending);
        return Evaluate(call.Object, pending);
    }

    /// <summary>The same, with a call object that all the mission's rules share.</summary>
    internal RuleAnswer Evaluate(CallObject call, IReadOnlyList<ChainCall> pending)
    {
        Keep(pending);
        _activation.Propose(call);
        foreach (var question in _questions)
            question.Reset(_pending);

        var value = _rule.Whole.Evaluate(_activation);
        if (value.IsError)
            return new RuleAnswer(false, [], value.ErrorMessage);
        if (!value.IsTrue && !value.IsFalse)
            return new RuleAnswer(false, [], "the expression is no bool");
        return new RuleAnswer(value.IsTrue, [.. _activation.Causes.Indexes], null);
    }

    // Pending calls are few but asked about often, so what was read of them is kept while they are pending.
    private void Keep(IReadOnlyList<ChainCall> pending)
    {
        for (var place = 0; place < pending.Count; place++)
        {
            if (place < _pending.Count && ReferenceEquals(_pending[place].Call, pending[place]))
                continue;

            _pending.RemoveRange(place, _pending.Count - place);
            _pending.Add(new LinkObject(pending[place]));
        }

        _pending.RemoveRange(pending.Count, _pending.Count - pending.Count);
    }
}

/// <summary>What an expression says of a call. An error is never read as true or false: wherever it decides, the call is denied.</summary>
/// <param name="Because">Versions of the links that made the answer so, ascending; at most 8.</param>
/// <param name="Error">What went wrong, for the log and the chain; null for an answer.</param>
public readonly record struct RuleAnswer(bool Value, ImmutableArray<long> Because, string? Error);

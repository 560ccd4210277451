using System.Collections.Immutable;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Rules.Monitors;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Rules;

/// <summary>The monitors of one expression in one mission.</summary>
public sealed class RuleExpressionState
{
    private readonly RuleExpression _rule;
    private readonly RuleActivation _activation;
    private readonly ClauseMonitor[] _monitors;
    private readonly Question[] _questions;

    // The question that is the whole expression, as in `chain.exists(l, …)`.
    private readonly Question? _only;

    internal RuleExpressionState(RuleExpression rule, MissionFacts mission, CallReader calls)
    {
        _rule = rule;
        _activation = new RuleActivation(mission, calls);
        _monitors = [.. rule.Clauses.Select(clause => new ClauseMonitor(clause, _activation))];
        _questions = [.. rule.Questions.Select(question => Question.Of(question, _monitors, _activation))];
        _activation.Answer(_questions);
        _only = rule.Whole.Slot is { } slot ? _questions[slot] : null;
    }

    /// <summary>Whether what was called before matters to the expression.</summary>
    internal bool RemembersCalls => _monitors.Length > 0;

    /// <summary>Takes in a call that has settled; from now on it never changes. Costs the same at every length of the chain.</summary>
    public void Settle(ChainCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (_monitors.Length == 0)
            return;
        _activation.Calls.Forget();
        _activation.Show(call.Object);
        foreach (var monitor in _monitors)
            monitor.Settle(call);
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
        // What was answered without reasons is answered anew.
        _activation.Calls.Forget();
        _activation.Causes.Clear();
        _activation.AreCausesWanted = true;
        var value = Value(call, pending);
        _activation.AreCausesWanted = false;
        if (value.IsError)
            return new RuleAnswer(false, [], value.ErrorMessage);
        if (!value.IsTrue && !value.IsFalse)
            return new RuleAnswer(false, [], "the expression is no bool");
        return new RuleAnswer(value.IsTrue, [.. _activation.Causes.Indexes], null);
    }

    /// <summary>Whether the answer is just this: never, where there is none. Costs less than <see cref="Evaluate"/>, since it asks for no reasons.</summary>
    internal bool Is(bool answer, ToolCall call, IReadOnlyList<ChainCall> pending)
    {
        var value = Value(call, pending);
        return answer ? value.IsTrue : value.IsFalse;
    }

    /// <summary>Writes what the monitors remember, or reads it back.</summary>
    internal void Transfer(StateTransfer state)
    {
        foreach (var monitor in _monitors)
            monitor.Transfer(state);
    }

    private CelValue Value(ToolCall call, IReadOnlyList<ChainCall> pending)
    {
        _activation.Calls.Propose(call, pending);
        return _only is null ? _rule.Whole.Evaluate(_activation) : _only.Find();
    }
}

/// <summary>What an expression says of a call. An error is never read as true or false: wherever it decides, the call is denied.</summary>
/// <param name="Because">Versions of the links that made the answer so, ascending; at most 8.</param>
/// <param name="Error">What went wrong, for the log and the chain; null for an answer.</param>
public readonly record struct RuleAnswer(bool Value, ImmutableArray<long> Because, string? Error);

using System.Diagnostics;
using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>
/// Answers one <see cref="QuestionPlan"/> in one mission: by monitors for settled calls, by the macro itself for the few pending ones.
/// </summary>
internal abstract class Question(QuestionPlan plan, RuleActivation activation)
{
    private CelValue _answer;
    private int _answered = -1;

    protected RuleActivation Activation { get; } = activation;

    /// <summary>Where the links go that made the answer so; null where nobody asks for them.</summary>
    protected Causes? Causes => Activation.AreCausesWanted && !plan.IsInner ? Activation.Causes : null;

    /// <summary>The calls that are admitted and not settled, in order.</summary>
    protected IReadOnlyList<ChainCall> Pending => Activation.Calls.Pending;

    public static Question Of(QuestionPlan plan, ClauseMonitor[] monitors, RuleActivation activation) => plan switch
    {
        QuestionPlan.Exists exists => new ExistsQuestion(exists, monitors, activation),
        QuestionPlan.Count count => new CountQuestion(count, monitors, activation),
        QuestionPlan.Member member => new MemberQuestion(member, monitors, activation),
        _ => throw new UnreachableException($"No question for {plan.GetType().Name}."),
    };

    /// <summary>The answer for the proposed call, worked out when an evaluation first needs it.</summary>
    public CelValue Answer()
    {
        if (!plan.IsRepeated)
            return Find();
        if (_answered != Activation.Calls.Round)
        {
            _answer = Find();
            _answered = Activation.Calls.Round;
        }

        return _answer;
    }

    /// <summary>Works the answer out, whether it is known or not.</summary>
    public abstract CelValue Find();

    /// <summary>What a part of the macro says of a pending call.</summary>
    protected CelValue Judge(CelProgram part, ChainCall call)
    {
        var before = Activation.Link;
        Activation.Show(call.Object);
        var value = part.Evaluate(Activation);
        Activation.Show(before);
        return value;
    }

    protected CelValue NoAnswer(string why) => CelValue.Error($"`{plan.Text}` has no answer: {why}");

    protected CelValue NoAnswer(ClauseMonitor monitor) =>
        NoAnswer(monitor.Failure ?? "this call's time lies before the time of a call that was judged already");

    protected CelValue NotJudged(ClauseMonitor? monitor) => NoAnswer(
        monitor?.Trouble is { } trouble ? $"it cannot be judged for every link ({trouble})" : "it cannot be judged for every link");
}

internal sealed class ExistsQuestion(QuestionPlan.Exists plan, ClauseMonitor[] monitors, RuleActivation activation)
    : Question(plan, activation)
{
    public override CelValue Find()
    {
        var isFound = false;
        var (isTroubled, failed, unjudged) = (false, (ClauseMonitor?)null, (ClauseMonitor?)null);
        foreach (var clause in plan.Settled)
        {
            var monitor = monitors[clause];
            var count = monitor.Ask();
            if (count.Certain > 0)
            {
                isFound = true;
                monitor.AddCauses(Causes);
            }
            else if (!isTroubled && count.Possible != 0)
            {
                isTroubled = true;
                failed = count.IsFailed ? monitor : null;
                unjudged = monitor;
            }
        }

        for (var place = 0; place < Pending.Count; place++)
        {
            var value = Judge(plan.Condition, Pending[place]);
            if (plan.IsAll ? value.IsFalse : value.IsTrue)
            {
                isFound = true;
                Causes?.Add(Pending[place].Index);
            }
            else if (!(plan.IsAll ? value.IsTrue : value.IsFalse))
            {
                isTroubled = true;
            }
        }

        if (isFound || !isTroubled)
            return CelValue.Of(isFound != plan.IsAll);
        return failed is null ? NotJudged(unjudged) : NoAnswer(failed);
    }
}

internal sealed class CountQuestion(QuestionPlan.Count plan, ClauseMonitor[] monitors, RuleActivation activation)
    : Question(plan, activation)
{
    public override CelValue Find()
    {
        var total = default(ClauseCount);
        foreach (var part in plan.Settled)
        {
            var count = monitors[part.Clause].Ask();
            if (count.IsFailed)
                return NoAnswer(monitors[part.Clause]);
            total = new ClauseCount(total.Possible + part.Sign * count.Possible, total.Certain + part.Sign * count.Certain);
        }

        if (total.Possible != total.Certain)
            return NotJudged(monitors[plan.Settled[0].Clause]);

        var found = total.Certain;
        for (var place = 0; place < Pending.Count; place++)
        {
            var value = plan.Condition is null ? CelValue.True : Judge(plan.Condition, Pending[place]);
            if (!value.IsTrue && !value.IsFalse)
                return NotJudged(null);
            if (!value.IsTrue)
                continue;
            found++;
            Causes?.Add(Pending[place].Index);
        }

        if (total.Certain > 0 && Causes is not null)
            foreach (var part in plan.Settled)
                if (part.IsSingle)
                    monitors[part.Clause].AddCauses(Causes);
        return plan.IsOne ? CelValue.Of(found == 1) : CelValue.Of(found);
    }
}

internal sealed class MemberQuestion(QuestionPlan.Member plan, ClauseMonitor[] monitors, RuleActivation activation)
    : Question(plan, activation)
{
    private const int ValueJoin = 1;

    public override CelValue Find()
    {
        var asked = plan.Asked.Evaluate(Activation);
        if (asked.IsError)
            return asked;

        // The list is there if every link is judged, and every link that is taken has a value.
        var (taken, valued, found) = (default(ClauseCount), 0L, 0L);
        foreach (var part in plan.Settled)
        {
            var monitor = monitors[part.Clause];
            var all = monitor.Ask(~ValueJoin, 0);
            if (all.IsFailed)
                return NoAnswer(monitor);
            taken = new ClauseCount(taken.Possible + part.Sign * all.Possible, taken.Certain + part.Sign * all.Certain);
            valued += part.Sign * monitor.Ask(~ValueJoin, ValueJoin).Certain;
            found += part.Sign * monitor.Ask().Certain;
        }

        if (taken.Possible != taken.Certain || taken.Certain != valued)
            return NotJudged(monitors[plan.Settled[0].Clause]);

        var isPending = false;
        for (var place = 0; place < Pending.Count; place++)
        {
            var condition = plan.Condition is null ? CelValue.True : Judge(plan.Condition, Pending[place]);
            if (!condition.IsTrue && !condition.IsFalse)
                return NotJudged(null);
            if (condition.IsFalse)
                continue;

            var value = Judge(plan.Value, Pending[place]);
            if (value.IsError)
                return NotJudged(null);
            if (!value.Equals(asked))
                continue;
            isPending = true;
            Causes?.Add(Pending[place].Index);
        }

        if (found == 0)
            return CelValue.Of(isPending);

        foreach (var part in plan.Settled)
            if (part.IsSingle)
                monitors[part.Clause].AddCauses(Causes);
        return CelValue.True;
    }
}

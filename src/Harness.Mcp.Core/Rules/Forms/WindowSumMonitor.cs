using System.Globalization;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>
/// The amounts of one <see cref="Window"/> that adds up, each with its time. Each keeps the sum of all up to it, so that the sum of any span is the
/// difference of two, found by bisection: judging forgets nothing, and no time is lost that another replica may yet ask about.
/// </summary>
internal sealed class WindowSumMonitor(Rule rule, Window form, CallReader calls) : RuleMonitor
{
    private const int AmountBytes = 2 * 64; // With the room to grow.

    private readonly CallAmount _amounts = calls.AmountOf(form.Argument!);
    private readonly ExactSum _max = ExactSum.Of(form.Max);

    // Ascending by time and sum. What has left the span stands before `_first`, until there is more of it than of the rest.
    private readonly List<Counted> _counted = [];
    private int _first;
    private ExactSum _before;
    private DateTimeOffset _lostUntil = DateTimeOffset.MinValue;

    public override bool Notices(ToolFacts tool) => rule.IsOn(tool);

    public override bool RemembersJudged => true;

    public override void Admit(ChainCall call)
    {
        // Only a call that the rule passed over has no amount here.
        if (_amounts.Find(call, out _) is not { IsZero: false } amount)
            return;
        Forget(call.Time);
        if (_counted.Count - _first >= MissionBounds.WindowCallsMax || !calls.Memory.TryTake(AmountBytes))
            _lostUntil = call.Time + form.Per;
        else
            _counted.Add(new Counted(call.Time, Total + amount, call.Index));
    }

    /// <summary>Only what is in the span is written, amount by amount: how much of the past the list still holds is nothing that an answer depends on.</summary>
    public override void Transfer(StateTransfer state, IReadOnlyList<ChainCall> pending)
    {
        var kept = new List<Counted>();
        for (var place = _first; place < _counted.Count; place++)
            kept.Add(_counted[place] with { Sum = _counted[place].Sum - SumBefore(place) });
        state.Ordered(kept, Transferred, counted => _counted.Add(counted with { Sum = Total + counted.Sum }));
        state.Time(ref _lostUntil);
    }

    public override RuleDenial? Judge(ToolCall call, IReadOnlyList<ChainCall> pending)
    {
        var found = _amounts.Find(call, out var isPresent);
        if (!isPresent)
            return Lacking(rule, form.Argument!);
        if (found is not { } amount)
            return BudgetMonitor.Unpriced(form.Argument!, "a number that is not below zero, of at most 28 digits");
        if (amount.IsZero)
            return null;
        if (call.Time < _lostUntil)
            return Exhausted();

        var oldest = FirstAfter(call.Time - form.Per);
        var used = Total - SumBefore(oldest);
        return used + amount <= _max ? null : Exceeded(call, amount, used, oldest);
    }

    private ExactSum Total => _counted.Count == 0 ? _before : _counted[^1].Sum;

    private ExactSum SumBefore(int place) => place == 0 ? _before : _counted[place - 1].Sum;

    private RuleDenial Exceeded(ToolCall call, ExactSum amount, ExactSum used, int oldest)
    {
        var (span, left) = (DurationText.Write(form.Per), _max.RemainingAfter(used));
        var max = form.Max.ToString(CultureInfo.InvariantCulture);
        var retryAfter = FitsAfter(amount, oldest);
        var wait = retryAfter is { } time ? $", or {WindowWords.Wait(call, time)}, then repeat this call" : "";
        return new RuleDenial(new Denial(
            ReasonCode.RateExceeded,
            $"This mission may spend {max} in `{form.Argument}` in {span}, of which {left} remain now; ask for no more than that{wait}.")
        {
            Argument = form.Argument!.Text,
            Because = [.. _counted.Skip(Math.Max(oldest, _counted.Count - MissionBounds.BecauseMax)).Select(counted => counted.Index)],
            Remaining = _max.UnitsAfter(used),
            RetryAfter = retryAfter,
        });
    }

    /// <returns>When enough of the amounts has left the span; null where no waiting helps.</returns>
    private DateTimeOffset? FitsAfter(ExactSum amount, int oldest)
    {
        if (amount > _max)
            return null;
        var (low, high) = (oldest, _counted.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Total - _counted[middle].Sum + amount <= _max)
                high = middle;
            else
                low = middle + 1;
        }

        return _counted[low].Time + form.Per;
    }

    /// <returns>Place of the first amount that is younger.</returns>
    private int FirstAfter(DateTimeOffset time)
    {
        var (low, high) = (_first, _counted.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_counted[middle].Time > time)
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }

    private void Forget(DateTimeOffset now)
    {
        var first = FirstAfter(now - form.Per);
        calls.Memory.Return((first - _first) * (long)AmountBytes);
        _first = first;
        if (_first <= _counted.Count / 2)
            return;
        _before = SumBefore(_first);
        _counted.RemoveRange(0, _first);
        _first = 0;
        if (_counted.Count == 0)
            _before = default;
    }

    private static Counted Transferred(StateTransfer state, Counted counted)
    {
        var (time, index) = (counted.Time, counted.Index);
        state.Time(ref time);
        state.Number(ref index);
        return new Counted(time, ExactSum.Transferred(state, counted.Sum), index);
    }

    /// <param name="Sum">Of all amounts up to this one.</param>
    private readonly record struct Counted(DateTimeOffset Time, ExactSum Sum, long Index);
}

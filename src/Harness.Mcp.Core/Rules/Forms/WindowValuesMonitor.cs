using System.Collections.Immutable;
using System.Globalization;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Rules.Forms;

/// <summary>The different values of one <see cref="Window"/> that counts them, each by the latest call that named it, the oldest first.</summary>
internal sealed class WindowValuesMonitor(Rule rule, Window form, CallReader calls) : RuleMonitor
{
    private const int ValueBytes = 192; // A node, and its entry by value.

    private readonly CallAtoms _atoms = calls.AtomsOf(form.Argument!);
    private readonly Dictionary<int, LinkedListNode<Named>> _byValue = [];
    private readonly LinkedList<Named> _named = new();
    private DateTimeOffset _lostUntil = DateTimeOffset.MinValue;

    // How far the last question had to look for values that have left the span: a short cut for the next one, and nothing that an answer depends on.
    private LinkedListNode<Named>? _seenUpTo;
    private DateTimeOffset _seenAt;
    private int _seen;

    public override bool Notices(ToolFacts tool) => rule.IsOn(tool);

    public override bool RemembersJudged => true;

    public override void Admit(ChainCall call)
    {
        // Only a call that the rule passed over has no values here.
        if (!_atoms.TryKeep(call, out var values) || !_atoms.IsPresent || _atoms.IsNull)
            return;
        Forget(call.Time);
        foreach (var value in values)
            Add(value, call);
    }

    public override void Transfer(StateTransfer state, IReadOnlyList<ChainCall> pending)
    {
        state.Ordered<Named>(_named, Transferred, named => _byValue.Add(named.Value, _named.AddLast(named)));
        state.Time(ref _lostUntil);
    }

    public override RuleDenial? Judge(ToolCall call, IReadOnlyList<ChainCall> pending)
    {
        var areAtoms = _atoms.TryFind(call, out var values);
        if (!_atoms.IsPresent)
            return Lacking(rule, form.Argument!);
        if (!areAtoms || _atoms.IsNull)
            return BudgetMonitor.Unpriced(form.Argument!, "text, a number, or a list of them");

        var since = call.Time - form.Per;
        var added = NewOf(values, since);
        if (added == 0)
            return null;
        if (call.Time < _lostUntil)
            return Exhausted();
        var used = _named.Count - LeftBy(since);
        return used + added <= form.Max ? null : Exceeded(call, [.. values], used + added - (int)form.Max, used);
    }

    private void Add(int value, ChainCall call)
    {
        if (value != KeyTable.Unknown && _byValue.TryGetValue(value, out var node))
        {
            _named.Remove(node);
            node.Value = new Named(value, call.Time, call.Index);
            _named.AddLast(node);
        }
        else if (value == KeyTable.Unknown || _named.Count >= MissionBounds.RuleKeysMax || !calls.Memory.TryTake(ValueBytes))
            _lostUntil = call.Time + form.Per;
        else
            _byValue.Add(value, _named.AddLast(new Named(value, call.Time, call.Index)));
    }

    private void Forget(DateTimeOffset now)
    {
        (_seenUpTo, _seen) = (null, 0);
        while (_named.First is { Value: var oldest } && oldest.Time <= now - form.Per)
        {
            _named.RemoveFirst();
            _byValue.Remove(oldest.Value);
            calls.Memory.Return(ValueBytes);
        }
    }

    /// <returns>How many different ones of the values nobody named in the span.</returns>
    private int NewOf(ReadOnlySpan<int> values, DateTimeOffset since)
    {
        if (values.Length == 1)
            return IsNamed(values[0], since) ? 0 : 1;
        var added = new HashSet<int>();
        foreach (var value in values)
            if (!IsNamed(value, since))
                added.Add(value);
        return added.Count;
    }

    private bool IsNamed(int value, DateTimeOffset since) => _byValue.TryGetValue(value, out var node) && node.Value.Time > since;

    /// <returns>How many values were last named at that time or before.</returns>
    private int LeftBy(DateTimeOffset since)
    {
        if (since < _seenAt)
            (_seenUpTo, _seen) = (null, 0);
        _seenAt = since;
        for (var next = _seenUpTo is null ? _named.First : _seenUpTo.Next; next is not null && next.Value.Time <= since; next = next.Next)
            (_seenUpTo, _seen) = (next, _seen + 1);
        return _seen;
    }

    /// <param name="over">How many values must leave the span before the call fits.</param>
    private RuleDenial Exceeded(ToolCall call, HashSet<int> values, int over, int used)
    {
        var (span, max) = (DurationText.Write(form.Per), form.Max.ToString(CultureInfo.InvariantCulture));
        var left = Math.Max((long)form.Max - used, 0);

        // What this call names itself counts either way.
        var others = (_seenUpTo is null ? _named : After(_seenUpTo)).Where(named => !values.Contains(named.Value));
        DateTimeOffset? retryAfter = others.Skip(over - 1).FirstOrDefault() is { } last ? last.Time + form.Per : null;
        var wait = retryAfter is { } time ? $", or {WindowWords.Wait(call, time)}, then repeat this call" : "";
        return new RuleDenial(new Denial(
            ReasonCode.RateExceeded,
            $"This mission may use {max} different values of `{form.Argument}` in {span}, of which {left.ToString(CultureInfo.InvariantCulture)} remain now; keep to those used lately{wait}.")
        {
            Argument = form.Argument!.Text,
            Because = Latest(),
            Remaining = left,
            RetryAfter = retryAfter,
        });
    }

    private static IEnumerable<Named> After(LinkedListNode<Named> node)
    {
        for (var next = node.Next; next is not null; next = next.Next)
            yield return next.Value;
    }

    /// <summary>The latest links that named a value in the span.</summary>
    private ImmutableArray<long> Latest()
    {
        var links = new SortedSet<long>();
        for (var node = _named.Last; node is not null && node != _seenUpTo && links.Count < MissionBounds.BecauseMax; node = node.Previous)
            links.Add(node.Value.Index);
        return [.. links];
    }

    private static Named Transferred(StateTransfer state, Named? named)
    {
        var (value, time, index) = (named?.Value ?? 0, named?.Time ?? default, named?.Index ?? 0);
        state.Number(ref value);
        state.Time(ref time);
        state.Number(ref index);
        return new Named(value, time, index);
    }

    private sealed record Named(int Value, DateTimeOffset Time, long Index);
}

using System.Numerics;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>
/// Knows, without the links, how many settled links a clause holds for. A settled link is judged once and filed under its keys;
/// a question looks up the keys of the proposed call. Both cost the same at every length of the chain.
/// </summary>
internal sealed class ClauseMonitor
{
    /// <summary>Most tallies, hence about most different keys, of one monitor.</summary>
    public const int TalliesMax = 131_072;

    /// <summary>Most bytes, roughly, of the keys of one monitor, and again of the links that it holds for their age.</summary>
    public const long KeyBytesMax = 32 * 1024 * 1024;

    /// <summary>Most links that one monitor holds until they grow too old, or old enough.</summary>
    public const int WaitingMax = 131_072;

    /// <summary>Most tallies that one link adds to, where a join looks for one of many elements.</summary>
    public const int CombinationsMax = 65_536;

    private const string Crowded = "state exhausted: too many links are in its time window";

    private readonly ClausePlan _plan;
    private readonly RuleActivation _activation;
    private readonly AgeLimits _age;
    private readonly bool _hasAges;
    private readonly bool _isPlain;
    private readonly int _positive;
    private readonly bool _isLatestEnough;
    private readonly AskedKeys[] _asked;
    private readonly long[] _filed;
    private readonly int _all;
    private readonly FiledLinks _links;
    private readonly TallyIndex _tallies;
    private readonly WaitingLinks _waiting;
    private ClauseCount _last;

    public ClauseMonitor(ClausePlan plan, RuleActivation activation)
    {
        _plan = plan;
        _activation = activation;
        _waiting = new WaitingLinks(activation.Calls.Memory);
        _age = AgeLimits.Of(plan.Ages, activation);
        _hasAges = !plan.Ages.IsEmpty;
        _positive = plan.PositiveJoins;
        _all = plan.AllJoins;
        _isPlain = plan.Joins is [{ IsNegated: false }];
        // Whether one of the links is young enough, the latest of them tells, unless those of other keys must be taken off.
        _isLatestEnough = !plan.IsCounted && !_age.HasLeast && _positive == plan.AllJoins;
        _asked = [.. plan.Joins.Select(join => new AskedKeys(join, activation))];
        _links = new FiledLinks(plan, activation.Calls.Memory);
        _tallies = _links.Tallies;
        _filed = _links.Counts;
    }

    /// <summary>Why the monitor cannot answer any more; null while it can.</summary>
    public string? Failure { get; private set; }

    /// <summary>What went wrong for the latest link that could not be judged when it settled; null where all could.</summary>
    public string? Trouble { get; private set; }

    /// <summary>Takes in the link that the activation shows.</summary>
    public void Settle(ChainCall link)
    {
        if (Failure is not null)
            return;

        var judged = _plan.Link?.Evaluate(_activation) ?? CelValue.True;
        if (judged.IsFalse)
            return;

        var filed = LinkKeys.Of(_plan, link, judged.IsTrue, _activation);
        if (!filed.IsCertain || filed.Computable != _plan.AllJoins)
            Trouble = judged.IsError ? $"link {link.Index}: {judged.ErrorMessage}" : $"link {link.Index} lacks what is compared";
        if (filed.Combinations > CombinationsMax)
            Fail("state exhausted: one link has too many keys");
        else if (_age.HasLeast)
            WaitToEnter(filed);
        else
            Enter(filed);
    }

    /// <summary>Writes what the monitor remembers, or reads it back.</summary>
    public void Transfer(StateTransfer state)
    {
        var (failure, trouble) = (Failure, Trouble);
        state.Text(ref failure);
        state.Text(ref trouble);
        (Failure, Trouble) = (failure, trouble);

        _links.Transfer(state);
        _waiting.Transfer(state);
    }

    /// <summary>Counts the settled links that the clause holds for, now and for the call that the activation shows.</summary>
    public ClauseCount Ask() => _last = _isPlain ? AskPlain() : Ask(_all, 0);

    // What the other one does, for the clauses that are nearly all: those with one join.
    private ClauseCount AskPlain()
    {
        if (!CanAnswer())
            return ClauseCount.Failed;
        if (!MayHold(out var canBeCertain))
            return default;

        var count = default(ClauseCount);
        if (_filed[0] != 0)
            count = new ClauseCount(CountOf(_tallies.FindWhole(0)).Possible, 0);
        if (_filed[1] == 0)
            return count;
        if (!_asked[0].Read())
            return new ClauseCount(count.Possible + CountOf(_tallies.FindWhole(1)).Possible, 0);

        var sum = SumOf(1, 0);
        return new ClauseCount(count.Possible + sum.Possible, canBeCertain ? sum.Certain : 0);
    }

    private bool CanAnswer() => Failure is null && (!_hasAges || Advance(_activation.Calls.Ticks));

    /// <summary>Whether the tests of the call alone do not fail, and whether they hold.</summary>
    private bool MayHold(out bool canBeCertain)
    {
        canBeCertain = !_age.IsUnknown;
        if (_plan.Call is not { } test)
            return true;
        var call = test.Evaluate(_activation);
        canBeCertain &= call.IsTrue;
        return !call.IsFalse;
    }

    /// <summary>The same with some joins left out.</summary>
    /// <param name="considered">The joins that are asked; the others are taken as holding.</param>
    /// <param name="required">The joins whose key must at least be computable.</param>
    public ClauseCount Ask(int considered, int required)
    {
        if (!CanAnswer())
            return ClauseCount.Failed;
        if (!MayHold(out var canBeCertain))
            return default;
        considered &= _all;

        var asked = 0;
        for (var join = 0; join < _asked.Length; join++)
            if ((considered >> join & 1) != 0 && _asked[join].Read())
                asked |= 1 << join;

        var count = default(ClauseCount);
        for (var computable = 0; computable < _filed.Length; computable++)
        {
            if (_filed[computable] == 0 || (computable & required) != required)
                continue;

            var known = computable & asked & considered;
            var isCertain = canBeCertain && (considered & ~known) == 0;
            var sum = SumOf(computable, known & _positive, known & ~_positive);
            count = new ClauseCount(count.Possible + sum.Possible, count.Certain + (isCertain ? sum.Certain : 0));
        }

        return count;
    }

    /// <summary>Adds the latest of the links that the clause held for when it was last asked with all its joins.</summary>
    public void AddCauses(Causes? causes)
    {
        if (causes is not null && _last.Certain > 0)
            AddCauses(JoinKey.Of(_plan.AllJoins, _positive), 0, causes);
    }

    // Links that have every positive key asked for and none of the negated ones: those with fewer keys less those with more.
    private ClauseCount SumOf(int computable, int positive, int negated)
    {
        if (negated == 0 && BitOperations.IsPow2(positive))
            return SumOf(computable, BitOperations.TrailingZeroCount(positive));
        if (negated == 0 && positive == 0)
            return CountOf(_tallies.FindWhole(computable));

        var sum = default(ClauseCount);
        for (var taken = negated; ; taken = (taken - 1) & negated)
        {
            var part = default(ClauseCount);
            Add(JoinKey.Of(computable, positive | taken), 0, ref part);
            sum = BitOperations.PopCount((uint)taken) % 2 == 0
                ? new ClauseCount(sum.Possible + part.Possible, sum.Certain + part.Certain)
                : new ClauseCount(sum.Possible - part.Possible, sum.Certain - part.Certain);
            if (taken == 0)
                return sum;
        }
    }

    private ClauseCount SumOf(int computable, int join)
    {
        var sum = default(ClauseCount);
        var asked = _asked[join];
        for (var place = 0; place < asked.Count; place++)
        {
            var part = CountOf(_tallies.FindSingle(computable, join, asked[place]));
            sum = new ClauseCount(sum.Possible + part.Possible, sum.Certain + part.Certain);
        }

        return sum;
    }

    private void Add(in JoinKey key, int join, ref ClauseCount sum)
    {
        while (join < _asked.Length && (key.Present >> join & 1) == 0)
            join++;
        if (join < _asked.Length)
        {
            var asked = _asked[join];
            for (var place = 0; place < asked.Count; place++)
                Add(key.With(join, asked[place]), join + 1, ref sum);
            return;
        }

        var found = CountOf(_tallies.Find(key));
        sum = new ClauseCount(sum.Possible + found.Possible, sum.Certain + found.Certain);
    }

    private ClauseCount CountOf(Tally? tally)
    {
        if (tally is null)
            return default;
        if (!_isLatestEnough)
            return new ClauseCount(tally.Possible, tally.Certain);

        var oldest = _age.HasMost ? _activation.Calls.Ticks - _age.Most : long.MinValue;
        return new ClauseCount(
            tally.Possible > 0 && tally.PossibleAt >= oldest ? 1 : 0,
            tally.Certain > 0 && tally.CertainAt >= oldest ? 1 : 0);
    }

    private void AddCauses(in JoinKey key, int join, Causes causes)
    {
        while (join < _asked.Length && (key.Present >> join & 1) == 0)
            join++;
        if (join < _asked.Length)
        {
            var asked = _asked[join];
            for (var place = 0; place < asked.Count; place++)
                AddCauses(key.With(join, asked[place]), join + 1, causes);
            return;
        }

        if (_tallies.Find(key)?.Latest is not { } latest)
            return;
        for (var place = 0; place < latest.Count; place++)
        {
            ref readonly var seen = ref latest[place];
            if (_age.Admits(_activation.Calls.Ticks - seen.Time) && !IsTakenOff(seen.Negated))
                causes.Add(seen.Index);
        }
    }

    private bool IsTakenOff(CelValue[][] negated)
    {
        for (var join = 0; join < negated.Length; join++)
            foreach (var key in negated[join])
                if (_asked[join].Contains(key))
                    return true;
        return false;
    }

    private void WaitToEnter(LinkKeys link)
    {
        if (!_waiting.TryWaitToEnter(link, link.Time + _age.Least))
            Fail(Crowded);
    }

    private void Enter(LinkKeys link)
    {
        if (!_links.TryFile(link))
            Fail("state exhausted: it would keep too many different keys");
        else if (_age.HasMost && !_isLatestEnough && !_waiting.TryWaitToLeave(link, link.Time + _age.Most))
            Fail(Crowded);
    }

    private bool Advance(long now)
    {
        while (Failure is null && _waiting.NextToEnter(now) is { } ripe)
            Enter(ripe);
        while (Failure is null && _waiting.NextToLeave(now) is { } old)
            _links.TakeOff(old);
        return Failure is null && _waiting.IsRightAt(now);
    }

    // What is kept is of no use any more, since a link is missing from it.
    private void Fail(string why)
    {
        Failure = why;
        _links.Clear();
        _waiting.Clear();
    }
}

using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>The settled links of one clause, filed under their keys: for each subset of the joins one tally, so that a question can leave joins out.</summary>
internal sealed class FiledLinks(ClausePlan plan, RuleMemory memory)
{
    // A tally with the latest links of its value, and its place in the index; the key itself comes on top.
    private const int TallyBytes = 384;

    private readonly int _all = plan.AllJoins;
    private readonly int _positive = plan.PositiveJoins;
    private long _keyBytes;
    private long _takenBytes;
    private bool _isFull;

    public TallyIndex Tallies { get; } = new();

    /// <summary>How many links are filed, by which of their keys could be computed.</summary>
    public long[] Counts { get; } = new long[plan.AllJoins + 1];

    /// <returns>False where there is no room: then not all of the link is filed.</returns>
    public bool TryFile(LinkKeys link)
    {
        File(link, isLeaving: false);
        return !_isFull;
    }

    public void TakeOff(LinkKeys link) => File(link, isLeaving: true);

    public void Clear()
    {
        Tallies.Clear();
        memory.Return(_takenBytes);
        _takenBytes = 0;
    }

    public void Transfer(StateTransfer state)
    {
        state.Unordered(
            Tallies.All(),
            static (state, entry) => (entry.Key.Transferred(state), Tally.Transferred(state, entry.Tally)),
            entry => Tallies.Add(entry.Key, entry.Tally));
        foreach (ref var count in Counts.AsSpan())
            state.Number(ref count);
        state.Number(ref _keyBytes);
        state.Number(ref _takenBytes);
        state.Flag(ref _isFull);
    }

    private void File(LinkKeys link, bool isLeaving)
    {
        for (var present = link.Computable; ; present = (present - 1) & link.Computable)
        {
            File(link, JoinKey.Of(link.Computable, present), 0, isLeaving);
            if (present == 0)
                break;
        }

        Counts[link.Computable] += isLeaving ? -1 : 1;
    }

    private void File(LinkKeys link, in JoinKey key, int join, bool isLeaving)
    {
        while (join < link.Keys.Length && (key.Present >> join & 1) == 0)
            join++;
        if (join < link.Keys.Length)
        {
            foreach (var value in link.Keys[join])
                File(link, key.With(join, new HashedValue(value)), join + 1, isLeaving);
            return;
        }

        if (isLeaving)
            Remove(link, key);
        else
            Add(link, key);
    }

    private void Add(LinkKeys link, in JoinKey key)
    {
        var tally = Tallies.Find(key);
        if (tally is null)
        {
            _keyBytes += link.Bytes;
            _isFull = _isFull
                || Tallies.Count >= ClauseMonitor.TalliesMax
                || _keyBytes > ClauseMonitor.KeyBytesMax
                || !memory.TryTake(link.Bytes + TallyBytes);
            if (_isFull)
                return;
            _takenBytes += link.Bytes + TallyBytes;
            tally = new Tally(link.Bytes);
            Tallies.Add(key, tally);
        }

        tally.Add(link.IsCertain, link.Time);
        if (!link.IsCertain || key.Computable != _all || key.Present != _positive)
            return;

        CelValue[][] negated = _positive == _all
            ? []
            : [.. link.Keys.Select((keys, join) => (_positive >> join & 1) == 0 ? keys : [])];
        (tally.Latest ??= new LatestLinks()).Add(new LatestLinks.Seen(link.Index, link.Time, negated), isOnePerKey: negated.Length > 0);
    }

    private void Remove(LinkKeys link, in JoinKey key)
    {
        if (Tallies.Find(key) is not { } tally)
            return;
        tally.Remove(link.IsCertain);
        if (tally.Possible > 0)
            return;
        Tallies.Remove(key);
        _keyBytes -= tally.Bytes;
        _takenBytes -= tally.Bytes + TallyBytes;
        memory.Return(tally.Bytes + TallyBytes);
    }
}

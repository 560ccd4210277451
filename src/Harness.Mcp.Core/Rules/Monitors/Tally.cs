using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>What is kept of all the links under one <see cref="JoinKey"/>.</summary>
/// <param name="bytes">Roughly what its key takes.</param>
internal sealed class Tally(long bytes)
{
    public long Bytes { get; } = bytes;

    /// <summary>The value that it is found by, where that is one; and the next tally whose value has the same hash.</summary>
    public CelValue Value { get; set; }

    /// <inheritdoc cref="Value"/>
    public Tally? Next { get; set; }

    /// <summary>Links for which the clause's tests of the link alone do not say no: it holds, or cannot be judged.</summary>
    public long Possible { get; private set; }

    /// <summary>Those of <see cref="Possible"/> that could be judged.</summary>
    public long Certain { get; private set; }

    /// <summary>Time of the latest link of <see cref="Possible"/>, in ticks.</summary>
    public long PossibleAt { get; private set; } = long.MinValue;

    /// <summary>Time of the latest link of <see cref="Certain"/>, in ticks.</summary>
    public long CertainAt { get; private set; } = long.MinValue;

    /// <summary>The latest certain links; null where nobody will ask.</summary>
    public LatestLinks? Latest { get; set; }

    public void Add(bool isCertain, long time)
    {
        Possible++;
        PossibleAt = Math.Max(PossibleAt, time);
        if (!isCertain)
            return;

        Certain++;
        CertainAt = Math.Max(CertainAt, time);
    }

    /// <param name="tally">What is written; null where it is read.</param>
    public static Tally Transferred(StateTransfer state, Tally? tally)
    {
        var bytes = tally?.Bytes ?? 0;
        state.Number(ref bytes);
        tally ??= new Tally(bytes);
        var (possible, certain, possibleAt, certainAt) = (tally.Possible, tally.Certain, tally.PossibleAt, tally.CertainAt);
        state.Number(ref possible);
        state.Number(ref certain);
        state.Number(ref possibleAt);
        state.Number(ref certainAt);
        (tally.Possible, tally.Certain, tally.PossibleAt, tally.CertainAt) = (possible, certain, possibleAt, certainAt);

        var hasLatest = tally.Latest is not null;
        state.Flag(ref hasLatest);
        if (hasLatest)
            (tally.Latest ??= new LatestLinks()).Transfer(state);
        return tally;
    }

    public void Remove(bool isCertain)
    {
        Possible--;
        Certain -= isCertain ? 1 : 0;
    }
}

/// <summary>The few links with the highest indexes, ascending.</summary>
internal sealed class LatestLinks
{
    public const int Max = 8;

    private Seen[] _seen = new Seen[1];

    public int Count { get; private set; }

    public ref readonly Seen this[int place] => ref _seen[place];

    /// <param name="isOnePerKey">
    /// Whether one link is kept for each key: then some link with another key is still there, however many of one key came after it.
    /// </param>
    public void Add(in Seen link, bool isOnePerKey)
    {
        if (isOnePerKey && PlaceOf(link.Negated) is var same and >= 0)
        {
            if (_seen[same].Index >= link.Index)
                return;
            RemoveAt(same);
        }

        if (Count == Max)
        {
            if (_seen[0].Index >= link.Index)
                return;
            RemoveAt(0);
        }

        if (Count == _seen.Length)
            Array.Resize(ref _seen, Math.Min(Max, Count * 2));
        var place = Count++;
        for (; place > 0 && _seen[place - 1].Index > link.Index; place--)
            _seen[place] = _seen[place - 1];
        _seen[place] = link;
    }

    public void Transfer(StateTransfer state)
    {
        var count = state.Count(Count);
        if (count > Max)
            throw StateTransfer.Malformed("it names too many links");
        if (state.IsLoading)
            (_seen, Count) = (new Seen[Math.Max(count, 1)], count);
        for (var place = 0; place < count; place++)
        {
            var (index, time, negated) = _seen[place];
            state.Number(ref index);
            state.Number(ref time);
            _seen[place] = new Seen(index, time, StoredValue.Transferred(state, negated));
        }
    }

    private int PlaceOf(CelValue[][] negated)
    {
        for (var place = 0; place < Count; place++)
            if (AreEqual(_seen[place].Negated, negated))
                return place;
        return -1;
    }

    private static bool AreEqual(CelValue[][] left, CelValue[][] right)
    {
        for (var join = 0; join < left.Length; join++)
            if (!left[join].AsSpan().SequenceEqual(right[join]))
                return false;
        return true;
    }

    private void RemoveAt(int place)
    {
        Array.Copy(_seen, place + 1, _seen, place, Count - place - 1);
        Count--;
    }

    /// <param name="Time">In ticks.</param>
    /// <param name="Negated">The keys of each negated join, by join; empty where no join is negated.</param>
    public readonly record struct Seen(long Index, long Time, CelValue[][] Negated);
}

/// <summary>Collects the versions of the links that made an answer so: the eight latest, ascending, each once.</summary>
internal sealed class Causes
{
    private readonly long[] _indexes = new long[LatestLinks.Max];

    public int Count { get; private set; }

    public ReadOnlySpan<long> Indexes => _indexes.AsSpan(0, Count);

    public void Clear() => Count = 0;

    public void Add(long index)
    {
        var place = Count;
        while (place > 0 && _indexes[place - 1] > index)
            place--;
        if (place > 0 && _indexes[place - 1] == index)
            return;

        if (Count < _indexes.Length)
        {
            Array.Copy(_indexes, place, _indexes, place + 1, Count - place);
            _indexes[place] = index;
            Count++;
        }
        else if (place > 0)
        {
            Array.Copy(_indexes, 1, _indexes, 0, place - 1);
            _indexes[place - 1] = index;
        }
    }
}

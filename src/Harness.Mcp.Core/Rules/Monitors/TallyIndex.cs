using System.Numerics;
using Harness.Mcp.Core.Rules.Reading;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>
/// The tallies of one clause by their <see cref="JoinKey"/>. Those of one value, which nearly every question asks for, are found by that value alone.
/// </summary>
internal sealed class TallyIndex
{
    private readonly Tally?[] _whole = new Tally?[1 << ClausePlan.JoinsMax];
    private readonly TalliesOfOne?[] _single = new TalliesOfOne?[ClausePlan.JoinsMax << ClausePlan.JoinsMax];
    private readonly Dictionary<JoinKey, Tally> _several = [];

    public int Count { get; private set; }

    public Tally? Find(in JoinKey key) => BitOperations.PopCount((uint)key.Present) switch
    {
        0 => FindWhole(key.Computable),
        1 when BitOperations.TrailingZeroCount(key.Present) is var join => FindSingle(key.Computable, join, key[join]),
        _ => _several.GetValueOrDefault(key),
    };

    /// <summary>All links whose computable keys are these.</summary>
    public Tally? FindWhole(int computable) => _whole[computable];

    /// <summary>Those of them that have one value for one join.</summary>
    public Tally? FindSingle(int computable, int join, in HashedValue value) => _single[PlaceOf(computable, join)]?.Find(value);

    public void Add(in JoinKey key, Tally tally)
    {
        Count++;
        switch (BitOperations.PopCount((uint)key.Present))
        {
            case 0:
                _whole[key.Computable] = tally;
                break;
            case 1:
                var join = BitOperations.TrailingZeroCount(key.Present);
                (_single[PlaceOf(key.Computable, join)] ??= new TalliesOfOne()).Add(key[join], tally);
                break;
            default:
                _several.Add(key, tally);
                break;
        }
    }

    public void Remove(in JoinKey key)
    {
        Count--;
        switch (BitOperations.PopCount((uint)key.Present))
        {
            case 0:
                _whole[key.Computable] = null;
                break;
            case 1:
                var join = BitOperations.TrailingZeroCount(key.Present);
                _single[PlaceOf(key.Computable, join)]!.Remove(key[join]);
                break;
            default:
                _several.Remove(key);
                break;
        }
    }

    /// <summary>All tallies with their keys, in no order.</summary>
    public List<(JoinKey Key, Tally Tally)> All()
    {
        var all = new List<(JoinKey Key, Tally Tally)>(Count);
        for (var computable = 0; computable < _whole.Length; computable++)
        {
            if (_whole[computable] is { } whole)
                all.Add((JoinKey.Of(computable, 0), whole));
            for (var join = 0; join < ClausePlan.JoinsMax; join++)
                if (_single[PlaceOf(computable, join)] is { } single)
                    foreach (var (value, tally) in single.All())
                        all.Add((JoinKey.Of(computable, 1 << join).With(join, value), tally));
        }

        all.AddRange(_several.Select(pair => (pair.Key, pair.Value)));
        return all;
    }

    public void Clear()
    {
        Count = 0;
        Array.Clear(_whole);
        Array.Clear(_single);
        _several.Clear();
        _several.TrimExcess();
    }

    private static int PlaceOf(int computable, int join) => computable * ClausePlan.JoinsMax + join;

    /// <summary>Tallies by one value: by its hash, and those few whose hashes are equal one after the other.</summary>
    private sealed class TalliesOfOne
    {
        private readonly Dictionary<int, Tally> _first = [];

        public Tally? Find(in HashedValue value)
        {
            for (var tally = _first.GetValueOrDefault(value.GetHashCode()); tally is not null; tally = tally.Next)
                if (tally.Value.Equals(value.Value))
                    return tally;
            return null;
        }

        public void Add(in HashedValue value, Tally tally)
        {
            tally.Next = _first.GetValueOrDefault(value.GetHashCode());
            tally.Value = value.Value;
            _first[value.GetHashCode()] = tally;
        }

        public void Remove(in HashedValue value)
        {
            Tally? kept = null;
            for (var tally = _first.GetValueOrDefault(value.GetHashCode()); tally is not null;)
            {
                var next = tally.Next;
                if (!tally.Value.Equals(value.Value))
                    (tally.Next, kept) = (kept, tally);
                tally = next;
            }

            if (kept is null)
                _first.Remove(value.GetHashCode());
            else
                _first[value.GetHashCode()] = kept;
        }

        public IEnumerable<(HashedValue Value, Tally Tally)> All()
        {
            foreach (var first in _first.Values)
                for (var tally = first; tally is not null; tally = tally.Next)
                    yield return (new HashedValue(tally.Value), tally);
        }
    }
}

using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>What a clause computed of a settled link: how it is judged, and under which keys it can be found.</summary>
/// <param name="Index">The link's version.</param>
/// <param name="Time">In ticks.</param>
/// <param name="IsCertain">Whether the tests of the link alone hold; else they err.</param>
/// <param name="Computable">A bit for each join whose keys could be computed.</param>
/// <param name="Bytes">Roughly what the keys take.</param>
/// <param name="Keys">For each computable join the distinct keys: one, or for `asked in key` one for each element.</param>
internal sealed record LinkKeys(long Index, long Time, bool IsCertain, int Computable, long Bytes, CelValue[][] Keys)
{
    private static readonly CelValue[] Nothing = [];

    /// <summary>Computes the keys of the link that <paramref name="activation"/> shows.</summary>
    public static LinkKeys Of(ClausePlan plan, ChainCall link, bool isCertain, Activation activation)
    {
        var bytes = 64L;
        var computable = 0;
        var keys = plan.Joins.IsEmpty ? [] : new CelValue[plan.Joins.Length][];
        for (var join = 0; join < keys.Length; join++)
        {
            var value = plan.Joins[join].Key.Evaluate(activation);
            var found = plan.Joins[join].Kind == JoinKind.AskedAmongKeys ? Elements(value, ref bytes) : Single(value, ref bytes);
            keys[join] = found ?? Nothing;
            computable |= found is null ? 0 : 1 << join;
        }

        return new LinkKeys(link.Index, link.Time.UtcTicks, isCertain, computable, bytes, keys);
    }

    /// <summary>How many tallies the link adds to with all its keys together.</summary>
    public long Combinations
    {
        get
        {
            var combinations = 1L;
            foreach (var keys in Keys)
                combinations *= keys.Length + 1;
            return combinations;
        }
    }

    /// <param name="link">What is written; null where it is read.</param>
    public static LinkKeys Transferred(StateTransfer state, LinkKeys? link)
    {
        var (index, time, isCertain, computable, bytes) = link is null ? default : (link.Index, link.Time, link.IsCertain, link.Computable, link.Bytes);
        state.Number(ref index);
        state.Number(ref time);
        state.Flag(ref isCertain);
        state.Number(ref computable);
        state.Number(ref bytes);
        return new LinkKeys(index, time, isCertain, computable, bytes, StoredValue.Transferred(state, link?.Keys));
    }

    private static CelValue[]? Single(in CelValue value, ref long bytes)
    {
        if (value.IsError)
            return null;
        return KeyValue.CanBeFound(value) ? [KeyValue.Owned(value, ref bytes)] : Nothing;
    }

    private static CelValue[]? Elements(in CelValue value, ref long bytes)
    {
        IReadOnlyList<CelValue> elements;
        if (value.Kind == CelKind.List)
            elements = value.AsList.ToArray();
        else if (value.Kind == CelKind.Map)
            elements = value.AsMap.Keys;
        else
            return null;

        var distinct = new HashSet<CelValue>();
        foreach (var element in elements)
            if (KeyValue.CanBeFound(element))
                distinct.Add(KeyValue.Owned(element, ref bytes));
        return [.. distinct];
    }
}

using System.Runtime.InteropServices;
using System.Text.Json;

namespace Harness.Mcp.Core.Expressions;

/// <summary>An immutable map, in the order in which its entries were given.</summary>
internal abstract class CelMap
{
    public abstract int Count { get; }

    public abstract IReadOnlyList<CelValue> Keys { get; }

    /// <summary>As of <see cref="CelList.Weight"/>.</summary>
    public abstract long Weight { get; }

    public abstract bool TryGet(in CelValue key, out CelValue value);

    /// <summary>The same as <see cref="TryGet"/> for a key that is a string.</summary>
    public virtual bool TryGetField(string name, out CelValue value) => TryGet(CelValue.Of(name), out value);

    public bool EntriesEqual(CelMap other)
    {
        if (Count != other.Count)
            return false;

        foreach (var key in Keys)
            if (!TryGet(key, out var mine) || !other.TryGet(key, out var theirs) || !mine.Equals(theirs))
                return false;
        return true;
    }

    public int EntriesHash()
    {
        var hash = Count;
        foreach (var key in Keys)
            if (TryGet(key, out var value))
                hash += HashCode.Combine(key, value); // A sum, since maps are equal in any order.
        return hash;
    }
}

internal sealed class DictionaryCelMap : CelMap
{
    private readonly Dictionary<CelValue, CelValue> _entries;
    private readonly CelValue[] _keys;

    /// <summary>Takes over <paramref name="entries"/>: nobody may change them afterwards.</summary>
    public DictionaryCelMap(Dictionary<CelValue, CelValue> entries)
    {
        _entries = entries;
        _keys = [.. entries.Keys];
        Weight = 1;
        foreach (var (key, value) in entries)
            Weight = Math.Min(Weight + key.Weight + value.Weight, int.MaxValue);
    }

    public override int Count => _keys.Length;

    public override IReadOnlyList<CelValue> Keys => _keys;

    public override long Weight { get; }

    public override bool TryGet(in CelValue key, out CelValue value) => _entries.TryGetValue(key, out value);
}

/// <summary>A JSON object; a field is decoded when it is first asked for, and kept.</summary>
internal sealed class JsonCelMap(JsonElement members) : CelMap
{
    // Enough for what one expression reads; beyond it a field is decoded again.
    private const int KnownMax = 16;

    private Known? _known;
    private CelValue[]? _keys;

    public override int Count => Keys.Count;

    public override IReadOnlyList<CelValue> Keys => _keys ??= [.. members.EnumerateObject().Select(member => CelValue.Of(member.Name))];

    public override long Weight => 1 + (JsonMarshal.GetRawUtf8Value(members).Length >> 3);

    public override bool TryGet(in CelValue key, out CelValue value)
    {
        if (key.Kind == CelKind.String)
            return TryGetField(key.AsString, out value);

        value = default;
        return false;
    }

    public override bool TryGetField(string name, out CelValue value)
    {
        for (var known = _known; known is not null; known = known.Next)
        {
            if (string.Equals(known.Name, name, StringComparison.Ordinal))
            {
                value = known.Value;
                return true;
            }
        }

        if (!members.TryGetProperty(name, out var member))
        {
            value = default;
            return false;
        }

        value = CelValue.FromJson(member);
        var next = _known;
        if (next is null || next.Depth < KnownMax)
            _known = new Known(name, value, next); // A race loses one entry and costs a second decoding, nothing else.
        return true;
    }

    private sealed class Known(string name, CelValue value, Known? next)
    {
        public string Name { get; } = name;

        public CelValue Value { get; } = value;

        public Known? Next { get; } = next;

        public int Depth { get; } = next is null ? 1 : next.Depth + 1;
    }
}

/// <summary>
/// An object with declared fields, such as `call`. An expression that names a field reads it by its index; everything else
/// (`dyn(call)["tool"]`, equality) sees the map of the fields that have a value.
/// </summary>
internal abstract class CelObject(CelObjectType type) : CelMap
{
    public CelObjectType Type { get; } = type;

    public override int Count => Keys.Count;

    public override IReadOnlyList<CelValue> Keys =>
        [.. Type.Fields.Where((_, index) => HasField(index)).Select(declared => CelValue.Of(declared.Name))];

    public override long Weight => 1 + Keys.Sum(key => TryGet(key, out var value) ? value.Weight : 0);

    /// <summary>The value of the field, or an error value where it has none.</summary>
    /// <param name="index">As <see cref="CelObjectType.IndexOf"/> says.</param>
    public abstract CelValue Field(int index);

    /// <summary>What `has(object.field)` answers.</summary>
    public virtual bool HasField(int index) => true;

    public override bool TryGet(in CelValue key, out CelValue value)
    {
        if (key.Kind == CelKind.String)
            return TryGetField(key.AsString, out value);

        value = default;
        return false;
    }

    public override bool TryGetField(string name, out CelValue value)
    {
        var index = Type.IndexOf(name);
        if (index >= 0 && HasField(index))
        {
            value = Field(index);
            return true;
        }

        value = default;
        return false;
    }
}

using System.Runtime.InteropServices;
using System.Text.Json;

namespace Harness.Mcp.Core.Expressions;

/// <summary>An immutable list of values.</summary>
internal abstract class CelList
{
    public abstract int Count { get; }

    /// <param name="index">From 0 to <see cref="Count"/> - 1.</param>
    public abstract CelValue this[int index] { get; }

    /// <summary>As of <see cref="CelValue.Weight"/>; what is shared counts each time, so that a small tree of references cannot hide a large one.</summary>
    public abstract long Weight { get; }

    public CelValue[] ToArray()
    {
        var items = new CelValue[Count];
        for (var index = 0; index < items.Length; index++)
            items[index] = this[index];
        return items;
    }

    public bool ItemsEqual(CelList other)
    {
        if (Count != other.Count)
            return false;

        for (var index = 0; index < Count; index++)
            if (!this[index].Equals(other[index]))
                return false;
        return true;
    }

    public int ItemsHash()
    {
        var hash = new HashCode();
        for (var index = 0; index < Count; index++)
            hash.Add(this[index]);
        return hash.ToHashCode();
    }
}

internal sealed class ArrayCelList(CelValue[] items) : CelList
{
    public override int Count => items.Length;

    public override long Weight { get; } = SumOf(items);

    public override CelValue this[int index] => items[index];

    private static long SumOf(CelValue[] items)
    {
        var sum = 1L;
        foreach (ref readonly var item in items.AsSpan())
            sum = Math.Min(sum + item.Weight, int.MaxValue);
        return sum;
    }
}

/// <summary>A JSON array; its items are decoded together when the first is asked for, nested arrays and objects still lazily.</summary>
internal sealed class JsonCelList(JsonElement array) : CelList
{
    private CelValue[]? _items;

    public override int Count => _items?.Length ?? array.GetArrayLength();

    public override long Weight => 1 + (JsonMarshal.GetRawUtf8Value(array).Length >> 3);

    public override CelValue this[int index] => (_items ?? Decode())[index];

    private CelValue[] Decode()
    {
        var items = new CelValue[array.GetArrayLength()];
        var index = 0;
        foreach (var item in array.EnumerateArray())
            items[index++] = CelValue.FromJson(item);
        return _items = items; // Two threads may both decode; each result is as good as the other.
    }
}

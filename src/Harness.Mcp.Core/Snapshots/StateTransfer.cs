using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Harness.Mcp.Core.Chains;

namespace Harness.Mcp.Core.Snapshots;

/// <summary>
/// Writes what a mission remembers, or reads it back: every part names its fields once, in one order, for both. Equal states give equal
/// bytes, whatever way they came about. Links are not written but named, and taken from the chain again.
/// </summary>
internal sealed class StateTransfer
{
    private readonly ArrayBufferWriter<byte>? _output;
    private readonly ReadOnlyMemory<byte> _input;
    private readonly Dictionary<long, Link> _links = [];
    private int _position;

    private StateTransfer(ArrayBufferWriter<byte>? output, ReadOnlyMemory<byte> input) => (_output, _input) = (output, input);

    public static StateTransfer Saving() => new(new ArrayBufferWriter<byte>(4_096), default);

    /// <param name="links">The links that the state names, at least.</param>
    public static StateTransfer Loading(ReadOnlyMemory<byte> bytes, IEnumerable<Link> links)
    {
        var loading = new StateTransfer(null, bytes);
        foreach (var link in links)
            loading._links[link.Version] = link;
        return loading;
    }

    public bool IsLoading => _output is null;

    public ReadOnlyMemory<byte> Bytes => _output!.WrittenMemory;

    /// <summary>Versions of the links that the state names, ascending.</summary>
    public SortedSet<long> Named { get; } = [];

    /// <summary>Begins a part. Its name tells bytes of another layout from those of this one.</summary>
    /// <exception cref="FormatException">Another part stands there.</exception>
    public void Part(string name)
    {
        string? found = name;
        Text(ref found);
        if (!string.Equals(found, name, StringComparison.Ordinal))
            throw Malformed($"`{name}` does not stand where it belongs");
    }

    public void Number(ref long value)
    {
        if (_output is { } output)
        {
            BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(8), value);
            output.Advance(8);
            return;
        }

        value = BinaryPrimitives.ReadInt64LittleEndian(Take(8));
    }

    public void Number(ref int value)
    {
        long number = value;
        Number(ref number);
        value = number is >= int.MinValue and <= int.MaxValue ? (int)number : throw Malformed("a number is too large");
    }

    public void Number(ref long? value)
    {
        var isThere = value is not null;
        Flag(ref isThere);
        var number = value ?? 0;
        if (isThere)
            Number(ref number);
        value = isThere ? number : null;
    }

    public void Number(ref decimal value)
    {
        Span<int> parts = stackalloc int[4];
        decimal.GetBits(value, parts);
        foreach (ref var part in parts)
            Number(ref part);
        if (IsLoading)
            value = new decimal(parts);
    }

    /// <summary>A moment; where on Earth it was written is forgotten.</summary>
    public void Time(ref DateTimeOffset value)
    {
        var ticks = value.UtcTicks;
        Number(ref ticks);
        value = new DateTimeOffset(ticks, TimeSpan.Zero);
    }

    public void Flag(ref bool value)
    {
        if (_output is { } output)
        {
            output.GetSpan(1)[0] = value ? (byte)1 : (byte)0;
            output.Advance(1);
            return;
        }

        value = Take(1)[0] switch { 0 => false, 1 => true, _ => throw Malformed("a flag is neither set nor cleared") };
    }

    /// <summary>A text exactly as it is, lone surrogates included.</summary>
    public void Text(ref string? value)
    {
        var length = value?.Length ?? -1;
        Number(ref length);
        if (_output is { } output)
            output.Write(MemoryMarshal.AsBytes(value.AsSpan()));
        else
            value = length < 0 ? null : new string(MemoryMarshal.Cast<byte, char>(Take(checked(length * 2))));
    }

    /// <summary>The first so many elements of an array that grows.</summary>
    public void Elements<T>(ref T[] elements, ref int count)
        where T : unmanaged
    {
        Number(ref count);
        if (_output is { } output)
        {
            output.Write(MemoryMarshal.AsBytes(elements.AsSpan(0, count)));
            return;
        }

        var bytes = Take(checked(count * System.Runtime.CompilerServices.Unsafe.SizeOf<T>()));
        if (elements.Length < count)
            elements = new T[count];
        MemoryMarshal.Cast<byte, T>(bytes).CopyTo(elements);
    }

    /// <summary>How many things follow.</summary>
    public int Count(int count)
    {
        Number(ref count);
        return count >= 0 && (!IsLoading || count <= _input.Length) ? count : throw Malformed("a count is out of bounds");
    }

    /// <summary>Things without an order of their own: written in the order of their bytes.</summary>
    public void Unordered<T>(ICollection<T> all, Func<StateTransfer, T, T> transfer, Action<T> add)
    {
        var count = Count(all.Count);
        if (_output is { } output)
        {
            var written = new List<ReadOnlyMemory<byte>>(all.Count);
            foreach (var one in all)
            {
                var part = Saving();
                transfer(part, one);
                Named.UnionWith(part.Named);
                written.Add(part.Bytes);
            }

            written.Sort(static (one, other) => one.Span.SequenceCompareTo(other.Span));
            foreach (var bytes in written)
                output.Write(bytes.Span);
            return;
        }

        for (var place = 0; place < count; place++)
            add(transfer(this, default!));
    }

    /// <summary>Things in their order.</summary>
    public void Ordered<T>(IReadOnlyCollection<T> all, Func<StateTransfer, T, T> transfer, Action<T> add)
    {
        var count = Count(all.Count);
        if (!IsLoading)
        {
            foreach (var one in all)
                transfer(this, one);
            return;
        }

        for (var place = 0; place < count; place++)
            add(transfer(this, default!));
    }

    /// <summary>Numbers without an order.</summary>
    public void Numbers(HashSet<int> numbers) => Unordered(
        numbers,
        static (state, number) =>
        {
            state.Number(ref number);
            return number;
        },
        number => numbers.Add(number));

    /// <summary>A map from numbers. What a value refers to must not be shared with anything else.</summary>
    public void Map<T>(Dictionary<int, T> map, Func<StateTransfer, T, T> transfer) => Unordered(
        map,
        (state, entry) =>
        {
            var key = entry.Key;
            state.Number(ref key);
            return KeyValuePair.Create(key, transfer(state, entry.Value));
        },
        entry => map.Add(entry.Key, entry.Value));

    /// <summary>Names a link of the chain by its version.</summary>
    /// <returns>The link while loading; null while saving.</returns>
    /// <exception cref="FormatException">The chain has no such link.</exception>
    public Link? Name(ref long version)
    {
        Number(ref version);
        if (!IsLoading)
        {
            Named.Add(version);
            return null;
        }

        return _links.TryGetValue(version, out var link) ? link : throw Malformed($"it names link {version}, which is not there");
    }

    /// <exception cref="FormatException">Something follows the last part.</exception>
    public void End()
    {
        if (IsLoading && _position != _input.Length)
            throw Malformed("something follows its end");
    }

    public static FormatException Malformed(string why) => new($"The snapshot cannot be read: {why}.");

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length < 0 || length > _input.Length - _position)
            throw Malformed("it ends too early");
        var taken = _input.Span.Slice(_position, length);
        _position += length;
        return taken;
    }
}

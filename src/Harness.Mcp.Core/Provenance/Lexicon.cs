using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Harness.Mcp.Core.Provenance;

/// <summary>
/// Every value that a mission has met, once, with what is known of it. Found by a hash of 64 bits and then compared letter by letter with
/// the stored form, so that no collision, made by chance or by an attacker, can lend one value the origin of another. The hash is keyed by the
/// mission, whose id the author of a result does not know, so that nobody can choose values that crowd together and make look-ups slow.
/// </summary>
internal sealed class Lexicon(ulong key, int entriesMax, int charsMax)
{
    private readonly ulong _multiplier = key | 1;
    private int[] _slots = new int[1_024]; // Entry + 1; 0 is free.
    private LexiconEntry[] _entries = new LexiconEntry[256];
    private char[] _forms = new char[4_096];
    private int _count;
    private int _formsLength;

    /// <summary>True once a value found no room.</summary>
    public bool IsExhausted { get; private set; }

    public long Bytes => ((long)_slots.Length * sizeof(int)) + ((long)_entries.Length * System.Runtime.CompilerServices.Unsafe.SizeOf<LexiconEntry>()) + ((long)_forms.Length * sizeof(char));

    public ref LexiconEntry this[int entry] => ref _entries[entry];

    /// <returns>The entry, or -1.</returns>
    public int Find(ReadOnlySpan<char> form) => _slots[SlotOf(form, Hash(form))] - 1;

    /// <returns>The entry, or -1 where there is no room for another.</returns>
    public int FindOrAdd(ReadOnlySpan<char> form)
    {
        var hash = Hash(form);
        var slot = SlotOf(form, hash);
        if (_slots[slot] != 0)
            return _slots[slot] - 1;
        if (_count == entriesMax || _formsLength + form.Length > charsMax)
        {
            IsExhausted = true;
            return -1;
        }

        if (_count * 2 >= _slots.Length)
        {
            Grow();
            slot = SlotOf(form, hash);
        }

        _slots[slot] = Add(form, hash) + 1;
        return _count - 1;
    }

    /// <summary>The slot that holds the form, or the free one where it would stand. At least every second slot is free.</summary>
    private int SlotOf(ReadOnlySpan<char> form, ulong hash)
    {
        var mask = _slots.Length - 1;
        var slot = (int)hash & mask;
        while (_slots[slot] is var entry and not 0 && !(_entries[entry - 1].Hash == hash && FormOf(entry - 1).SequenceEqual(form)))
            slot = (slot + 1) & mask;
        return slot;
    }

    private ReadOnlySpan<char> FormOf(int entry) => _forms.AsSpan(_entries[entry].FormStart, _entries[entry].FormLength);

    private int Add(ReadOnlySpan<char> form, ulong hash)
    {
        if (_count == _entries.Length)
            Array.Resize(ref _entries, _count * 2);
        if (_formsLength + form.Length > _forms.Length)
            Array.Resize(ref _forms, Math.Max(_forms.Length * 2, _formsLength + form.Length));
        form.CopyTo(_forms.AsSpan(_formsLength));
        _entries[_count] = new LexiconEntry { Hash = hash, FormStart = _formsLength, FormLength = form.Length, Last = -1, LabelsAlways = ulong.MaxValue };
        _formsLength += form.Length;
        return _count++;
    }

    private void Grow()
    {
        var slots = new int[_slots.Length * 2];
        var mask = slots.Length - 1;
        for (var entry = 0; entry < _count; entry++)
        {
            var hash = _entries[entry].Hash;
            var slot = (int)hash & mask;
            while (slots[slot] != 0)
                slot = (slot + 1) & mask;
            slots[slot] = entry + 1;
        }

        _slots = slots;
    }

    private ulong Hash(ReadOnlySpan<char> form)
    {
        var bytes = MemoryMarshal.AsBytes(form);
        var hash = key ^ (ulong)bytes.Length;
        while (bytes.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        var rest = 0UL;
        for (var index = 0; index < bytes.Length; index++)
            rest |= (ulong)bytes[index] << (8 * index);
        return Mix(Mix(hash ^ rest) ^ key);
    }

    private ulong Mix(ulong value)
    {
        var high = Math.BigMul(value ^ 0x9E37_79B9_7F4A_7C15, _multiplier, out var low);
        return high ^ low;
    }
}

/// <summary>What is known of one value. Versions of links are those of the admissions; 0 stands for none.</summary>
internal struct LexiconEntry
{
    public ulong Hash;
    public int FormStart;
    public int FormLength;

    /// <summary>Its latest place in the texts, or -1; and how many there are.</summary>
    public int Last;
    public int Count;

    /// <summary>The links that first brought it at all, as trusted, as untrusted, and hidden inside something untrusted.</summary>
    public long First;
    public long FirstTrusted;
    public long FirstUntrusted;
    public long FirstHinted;

    /// <summary>Labels that it never came without; and those that a declared field gave it as its whole value.</summary>
    public ulong LabelsAlways;
    public ulong LabelsDeclared;

    /// <summary>Named sources that it came from: see <see cref="ProvenancePlan"/>.</summary>
    public ulong Sources;

    /// <summary>The call in whose arguments it last stood, while its result is taken in.</summary>
    public long Echo;
}

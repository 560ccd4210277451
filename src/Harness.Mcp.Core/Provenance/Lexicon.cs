using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Harness.Mcp.Core.Provenance;

/// <summary>
/// Every value that a mission has met, once, with what is known of it. Found by a hash of 64 bits and then compared letter by letter with
/// the stored form, so that no collision, made by chance or by an attacker, can lend one value the origin of another. The hash is keyed by the
/// mission, whose id the author of a result does not know, and probing is bounded, so that nobody can make look-ups slow either.
/// </summary>
internal sealed class Lexicon(ulong key, int entriesMax, int charsMax)
{
    private const int ProbesMax = 64;

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
    public int Find(ReadOnlySpan<char> form)
    {
        var hash = Hash(form);
        var mask = _slots.Length - 1;
        for (var probe = 0; probe < ProbesMax; probe++)
        {
            var entry = _slots[(int)(hash + (uint)probe) & mask] - 1;
            if (entry < 0)
                return -1;
            if (_entries[entry].Hash == hash && FormOf(entry).SequenceEqual(form))
                return entry;
        }

        return -1;
    }

    /// <returns>The entry, or -1 where there is no room for another.</returns>
    public int FindOrAdd(ReadOnlySpan<char> form)
    {
        var hash = Hash(form);
        while (true)
        {
            var mask = _slots.Length - 1;
            for (var probe = 0; probe < ProbesMax; probe++)
            {
                ref var slot = ref _slots[(int)(hash + (uint)probe) & mask];
                if (slot == 0)
                {
                    if (_count * 2 >= _slots.Length)
                        break; // Too full: grow first.
                    if (!HasRoom(form.Length))
                        return -1;
                    slot = Add(form, hash) + 1;
                    return slot - 1;
                }

                if (_entries[slot - 1].Hash == hash && FormOf(slot - 1).SequenceEqual(form))
                    return slot - 1;
            }

            if (_slots.Length >= entriesMax * 4)
            {
                IsExhausted = true;
                return -1;
            }

            Grow();
        }
    }

    private ReadOnlySpan<char> FormOf(int entry) => _forms.AsSpan(_entries[entry].FormStart, _entries[entry].FormLength);

    private bool HasRoom(int length)
    {
        if (_count < entriesMax && _formsLength + length <= charsMax)
            return true;
        IsExhausted = true;
        return false;
    }

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
            var probe = 0U;
            while (slots[(int)(hash + probe) & mask] != 0)
                probe++;
            slots[(int)(hash + probe) & mask] = entry + 1;
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

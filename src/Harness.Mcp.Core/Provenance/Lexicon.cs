using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Provenance;

/// <summary>
/// Every value that a mission has met, once, with what is known of it. Found by a hash and then compared letter by letter with
/// the stored form, so that no collision, made by chance or by an attacker, can lend one value the origin of another. The hash is keyed by the
/// mission, whose id the author of a result does not know, so that nobody can choose values that crowd together and make look-ups slow.
/// </summary>
internal sealed class Lexicon(ulong key, int entriesMax, int charsMax)
{
    /// <summary>Low bits of a slot: the entry + 1; 0 is free. The bits above are the highest of the hash, so that a stranger in the way is passed unread.</summary>
    private const int EntryBits = 18;

    private const uint EntryMask = (1U << EntryBits) - 1;

    private readonly ulong _multiplier = key | 1;
    private readonly ulong _other = BitOperations.RotateLeft(key, 29) * 0x9E37_79B9_7F4A_7C15;
    private readonly int _entriesMax = Math.Min(entriesMax, (1 << EntryBits) - 1);
    private uint[] _slots = new uint[1_024];
    private LexiconEntry[] _entries = new LexiconEntry[256];
    private char[] _forms = new char[4_096];
    private int _count;
    private int _formsLength;

    /// <summary>True once a value found no room.</summary>
    public bool IsExhausted { get; private set; }

    public long Bytes => ((long)_slots.Length * sizeof(int)) + ((long)_entries.Length * Unsafe.SizeOf<LexiconEntry>()) + ((long)_forms.Length * sizeof(char));

    public ref LexiconEntry this[int entry] => ref _entries[entry];

    /// <returns>The entry, or -1.</returns>
    public int Find(ReadOnlySpan<char> form) => EntryIn(_slots[SlotOf(form, Hash(form))]);

    /// <returns>The entry, or -1 where there is no room for another.</returns>
    public int FindOrAdd(ReadOnlySpan<char> form)
    {
        var hash = Hash(form);
        var slot = SlotOf(form, hash);
        return EntryIn(_slots[slot]) is var known and >= 0 ? known : Add(form, hash, slot);
    }

    public void Transfer(StateTransfer state)
    {
        state.Elements(ref _entries, ref _count);
        state.Elements(ref _forms, ref _formsLength);
        var isExhausted = IsExhausted;
        state.Flag(ref isExhausted);
        IsExhausted = isExhausted;
        if (!state.IsLoading)
            return;

        // The slots follow from the entries.
        var length = _slots.Length / 2;
        while (_count >= length)
            length *= 2;
        Array.Resize(ref _slots, length);
        Grow();
    }

    /// <summary>The slot that holds the form, or the free one where it would stand. At least every second slot is free.</summary>
    private int SlotOf(ReadOnlySpan<char> form, ulong hash)
    {
        var slots = _slots;
        var slot = (int)hash & (slots.Length - 1);
        while (slots[slot] is var held and not 0 && !(IsOf(held, hash) && AreSame(FormOf(EntryIn(held)), form)))
            slot = (slot + 1) & (slots.Length - 1);
        return slot;
    }

    private ReadOnlySpan<char> FormOf(int entry)
    {
        ref var known = ref _entries[entry];
        return _forms.AsSpan(known.FormStart, known.FormLength);
    }

    private int Add(ReadOnlySpan<char> form, ulong hash, int slot)
    {
        if (_count == _entriesMax || _formsLength + form.Length > charsMax)
        {
            IsExhausted = true;
            return -1;
        }

        if (_count * 2 >= _slots.Length)
        {
            Grow();
            slot = SlotOf(form, hash);
        }

        if (_count == _entries.Length)
            Array.Resize(ref _entries, _count * 2);
        if (_formsLength + form.Length > _forms.Length)
            Array.Resize(ref _forms, Math.Max(_forms.Length * 2, _formsLength + form.Length));
        form.CopyTo(_forms.AsSpan(_formsLength));
        _entries[_count] = new LexiconEntry { FormStart = _formsLength, FormLength = checked((ushort)form.Length), Last = -1, LabelsAlways = ulong.MaxValue };
        _formsLength += form.Length;
        _slots[slot] = Held(_count, hash);
        return _count++;
    }

    private void Grow()
    {
        var slots = new uint[_slots.Length * 2];
        var mask = slots.Length - 1;
        for (var entry = 0; entry < _count; entry++)
        {
            var hash = Hash(FormOf(entry));
            var slot = (int)hash & mask;
            while (slots[slot] != 0)
                slot = (slot + 1) & mask;
            slots[slot] = Held(entry, hash);
        }

        _slots = slots;
    }

    private static uint Held(int entry, ulong hash) => (uint)(entry + 1) | ((uint)(hash >> 32) & ~EntryMask);

    private static int EntryIn(uint held) => (int)(held & EntryMask) - 1;

    private static bool IsOf(uint held, ulong hash) => ((held ^ (uint)(hash >> 32)) & ~EntryMask) == 0;

    /// <summary>Eight characters a step; the last step may read again what the one before has read, which costs less than to count out the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Hash(ReadOnlySpan<char> form)
    {
        var length = form.Length;
        var hash = key ^ (ulong)length;
        for (var at = 0; at + 8 < length; at += 8)
            hash = Mix(hash ^ Four(form, at), Four(form, at + 4) ^ _other);
        if (length >= 4)
            hash = Mix(hash ^ Four(form, Math.Max(length - 8, 0)), Four(form, length - 4) ^ _other);
        else if (length > 0)
            hash = Mix(hash ^ form[0] ^ ((ulong)form[length / 2] << 16) ^ ((ulong)form[length - 1] << 32), _other);
        return Mix(hash ^ key ^ 0x9E37_79B9_7F4A_7C15, _multiplier);
    }

    /// <summary>Whether two forms are equal, four characters a step: most are so short that a search for the quickest way would take longer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool AreSame(ReadOnlySpan<char> one, ReadOnlySpan<char> other)
    {
        var length = one.Length;
        if (length != other.Length)
            return false;
        for (var at = 0; at + 4 < length; at += 4)
            if (Four(one, at) != Four(other, at))
                return false;
        if (length >= 4)
            return Four(one, length - 4) == Four(other, length - 4);
        return length == 0 || (one[0] == other[0] && one[length / 2] == other[length / 2] && one[length - 1] == other[length - 1]);
    }

    private static ulong Four(ReadOnlySpan<char> form, int at) => MemoryMarshal.Read<ulong>(MemoryMarshal.AsBytes(form.Slice(at, 4)));

    // The lower half is multiplied again, since the way of `out` through memory takes longer.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong one, ulong other) => Math.BigMul(one, other, out _) ^ (one * other);
}

/// <summary>What is known of one value, in as little memory as can be: many are looked at for one result. Links are versions as in <see cref="Origin"/>.</summary>
internal struct LexiconEntry
{
    /// <summary>Labels that it never came without; and those that a declared field gave it as its whole value.</summary>
    public ulong LabelsAlways;
    public ulong LabelsDeclared;

    /// <summary>Named sources that it came from: see <see cref="ProvenancePlan"/>.</summary>
    public ulong Sources;

    public int FormStart;
    public ushort FormLength;

    /// <summary>What it hides, spelled exactly as its form is, stands in the lexicon as well.</summary>
    public bool IsLookedThrough;

    /// <summary>Its latest place in the texts, or -1; and how many there are.</summary>
    public int Last;
    public int Count;

    /// <summary>The links that first brought it at all, as trusted, as untrusted, and hidden inside something untrusted.</summary>
    public uint First;
    public uint FirstTrusted;
    public uint FirstUntrusted;
    public uint FirstHinted;

    /// <summary>The call in whose arguments it last stood, while its result is taken in.</summary>
    public uint Echo;

    /// <returns>True where the value only came back to the call that had sent it, which proves nothing.</returns>
    public bool Learn(in TextOrigin origin, bool isDeclared)
    {
        // INVARIANT: a result never vouches for what its own call said. Otherwise any search that quotes its question would launder values.
        if (Echo == origin.Link)
            return true;
        if (First == 0)
            First = origin.Link;
        if (origin.IsTrusted && FirstTrusted == 0)
            FirstTrusted = origin.Link;
        if (origin.IsUntrusted && FirstUntrusted == 0)
            FirstUntrusted = origin.Link;
        LabelsAlways &= origin.Labels;
        if (isDeclared)
            LabelsDeclared |= origin.Labels;
        Sources |= origin.Sources;
        return false;
    }
}

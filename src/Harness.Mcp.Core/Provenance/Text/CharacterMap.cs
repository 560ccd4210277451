using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Harness.Mcp.Core.Provenance.Text;

/// <summary>
/// Where letters stand in a text, and where a chunk may end, as bits found many characters at a time: chunks are short, and a loop over the
/// characters of each would guess its end wrong nearly every time.
/// </summary>
internal sealed class CharacterMap
{
    private const int Step = 16;
    private const int BitsPerItem = 64;

    // An ASCII character is looked up by both halves of its code: each upper half has a bit, and each lower half the bits of the upper halves
    // with which it makes a break.
    private static readonly Vector128<byte> UpperHalves = Vector128.Create(1, 2, 4, 8, 16, 32, 64, 128, 0, 0, 0, 0, 0, 0, 0, 0);
    private static readonly Vector128<byte> LowerHalves = LowerHalvesOf();

    private ulong[] _letters = new ulong[16];
    private ulong[] _ends = new ulong[16];
    private int _length;

    /// <summary>The least room for a text of the length: it is read in whole steps.</summary>
    public static int RoomFor(int length) => length + Step;

    /// <param name="room">The text, with as much room behind it as <see cref="RoomFor"/> says.</param>
    public void Read(ReadOnlySpan<char> room, int length)
    {
        var items = (length / BitsPerItem) + 1;
        if (_letters.Length < items)
            (_letters, _ends) = (new ulong[items * 2], new ulong[items * 2]);
        _length = length;

        var characters = MemoryMarshal.Cast<char, ushort>(room);
        for (var item = 0; item < items; item++)
        {
            var (letters, ends) = (0UL, 0UL);
            var start = item * BitsPerItem;
            for (var at = start; at < length && at < start + BitsPerItem; at += Step)
            {
                var bytes = Vector128.NarrowWithSaturation(Vector128.Create(characters.Slice(at, Step / 2)), Vector128.Create(characters.Slice(at + (Step / 2), Step / 2)));
                letters |= (ulong)AreLetters(bytes).ExtractMostSignificantBits() << (at - start);
                ends |= (ulong)MayEnd(bytes).ExtractMostSignificantBits() << (at - start);
            }

            // What lies behind the text in the room is no part of it.
            var valid = length - start < BitsPerItem ? (1UL << (length - start)) - 1 : ulong.MaxValue;
            _letters[item] = letters & valid;
            _ends[item] = ends | ~valid;
        }
    }

    /// <summary>The first place from here on that holds no ASCII letter; the end of the text at the latest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int EndOfLetters(int at)
    {
        var item = ItemOf(at);
        var bits = ~_letters[item] >> at; // A shift looks at the last six bits of its count alone.
        return bits != 0 ? at + BitOperations.TrailingZeroCount(bits) : NextItem(_letters, item, ulong.MaxValue);
    }

    /// <summary>The first place from here on where a chunk may end: a break, or a character beyond ASCII; the end of the text at the latest.</summary>
    public int MayEndFrom(int at)
    {
        if (at >= _length)
            return _length;
        var item = ItemOf(at);
        var bits = _ends[item] >> at;
        return bits != 0 ? at + BitOperations.TrailingZeroCount(bits) : NextItem(_ends, item, 0);
    }

    private static int ItemOf(int at) => (int)((uint)at / BitsPerItem);

    private int NextItem(ulong[] items, int item, ulong flip)
    {
        for (item++; item * BitsPerItem < _length; item++)
            if ((items[item] ^ flip) is var bits and not 0)
                return (item * BitsPerItem) + BitOperations.TrailingZeroCount(bits);
        return _length;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> AreLetters(Vector128<byte> bytes) =>
        Vector128.LessThan((bytes | Vector128.Create((byte)0x20)) - Vector128.Create((byte)'a'), Vector128.Create((byte)26));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> MayEnd(Vector128<byte> bytes)
    {
        var upper = Vector128.ShuffleNative(UpperHalves, bytes >>> 4);
        var lower = Vector128.ShuffleNative(LowerHalves, bytes & Vector128.Create((byte)0x0F));
        return ~Vector128.Equals(upper & lower, Vector128<byte>.Zero) | bytes; // The highest bit of a byte alone says that it is not ASCII.
    }

    private static Vector128<byte> LowerHalvesOf()
    {
        Span<byte> halves = stackalloc byte[16];
        halves.Clear();
        for (var character = '\0'; character < 128; character++)
            if (Chunks.IsBreak(character))
                halves[character & 0x0F] |= (byte)(1 << (character >> 4));
        return Vector128.Create<byte>(halves);
    }
}

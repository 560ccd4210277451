using System.Text;
using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Reading;

/// <summary>
/// The short texts that calls carried lately, as their JSON spells them, with what was worked out of each: agents name the same few things again
/// and again. A text that is pushed out by another is worked out anew, which costs time and nothing else.
/// </summary>
internal sealed class RecentTexts
{
    private const int PlacesBits = 8;
    private const ulong Spread = 0x9E3779B97F4A7C15; // Odd, and its bits look random: the golden ratio.

    private readonly RecentText?[] _places = new RecentText?[1 << PlacesBits];

    /// <param name="raw">A JSON string with its quotes.</param>
    /// <returns>Null for a text that is long, or that is spelled with escapes.</returns>
    public RecentText? Of(ReadOnlySpan<byte> raw)
    {
        ref var place = ref _places[PlaceOf(raw)];
        if (place is not null && raw.SequenceEqual(place.Raw))
            return place;
        if (raw.Length > ValueKey.CharsMax || raw.Contains((byte)'\\'))
            return null;
        return place = new RecentText(raw.ToArray());
    }

    private static int PlaceOf(ReadOnlySpan<byte> raw)
    {
        // Names of one kind begin alike and differ at their end; those of two kinds the other way round.
        var text = raw[1..^1];
        ulong start = 0;
        ulong end = 0;
        if (text.Length >= sizeof(ulong))
            (start, end) = (BitConverter.ToUInt64(text), BitConverter.ToUInt64(text[^sizeof(ulong)..]));
        else
            foreach (var letter in text)
                end = end << 8 | letter;
        return (int)((((start * Spread) ^ end ^ (ulong)text.Length) * Spread) >> (64 - PlacesBits));
    }
}

/// <summary>One text.</summary>
internal sealed class RecentText(byte[] raw)
{
    private HashedValue? _value;
    private int _number = KeyTable.Unknown;

    public byte[] Raw => raw;

    /// <summary>The text as expressions see it.</summary>
    public HashedValue Value => _value ??= new HashedValue(CelValue.Of(Encoding.UTF8.GetString(raw.AsSpan(1, raw.Length - 2))));

    /// <summary>The number of the text as a key; once it is known it never changes.</summary>
    public int NumberIn(KeyTable table, bool isKept)
    {
        if (_number != KeyTable.Unknown)
            return _number;
        Span<char> key = stackalloc char[ValueKey.CharsMax];
        key = key[..Encoding.UTF8.GetChars(raw, key)];
        return _number = isKept ? table.Add(key) : table.Find(key);
    }
}

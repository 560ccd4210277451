using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Provenance;

/// <summary>
/// All texts of a mission as one row of entries of the lexicon, with a chain from each place to the place before of the same entry. It
/// answers exactly whether several values stood beside each other somewhere, and costs eight bytes a value.
/// </summary>
internal sealed class TextStore(int placesMax, int textsMax)
{
    private const int EchoBit = 1 << 30;

    /// <summary>Places that one look-up visits. The rarest value of a phrase leads, so that only what is common everywhere comes near.</summary>
    private const int StepsMax = 512;

    private int[] _values = new int[1_024];
    private int[] _before = new int[1_024];
    private TextOrigin[] _texts = new TextOrigin[64];
    private int _length;
    private int _textCount;

    /// <summary>True once a text found no room.</summary>
    public bool IsExhausted { get; private set; }

    public long Bytes => ((long)(_values.Length + _before.Length) * sizeof(int)) + ((long)_texts.Length * System.Runtime.CompilerServices.Unsafe.SizeOf<TextOrigin>());

    /// <returns>False where there is no room: then nothing of the text is held.</returns>
    public bool Start(int values, in TextOrigin origin)
    {
        if (_length + values > placesMax || _textCount >= textsMax)
        {
            IsExhausted = true;
            return false;
        }

        if (_length + values > _values.Length)
        {
            Array.Resize(ref _values, Math.Max(_values.Length * 2, _length + values));
            Array.Resize(ref _before, _values.Length);
        }

        if (_textCount == _texts.Length)
            Array.Resize(ref _texts, _textCount * 2);
        _texts[_textCount++] = origin with { Start = _length };
        return true;
    }

    /// <param name="isEcho">The call had it among its own arguments.</param>
    public void Add(int entry, ref LexiconEntry known, bool isEcho)
    {
        (_values[_length], _before[_length]) = (isEcho ? entry | EchoBit : entry, known.Last);
        known.Last = _length++;
        known.Count++;
    }

    /// <summary>Holds the place of a value that is equal to none.</summary>
    public void AddNone()
    {
        (_values[_length], _before[_length]) = (-1, -1);
        _length++;
    }

    public void Transfer(StateTransfer state)
    {
        state.Elements(ref _values, ref _length);
        state.Elements(ref _before, ref _length);
        state.Elements(ref _texts, ref _textCount);
        var isExhausted = IsExhausted;
        state.Flag(ref isExhausted);
        IsExhausted = isExhausted;
    }

    /// <summary>What is known of values that stand beside each other.</summary>
    public Origin Find(ReadOnlySpan<int> entries, Lexicon lexicon)
    {
        var rarest = 0;
        for (var index = 1; index < entries.Length; index++)
            if (lexicon[entries[index]].Count < lexicon[entries[rarest]].Count)
                rarest = index;

        var origin = Origin.Unknown;
        var text = _textCount - 1;
        var place = lexicon[entries[rarest]].Last;
        for (var step = 0; place >= 0; step++, place = _before[place])
        {
            if (step == StepsMax)
                return origin with { IsCut = true };
            var start = place - rarest;
            if (start < 0 || start + entries.Length > _length || !IsAt(start, entries, out var isEcho))
                continue;
            text = TextOf(start, text);
            if (start + entries.Length <= EndOf(text) && !isEcho)
                origin = origin.With(_texts[text]);
        }

        return origin;
    }

    private bool IsAt(int start, ReadOnlySpan<int> entries, out bool isEcho)
    {
        isEcho = true;
        for (var index = 0; index < entries.Length; index++)
        {
            var value = _values[start + index];
            if (value < 0 || (value & ~EchoBit) != entries[index])
                return false;
            isEcho &= (value & EchoBit) != 0;
        }

        return true;
    }

    /// <param name="latest">A text at or behind the place: from there back in growing steps, since places are visited from the latest on.</param>
    private int TextOf(int place, int latest)
    {
        var (low, high) = (latest, latest);
        for (var step = 1; low > 0 && _texts[low].Start > place; step *= 2)
            (low, high) = (Math.Max(low - step, 0), low - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (_texts[middle].Start <= place)
                low = middle;
            else
                high = middle - 1;
        }

        return low;
    }

    private int EndOf(int text) => text + 1 < _textCount ? _texts[text + 1].Start : _length;
}

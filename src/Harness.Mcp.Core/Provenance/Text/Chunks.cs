using System.Buffers;

namespace Harness.Mcp.Core.Provenance.Text;

/// <summary>
/// Cuts folded text into chunks: stretches without spaces, brackets, quotes and commas, without the punctuation of a sentence around them. An
/// address, a URL, a date or a path is one chunk, so that `bob@corp.example` is never found inside `not.bob@corp.example`.
/// </summary>
internal ref struct Chunks(ReadOnlySpan<char> text)
{
    private static readonly SearchValues<char> Breaks = SearchValues.Create(
        "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f"
        + " \"'`()[]{}<>,;|=\u0085\u00ab\u00bb\u201e\u2028\u2029\u2039\u203a\u3001\u3002\u300c\u300d\ufffc");

    /// <summary>From here on `=` may be the padding of Base64; in shorter chunks it stands between a name and its value.</summary>
    private const int PaddedCharsMin = 7;

    private readonly ReadOnlySpan<char> _text = text;
    private int _next;

    /// <summary>Where the chunk starts in the text.</summary>
    public int Start { get; private set; }

    public int Length { get; private set; }

    public readonly ReadOnlySpan<char> Current => _text.Slice(Start, Length);

    public bool MoveNext()
    {
        while (_next < _text.Length)
        {
            var start = _next;
            var end = EndOf(start);
            _next = end + 1;
            Trim(ref start, ref end);
            if (start >= end)
                continue;
            (Start, Length) = (start, end - start);
            return true;
        }

        return false;
    }

    private readonly int EndOf(int start)
    {
        var end = start;
        while (true)
        {
            var found = _text[end..].IndexOfAny(Breaks);
            if (found < 0)
                return _text.Length;
            end += found;
            if (!IsInside(start, end))
                return end;
            end++;
        }
    }

    /// <summary>Some marks end a chunk unless they stand inside of one: `o'brien`, `1,250.00`, `?id=7`.</summary>
    private readonly bool IsInside(int start, int at)
    {
        if (at == start)
            return false;
        var after = at + 1 < _text.Length ? _text[at + 1] : ' ';
        return _text[at] switch
        {
            '\'' => char.IsLetterOrDigit(_text[at - 1]) && char.IsLetterOrDigit(after),
            ',' => char.IsAsciiDigit(_text[at - 1]) && AreThousands(at + 1),
            '=' => _text[start..at].IndexOfAny('?', '/', '=') >= 0 || (at - start >= PaddedCharsMin && !char.IsLetterOrDigit(after)),
            _ => false,
        };
    }

    private readonly bool AreThousands(int at) =>
        at + 3 <= _text.Length
        && char.IsAsciiDigit(_text[at]) && char.IsAsciiDigit(_text[at + 1]) && char.IsAsciiDigit(_text[at + 2])
        && (at + 3 == _text.Length || !char.IsAsciiLetterOrDigit(_text[at + 3]));

    private readonly void Trim(ref int start, ref int end)
    {
        while (start < end && _text[end - 1] is '.' or ':' or '!' or '?' or '\'')
            end--;
        while (start < end && _text[start] is '#' or '@' or '$' or '\u20ac' or '\u00a3' or '\'' or ':' or '!' or '\u00bf' or '\u00a1')
            start++;

        // Emphasis goes, a pattern like `reports/*` stays.
        while (end - start > 2 && _text[start] is '*' or '_' && _text[end - 1] == _text[start])
            (start, end) = (start + 1, end - 1);
        if (end - start > 2 && _text[end - 1] is 's' or 'S' && _text[end - 2] == '\'')
            end -= 2;
        if (_text[start..end].IndexOfAnyExcept(Rules) < 0)
            end = start;
    }

    /// <summary>What is drawn between words and says nothing.</summary>
    private static readonly SearchValues<char> Rules = SearchValues.Create("-_:=+~.\u2012\u2013\u2014\u2015\u2022\u00b7\u2212");
}

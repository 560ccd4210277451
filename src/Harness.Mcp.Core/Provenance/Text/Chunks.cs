namespace Harness.Mcp.Core.Provenance.Text;

/// <summary>
/// Cuts folded text into chunks: stretches without spaces, brackets, quotes and commas, without the punctuation of a sentence around them. An
/// address, a URL, a date or a path is one chunk, so that `bob@corp.example` is never found inside `not.bob@corp.example`.
/// </summary>
internal ref struct Chunks(ReadOnlySpan<char> text)
{
    // A table, since chunks are short: searches that look far ahead cost more than they find.
    private static readonly bool[] Breaks = Of(" \"'`()[]{}<>,;|=", controls: true);

    /// <summary>What is drawn between words and says nothing.</summary>
    private static readonly bool[] Rules = Of("-_:=+~.", controls: false);

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
        while (end < _text.Length && (!IsBreak(_text[end]) || IsInside(start, end)))
            end++;
        return end;
    }

    private static bool IsBreak(char character) => character < Breaks.Length
        ? Breaks[character]
        : character is '\u0085' or '\u00ab' or '\u00bb' or '\u201e' or '\u2028' or '\u2029' or '\u2039' or '\u203a' or '\u3001' or '\u3002' or '\u300c' or '\u300d' or '\ufffc';

    private static bool IsRule(char character) => character < Rules.Length
        ? Rules[character]
        : character is '\u2012' or '\u2013' or '\u2014' or '\u2015' or '\u2022' or '\u00b7' or '\u2212';

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

        var said = start;
        while (said < end && IsRule(_text[said]))
            said++;
        if (said == end)
            end = start;
    }

    private static bool[] Of(string characters, bool controls)
    {
        var table = new bool[128];
        foreach (var character in characters)
            table[character] = true;
        for (var control = 0; controls && control < ' '; control++)
            table[control] = true;
        return table;
    }
}

namespace Harness.Mcp.Core.Provenance.Text;

/// <summary>
/// Cuts folded text into chunks: stretches without spaces, brackets, quotes and commas, without the punctuation of a sentence around them. An
/// address, a URL, a date or a path is one chunk, so that `bob@corp.example` is never found inside `not.bob@corp.example`.
/// </summary>
/// <param name="map">Of the text.</param>
internal ref struct Chunks(ReadOnlySpan<char> text, CharacterMap map)
{
    // A table, since chunks are short: searches that look far ahead cost more than they find.
    private static readonly Role[] Roles = RolesOf();

    /// <summary>What is drawn between words and says nothing.</summary>
    private static readonly bool[] Rules = RulesOf("-_:=+~.");

    /// <summary>From here on `=` may be the padding of Base64; in shorter chunks it stands between a name and its value.</summary>
    private const int PaddedCharsMin = 7;

    private readonly ReadOnlySpan<char> _text = text;
    private int _next;

    /// <summary>Where the chunk starts in the text.</summary>
    public int Start { get; private set; }

    public int Length { get; private set; }

    public readonly ReadOnlySpan<char> Current => _text.Slice(Start, Length);

    /// <summary>The chunk is ASCII letters alone. Not all such chunks are told.</summary>
    public bool IsWord { get; private set; }

    public bool MoveNext()
    {
        while (_next < _text.Length)
        {
            if (IsBreak(_text[_next]))
            {
                _next++;
                continue;
            }

            IsWord = TryWord(out var start, out var end);
            if (!IsWord)
            {
                start = _next;
                end = EndOf(start);
                _next = end + 1;
                Trim(ref start, ref end);
            }

            if (start >= end)
                continue;
            (Start, Length) = (start, end - start);
            return true;
        }

        return false;
    }

    /// <summary>Most chunks are letters alone up to the next break, or up to the marks of a sentence's end before it. They need no closer look.</summary>
    private bool TryWord(out int start, out int end)
    {
        start = _next;
        end = map.EndOfLetters(start);
        if (end == start)
            return false;
        var after = end;
        while (after < _text.Length && RoleOf(_text[after]) == Role.Stop)
            after++;
        if (after < _text.Length && RoleOf(_text[after]) != Role.Break)
            return false;
        _next = after + 1;
        return true;
    }

    private readonly int EndOf(int start)
    {
        var end = map.MayEndFrom(start);
        while (end < _text.Length && (!IsBreak(_text[end]) || IsInside(start, end)))
            end = map.MayEndFrom(end + 1);
        return end;
    }

    private static Role RoleOf(char character) => character < Roles.Length ? Roles[character] : Role.Other;

    public static bool IsBreak(char character) => character < Roles.Length
        ? Roles[character] is Role.Break or Role.BreakOutside
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

    private static Role[] RolesOf()
    {
        var roles = new Role[128];
        for (var character = '\0'; character < roles.Length; character++)
            roles[character] = character switch
            {
                < ' ' or ' ' or '"' or '`' or '(' or ')' or '[' or ']' or '{' or '}' or '<' or '>' or ',' or ';' or '|' => Role.Break,
                '\'' or '=' => Role.BreakOutside,
                '.' or ':' or '!' or '?' => Role.Stop,
                _ => Role.Other,
            };
        return roles;
    }

    private static bool[] RulesOf(string characters)
    {
        var table = new bool[128];
        foreach (var character in characters)
            table[character] = true;
        return table;
    }

    private enum Role : byte
    {
        Other,

        /// <summary>Ends a sentence, and is no part of a chunk that it stands behind.</summary>
        Stop,

        /// <summary>Ends a chunk after a letter or a stop.</summary>
        Break,

        /// <summary>Ends a chunk, unless it stands inside of one.</summary>
        BreakOutside,
    }
}

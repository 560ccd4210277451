using System.Buffers;
using System.Globalization;

namespace Harness.Mcp.Core.Expressions;

/// <summary>Cuts a source into tokens, one at a time. It never fails: what cannot be read is a bad token that says why.</summary>
internal sealed class CelLexer(string source)
{
    private static readonly SearchValues<char> IdentifierRest =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    // Longer signs first.
    private static readonly string[] Signs =
        ["&&", "||", "<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[", "]", "{", "}"];

    private int _at;

    public Token Next()
    {
        SkipBlanks();
        if (_at >= source.Length)
            return new Token(TokenKind.End, source.Length, source.Length, "", default, "");

        var first = source[_at];
        if (char.IsAsciiDigit(first) || (first == '.' && IsDigit(_at + 1)))
            return Number();
        if (QuoteAfterPrefix() is { } quote)
            return Quoted(quote);
        if (char.IsAsciiLetter(first) || first == '_')
            return Word();
        return first == '`' ? QuotedField() : Sign();
    }

    private void SkipBlanks()
    {
        while (_at < source.Length)
        {
            if (source[_at] is ' ' or '\t' or '\n' or '\r' or '\f')
            {
                _at++;
            }
            else if (source.AsSpan(_at).StartsWith("//", StringComparison.Ordinal))
            {
                var end = source.IndexOf('\n', _at);
                _at = end < 0 ? source.Length : end;
            }
            else
            {
                return;
            }
        }
    }

    private Token Word()
    {
        var start = _at;
        _at = EndOfWord(start);
        var word = source[start.._at];
        return word switch
        {
            "true" => Literal(start, CelValue.True),
            "false" => Literal(start, CelValue.False),
            "null" => Literal(start, CelValue.Null),
            "in" => new Token(TokenKind.Sign, start, _at, word, default, ""),
            _ => new Token(TokenKind.Identifier, start, _at, word, default, ""),
        };
    }

    private Token QuotedField()
    {
        var start = _at;
        var end = source.IndexOf('`', start + 1);
        if (end < 0)
            return Bad(start, source.Length, "The field name in backticks does not end.");

        var name = source[(start + 1)..end];
        if (name.Length == 0 || name.AsSpan().ContainsAnyExcept(FieldCharacters))
            return Bad(start, end + 1, "A field name in backticks has letters, digits, `_`, `.`, `-`, `/` and blanks only; index with a string instead: `a[\"…\"]`.");

        _at = end + 1;
        return new Token(TokenKind.QuotedField, start, _at, name, default, "");
    }

    private Token Sign()
    {
        var start = _at;
        foreach (var sign in Signs)
        {
            if (source.AsSpan(start).StartsWith(sign, StringComparison.Ordinal))
            {
                _at += sign.Length;
                return new Token(TokenKind.Sign, start, _at, sign, default, "");
            }
        }

        var character = source[start];
        var message = character switch
        {
            '=' => "`=` compares nothing; equality is `==`.",
            '&' => "`&` is not an operator; conjunction is `&&`.",
            '|' => "`|` is not an operator; disjunction is `||`.",
            _ => $"The character `{Shown(start)}` has no meaning here.",
        };
        return Bad(start, start + 1, message);
    }

    private string Shown(int at) =>
        char.IsControl(source[at]) || char.IsSurrogate(source[at]) ? $"U+{(int)source[at]:X4}" : source[at].ToString();

    private Token Number()
    {
        var start = _at;
        var isHex = source[start] == '0' && start + 1 < source.Length && source[start + 1] is 'x' or 'X';
        if (isHex)
            return Whole(start, digitsAt: start + 2, SkipWhile(start + 2, char.IsAsciiHexDigit), NumberStyles.AllowHexSpecifier);

        var end = SkipWhile(start, char.IsAsciiDigit);
        var isDouble = false;
        if (end < source.Length && source[end] == '.' && IsDigit(end + 1))
        {
            isDouble = true;
            end = SkipWhile(end + 1, char.IsAsciiDigit);
        }

        if (end < source.Length && source[end] is 'e' or 'E')
        {
            var sign = end + 1 < source.Length && source[end + 1] is '+' or '-' ? 1 : 0;
            if (IsDigit(end + 1 + sign))
            {
                isDouble = true;
                end = SkipWhile(end + 1 + sign, char.IsAsciiDigit);
            }
        }

        if (!isDouble)
            return Whole(start, start, end, NumberStyles.None);
        if (EndOfWord(end) > end)
            return Bad(start, EndOfWord(end), $"`{source[start..EndOfWord(end)]}` is not a number.");

        _at = end;
        return Literal(start, CelValue.Of(double.Parse(source.AsSpan(start, end - start), NumberStyles.Float, CultureInfo.InvariantCulture)));
    }

    private Token Whole(int start, int digitsAt, int end, NumberStyles styles)
    {
        var isUint = end < source.Length && source[end] is 'u' or 'U';
        var wordEnd = EndOfWord(end);
        if (digitsAt == end || wordEnd > end + (isUint ? 1 : 0))
            return Bad(start, wordEnd, $"`{source[start..wordEnd]}` is not a number.");
        if (!ulong.TryParse(source.AsSpan(digitsAt, end - digitsAt), styles, CultureInfo.InvariantCulture, out var number))
            return Bad(start, wordEnd, $"`{source[start..wordEnd]}` does not fit 64 bits.");

        _at = wordEnd;
        return isUint
            ? Literal(start, CelValue.Of(number))
            : new Token(TokenKind.Integer, start, _at, source[start.._at], CelValue.Of(number), "");
    }

    /// <summary>Where the opening quote stands if a string starts here, past its prefix of `r` and `b`.</summary>
    private int? QuoteAfterPrefix()
    {
        var at = _at;
        var (isRaw, isBytes) = (false, false);
        for (; at < source.Length; at++)
        {
            if (!isRaw && source[at] is 'r' or 'R')
                isRaw = true;
            else if (!isBytes && source[at] is 'b' or 'B')
                isBytes = true;
            else
                return source[at] is '"' or '\'' ? at : null;
        }

        return null;
    }

    private Token Quoted(int quoteAt)
    {
        var start = _at;
        var prefix = source.AsSpan(start, quoteAt - start);
        var isRaw = prefix.ContainsAny('r', 'R');
        var isBytes = prefix.ContainsAny('b', 'B');
        var quote = source[quoteAt];
        var isTriple = quoteAt + 2 < source.Length && source[quoteAt + 1] == quote && source[quoteAt + 2] == quote;
        var from = quoteAt + (isTriple ? 3 : 1);

        var end = from;
        for (; ; end++)
        {
            if (end >= source.Length || (!isTriple && source[end] is '\n' or '\r'))
                return Bad(start, end, "The string does not end.");
            if (source[end] == '\\')
            {
                end++; // Even in a raw string the character after a backslash never ends it.
                continue;
            }

            if (source[end] == quote && (!isTriple || source.AsSpan(end).StartsWith([quote, quote, quote], StringComparison.Ordinal)))
                break;
        }

        _at = end + (isTriple ? 3 : 1);
        var content = source.AsSpan(from, end - from);
        if (!QuotedText.TryRead(content, isRaw, isBytes, out var value, out var badAt, out var message))
            return Bad(from + badAt, _at, message);
        return Literal(start, value);
    }

    private int SkipWhile(int at, Func<char, bool> belongs)
    {
        while (at < source.Length && belongs(source[at]))
            at++;
        return at;
    }

    private int EndOfWord(int at)
    {
        var length = source.AsSpan(at).IndexOfAnyExcept(IdentifierRest);
        return length < 0 ? source.Length : at + length;
    }

    private bool IsDigit(int at) => at < source.Length && char.IsAsciiDigit(source[at]);

    private Token Literal(int start, CelValue value) => new(TokenKind.Literal, start, _at, "", value, "");

    private Token Bad(int start, int end, string message)
    {
        _at = source.Length; // Nothing after a bad token is worth a second problem.
        return new Token(TokenKind.Bad, start, end, "", default, message);
    }

    private static readonly SearchValues<char> FieldCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-/ ");
}

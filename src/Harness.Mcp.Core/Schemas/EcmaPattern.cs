using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Harness.Mcp.Core.Schemas;

/// <summary>
/// Turns a pattern of JSON Schema, which is an ECMAScript regular expression, into one of .NET that means the same and matches in time
/// proportional to the text (no backtracking). What has no such form is refused: lookaround, back-references, other engines' anchors.
/// </summary>
internal static class EcmaPattern
{
    public const int LengthMax = 1_000;

    private const string Digits = "0-9";
    private const string NotDigits = "\\0-/:-\\uFFFF";
    private const string Word = "0-9A-Z_a-z";
    private const string NotWord = "\\0-/:-@\\[-\\^`{-\\uFFFF";
    private const string Space = "\\t-\\r \\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000\\uFEFF";
    private const string NotSpace = "\\0-\\b\\u000E-\\u001F!-\\u009F\\u00A1-\\u167F\\u1681-\\u1FFF\\u200B-\\u2027\\u202A-\\u202E\\u2030-\\u205E\\u2060-\\u2FFF\\u3001-\\uFEFE\\uFF00-\\uFFFF";
    private const string NotLineEnd = "[^\\n\\r\\u2028\\u2029]";
    private const string Anything = "[\\0-\\uFFFF]";
    private const string Nothing = "[^\\0-\\uFFFF]";

    /// <exception cref="FormatException">The pattern cannot be run; the message says why.</exception>
    public static Regex Compile(string pattern)
    {
        if (pattern.Length > LengthMax)
            throw new FormatException($"it is longer than {LengthMax} characters");

        try
        {
            return new Regex(new Translation(pattern).Run(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (RegexParseException failure)
        {
            throw new FormatException($"it is no regular expression ({failure.Error})", failure);
        }
        catch (NotSupportedException failure)
        {
            throw new FormatException("it needs lookaround, a back-reference or too large a repetition, which cannot be matched in bounded time", failure);
        }
    }

    private ref struct Translation(string pattern)
    {
        private readonly StringBuilder _output = new(pattern.Length + 16);
        private int _at;

        public string Run()
        {
            while (_at < pattern.Length)
            {
                var character = pattern[_at];
                switch (character)
                {
                    case '\\':
                        Escape(inClass: false);
                        break;
                    case '[':
                        Class();
                        break;
                    case '.':
                        Emit(NotLineEnd, 1);
                        break;
                    case '$':
                        Emit("\\z", 1); // .NET's `$` would also match before a last line break.
                        break;
                    case var high when char.IsHighSurrogate(high) && _at + 1 < pattern.Length:
                        Emit($"(?:{pattern.Substring(_at, 2)})", 2); // One character, also for a repetition behind it.
                        break;
                    default:
                        Emit(character.ToString(), 1);
                        break;
                }
            }

            return _output.ToString();
        }

        private void Class()
        {
            var isNegated = _at + 1 < pattern.Length && pattern[_at + 1] == '^';
            var start = _at + (isNegated ? 2 : 1);
            if (start < pattern.Length && pattern[start] == ']')
            {
                Emit(isNegated ? Anything : Nothing, start + 1 - _at);
                return;
            }

            Emit(isNegated ? "[^" : "[", start - _at);
            while (_at < pattern.Length && pattern[_at] != ']')
            {
                if (pattern[_at] == '\\')
                    Escape(inClass: true);
                else if (pattern[_at] == '[')
                    Emit("\\[", 1); // .NET would read a subtraction.
                else if (char.IsSurrogate(pattern[_at]))
                    throw new FormatException("it has a character beyond U+FFFF inside a class");
                else
                    Emit(pattern[_at].ToString(), 1);
            }

            if (_at >= pattern.Length)
                throw new FormatException("a class lacks its `]`");
            Emit("]", 1);
        }

        private void Escape(bool inClass)
        {
            if (_at + 1 >= pattern.Length)
                throw new FormatException("it ends in a lone `\\`");

            var escaped = pattern[_at + 1];
            switch (escaped)
            {
                case 'd' or 'w' or 's' or 'D' or 'W' or 'S':
                    var set = escaped switch { 'd' => Digits, 'D' => NotDigits, 'w' => Word, 'W' => NotWord, 's' => Space, _ => NotSpace };
                    Emit(inClass ? set : $"[{set}]", 2);
                    break;
                case 'b' or 't' or 'n' or 'v' or 'f' or 'r':
                    Emit("\\" + escaped, 2);
                    break;
                case 'B' when !inClass:
                    Emit("\\B", 2);
                    break;
                case '0' when _at + 2 >= pattern.Length || !char.IsAsciiDigit(pattern[_at + 2]):
                    Emit("\\0", 2);
                    break;
                case 'c' when _at + 2 < pattern.Length && char.IsAsciiLetter(pattern[_at + 2]):
                    Emit($"\\x{pattern[_at + 2] & 0x1F:X2}", 3);
                    break;
                case 'x':
                    EmitCode(Hex(_at + 2, 2), 4, inClass);
                    break;
                case 'u' when _at + 2 < pattern.Length && pattern[_at + 2] == '{':
                    var end = pattern.IndexOf('}', _at);
                    if (end < 0 || end - _at > 10)
                        throw new FormatException("a `\\u{…}` escape lacks its `}`");
                    EmitCode(Hex(_at + 3, end - _at - 3), end + 1 - _at, inClass);
                    break;
                case 'u':
                    EmitCode(Hex(_at + 2, 4), 6, inClass);
                    break;
                case 'p' or 'P':
                    Property(escaped);
                    break;
                case >= '1' and <= '9' or 'k':
                    throw new FormatException("it has a back-reference, which cannot be matched in bounded time");
                case var letter when char.IsAsciiLetterOrDigit(letter):
                    throw new FormatException($"`\\{letter}` is no escape of ECMAScript");
                case var high when char.IsSurrogate(high):
                    throw new FormatException("it escapes a character beyond U+FFFF");
                default:
                    EmitCode(escaped, 2, inClass);
                    break;
            }
        }

        private void Property(char kind)
        {
            var end = pattern.IndexOf('}', _at);
            if (end < 0 || _at + 2 >= pattern.Length || pattern[_at + 2] != '{')
                throw new FormatException($"`\\{kind}` lacks its `{{…}}`");

            var name = pattern[(_at + 3)..end];
            name = name.StartsWith("gc=", StringComparison.Ordinal) ? name[3..] : name.StartsWith("General_Category=", StringComparison.Ordinal) ? name[17..] : name;
            var category = name switch
            {
                "Letter" => "L",
                "Uppercase_Letter" => "Lu",
                "Lowercase_Letter" => "Ll",
                "Mark" => "M",
                "Number" => "N",
                "Decimal_Number" or "digit" => "Nd",
                "Punctuation" or "punct" => "P",
                "Symbol" => "S",
                "Separator" => "Z",
                "Space_Separator" => "Zs",
                "Other" => "C",
                "Control" or "cntrl" => "Cc",
                { Length: 1 or 2 } => name,
                _ => throw new FormatException($"the Unicode property `{name}` is not supported"),
            };
            Emit($"\\{kind}{{{category}}}", end + 1 - _at);
        }

        private void EmitCode(int code, int length, bool inClass)
        {
            if (code <= 0xFFFF)
                Emit($"\\u{code:X4}", length);
            else if (inClass || code > 0x10FFFF)
                throw new FormatException("it has a character beyond U+FFFF inside a class");
            else
                Emit($"(?:{char.ConvertFromUtf32(code)})", length);
        }

        private readonly int Hex(int start, int length) =>
            start + length <= pattern.Length && int.TryParse(pattern.AsSpan(start, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code)
                ? code
                : throw new FormatException("a `\\x` or `\\u` escape lacks hexadecimal digits");

        private void Emit(string text, int length)
        {
            _output.Append(text);
            _at += length;
        }
    }
}

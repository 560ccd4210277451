using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>
/// A regular expression in RE2's syntax, run by .NET's engine without backtracking, in time linear in the text. What the two syntaxes
/// read differently is translated: `\d \w \s` know ASCII only, `$` is the very end of the text, `.` and `[^…]` take a whole
/// code point, and POSIX classes and `(?P&lt;name&gt;…)` work. One difference stays: `\b` takes letters of all scripts for a word's.
/// </summary>
internal sealed class Re2Pattern
{
    private const int KnownMax = 256;
    private const int RepeatMax = 1_000;
    private const string AnyPair = @"[\uD800-\uDBFF][\uDC00-\uDFFF]";

    // Rules hold few patterns; a pattern that a call's arguments make would only push these out, so the cache fills once.
    private static readonly ConcurrentDictionary<string, Re2Pattern> Known = new(StringComparer.Ordinal);

    private readonly Regex? _regex;
    private readonly string _message;

    private Re2Pattern(Regex? regex, string message)
    {
        _regex = regex;
        _message = message;
    }

    public static bool TryCompile(string pattern, [NotNullWhen(true)] out Regex? regex, out string message)
    {
        if (!Known.TryGetValue(pattern, out var known))
        {
            known = Compile(pattern);
            if (Known.Count < KnownMax)
                Known.TryAdd(pattern, known);
        }

        (regex, message) = (known._regex, known._message);
        return regex is not null;
    }

    private static Re2Pattern Compile(string pattern)
    {
        if (pattern.Length > CelLimits.PatternLengthMax)
            return new(null, $"the pattern is longer than {CelLimits.PatternLengthMax} characters");

        var translation = new Translation(pattern);
        if (!translation.TryTranslate(out var translated, out var message))
            return new(null, "not a pattern: " + message);

        try
        {
            return new(new Regex(translated, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture), "");
        }
        catch (Exception refused) when (refused is ArgumentException or NotSupportedException)
        {
            return new(null, "not a pattern: " + refused.Message);
        }
    }

    private sealed class Translation(string pattern)
    {
        private readonly StringBuilder _result = new();
        private int _at;

        public bool TryTranslate(out string translated, out string message)
        {
            message = "";
            while (_at < pattern.Length && message.Length == 0)
                message = Step();
            translated = _result.ToString();
            return message.Length == 0;
        }

        private string Step()
        {
            switch (pattern[_at])
            {
                case '\\':
                    return Escape(inClass: false);
                case '[':
                    return Class();
                case '.':
                    _at++;
                    _result.Append($@"(?:{AnyPair}|[^\n\uD800-\uDFFF])");
                    return "";
                case '$':
                    _at++;
                    _result.Append(@"\z");
                    return "";
                case '(' when At("(?"):
                    return Group();
                case '{' when RepeatAt() is { } end:
                    return Repeat(end);
                case '#' or ' ':
                    _result.Append('\\').Append(pattern[_at++]);
                    return "";
                case var high when char.IsHighSurrogate(high) && _at + 1 < pattern.Length && char.IsLowSurrogate(pattern[_at + 1]):
                    _result.Append("(?:").Append(pattern, _at, 2).Append(')');
                    _at += 2;
                    return "";
                default:
                    _result.Append(pattern[_at++]);
                    return "";
            }
        }

        private string Group()
        {
            if (At("(?P<") || (At("(?<") && !At("(?<=") && !At("(?<!")))
            {
                var start = pattern.IndexOf('<', _at) + 1;
                var end = pattern.IndexOf('>', start);
                if (end < 0 || end == start || pattern.AsSpan(start, end - start).ContainsAnyExcept(WordCharacters))
                    return "a group's name has letters, digits and `_` only";
                _result.Append("(?:");
                _at = end + 1;
                return "";
            }

            var close = _at + 2;
            while (close < pattern.Length && pattern[close] is 'i' or 's')
                close++;
            if (close >= pattern.Length || pattern[close] is not (':' or ')'))
                return $"`{pattern[_at..Math.Min(close + 1, pattern.Length)]}` is not supported; of the groups `(?:…)`, `(?i)` and `(?P<name>…)` are";
            if (pattern.AsSpan(_at, close - _at).Contains('s'))
                return "the flag `s` is not supported; write `(?:.|\\n)`";
            if (close == _at + 2 && pattern[close] == ')')
                return "`(?)` sets no flag";

            _result.Append(pattern, _at, close + 1 - _at);
            _at = close + 1;
            return "";
        }

        private int? RepeatAt()
        {
            var end = pattern.IndexOf('}', _at);
            return end > _at + 1 && char.IsAsciiDigit(pattern[_at + 1]) && !pattern.AsSpan(_at + 1, end - _at - 1).ContainsAnyExcept("0123456789,") ? end : null;
        }

        private string Repeat(int end)
        {
            foreach (var bound in pattern[(_at + 1)..end].Split(','))
                if (bound.Length > 0 && !(int.TryParse(bound, NumberStyles.None, CultureInfo.InvariantCulture, out var times) && times <= RepeatMax))
                    return $"a repetition counts to {RepeatMax} at most";
            _result.Append(pattern, _at, end + 1 - _at);
            _at = end + 1;
            return "";
        }

        /// <summary>Translates `\…`; in a class only what is one character or a set of them.</summary>
        private string Escape(bool inClass)
        {
            if (_at + 1 >= pattern.Length)
                return "it ends with a backslash";

            var escaped = pattern[_at + 1];
            var set = escaped switch
            {
                'd' => "0-9",
                'w' => "0-9A-Za-z_",
                's' => @"\t\n\f\r ",
                _ => null,
            };
            if (set is not null)
                return Write(2, inClass ? set : $"[{set}]");

            switch (escaped)
            {
                case 'D' or 'W' or 'S' when inClass:
                    return $"`\\{escaped}` inside a class is not supported";
                case 'D' or 'W' or 'S':
                    var without = escaped switch { 'D' => "0-9", 'W' => "0-9A-Za-z_", _ => @"\t\n\f\r " };
                    return Write(2, $@"(?:{AnyPair}|[^{without}\uD800-\uDFFF])");
                case 'A' or 'z' or 'b' or 'B' when !inClass:
                    return Write(2, "\\" + escaped);
                case 'Q' when !inClass:
                    var end = pattern.IndexOf("\\E", _at, StringComparison.Ordinal);
                    var literal = end < 0 ? pattern[(_at + 2)..] : pattern[(_at + 2)..end];
                    return Write(literal.Length + (end < 0 ? 2 : 4), Regex.Escape(literal));
                case 'p' or 'P':
                    return Property(inClass);
                case 'x':
                    return Hexadecimal();
                case 'a':
                    return Write(2, @"\x07");
                case 'f' or 'n' or 'r' or 't' or 'v':
                    return Write(2, "\\" + escaped);
                default:
                    return char.IsAsciiLetterOrDigit(escaped) || escaped > 127
                        ? $"`\\{escaped}` is not supported"
                        : Write(2, Literal(escaped));
            }
        }

        private string Property(bool inClass)
        {
            var start = _at + 2;
            var isBraced = start < pattern.Length && pattern[start] == '{';
            var end = isBraced ? pattern.IndexOf('}', start) : start + 1;
            if (end < 0 || end > pattern.Length)
                return "a property such as `\\p{L}` is not complete";

            var name = isBraced ? pattern[(start + 1)..end] : pattern[start..end];
            var isCategory = name.Length is 1 or 2 && "LMNPSZC".Contains(name[0], StringComparison.Ordinal);
            if (!isCategory || (inClass && pattern[_at + 1] == 'P'))
                return $"the property `{name}` is not supported; general categories such as `\\p{{Lu}}` are";
            return Write(end + (isBraced ? 1 : 0) - _at, $"\\{pattern[_at + 1]}{{{name}}}");
        }

        private string Hexadecimal()
        {
            var isBraced = _at + 2 < pattern.Length && pattern[_at + 2] == '{';
            var start = _at + (isBraced ? 3 : 2);
            var end = isBraced ? pattern.IndexOf('}', start) : Math.Min(start + 2, pattern.Length);
            if (end < 0 || !ushort.TryParse(pattern.AsSpan(start, end - start), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) || char.IsSurrogate((char)code))
                return "a hexadecimal escape is `\\xHH` or `\\x{HHHH}`";
            return Write(end + (isBraced ? 1 : 0) - _at, string.Create(CultureInfo.InvariantCulture, $"\\u{code:X4}"));
        }

        private string Class()
        {
            _at++;
            var isNegated = _at < pattern.Length && pattern[_at] == '^';
            _at += isNegated ? 1 : 0;
            _result.Append(isNegated ? $"(?:{AnyPair}|[^" : "[");

            for (var isFirst = true; ; isFirst = false)
            {
                if (_at >= pattern.Length)
                    return "a class `[…]` does not end";
                if (pattern[_at] == ']' && !isFirst)
                    break;

                var problem = Member();
                if (problem.Length > 0)
                    return problem;
            }

            _at++;
            _result.Append(isNegated ? @"\uD800-\uDFFF])" : "]");
            return "";
        }

        private string Member()
        {
            if (At("[:"))
                return PosixClass();
            if (pattern[_at] == '\\')
                return Escape(inClass: true);
            if (char.IsSurrogate(pattern[_at]))
                return "a class cannot hold characters beyond U+FFFF; write alternatives `(?:a|b)`";

            var isRange = pattern[_at] == '-' && _result[^1] != '[' && _at + 1 < pattern.Length && pattern[_at + 1] != ']';
            return Write(1, isRange ? "-" : Literal(pattern[_at]));
        }

        private string PosixClass()
        {
            var end = pattern.IndexOf(":]", _at, StringComparison.Ordinal);
            var name = end < 0 ? "" : pattern[(_at + 2)..end];
            var set = name switch
            {
                "alnum" => "0-9A-Za-z",
                "alpha" => "A-Za-z",
                "blank" => @"\t ",
                "digit" => "0-9",
                "lower" => "a-z",
                "punct" => @"!-/:-@\[-`{-~",
                "space" => @"\t\n\v\f\r ",
                "upper" => "A-Z",
                "word" => "0-9A-Za-z_",
                "xdigit" => "0-9A-Fa-f",
                _ => null,
            };
            return set is null ? $"the class `[:{name}:]` is not known" : Write(end + 2 - _at, set);
        }

        private string Write(int taken, string translated)
        {
            _at += taken;
            _result.Append(translated);
            return "";
        }

        private bool At(string sign) => string.CompareOrdinal(pattern, _at, sign, 0, sign.Length) == 0;

        private static string Literal(char character) =>
            char.IsLetterOrDigit(character) ? character.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{(int)character:X4}");

        private const string WordCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    }
}

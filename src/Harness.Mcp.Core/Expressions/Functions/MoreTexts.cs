using System.Collections.Immutable;
using System.Text;
using static Harness.Mcp.Core.Expressions.CelType;
using static Harness.Mcp.Core.Expressions.Functions.Define;

namespace Harness.Mcp.Core.Expressions.Functions;

/// <summary>The strings extension. Indexes count code points; one beyond the ends is an error.</summary>
internal static class MoreTexts
{
    /// <summary>Longest string that a function builds, in UTF-16 code units.</summary>
    public const int LengthMax = 1 << 20;

    public static ImmutableArray<CelFunction> All { get; } = [
        Method("charAt", [CelType.String, Int], CelType.String, arguments => CharAt(arguments[0].AsString, arguments[1].AsInt), isLinear: true),
        Method("indexOf", [CelType.String, CelType.String], Int, arguments => IndexOf(arguments[0].AsString, arguments[1].AsString, 0), isLinear: true),
        Method("indexOf", [CelType.String, CelType.String, Int], Int, arguments => IndexOf(arguments[0].AsString, arguments[1].AsString, arguments[2].AsInt), isLinear: true),
        Method("lastIndexOf", [CelType.String, CelType.String], Int, arguments => LastIndexOf(arguments[0].AsString, arguments[1].AsString, null), isLinear: true),
        Method("lastIndexOf", [CelType.String, CelType.String, Int], Int, arguments => LastIndexOf(arguments[0].AsString, arguments[1].AsString, arguments[2].AsInt), isLinear: true),
        Method("substring", [CelType.String, Int], CelType.String, arguments => Substring(arguments[0].AsString, arguments[1].AsInt, null), isLinear: true),
        Method("substring", [CelType.String, Int, Int], CelType.String, arguments => Substring(arguments[0].AsString, arguments[1].AsInt, arguments[2].AsInt), isLinear: true),
        Method("lowerAscii", [CelType.String], CelType.String, arguments => MapAscii(arguments[0].AsString, char.IsAsciiLetterUpper), isLinear: true),
        Method("upperAscii", [CelType.String], CelType.String, arguments => MapAscii(arguments[0].AsString, char.IsAsciiLetterLower), isLinear: true),
        Method("replace", [CelType.String, CelType.String, CelType.String], CelType.String,
            arguments => Replace(arguments[0].AsString, arguments[1].AsString, arguments[2].AsString, -1), isLinear: true),
        Method("replace", [CelType.String, CelType.String, CelType.String, Int], CelType.String,
            arguments => Replace(arguments[0].AsString, arguments[1].AsString, arguments[2].AsString, arguments[3].AsInt), isLinear: true),
        Method("split", [CelType.String, CelType.String], ListOf(CelType.String), arguments => Split(arguments[0].AsString, arguments[1].AsString, -1), isLinear: true),
        Method("split", [CelType.String, CelType.String, Int], ListOf(CelType.String),
            arguments => Split(arguments[0].AsString, arguments[1].AsString, arguments[2].AsInt), isLinear: true),
        Method("trim", [CelType.String], CelType.String, arguments => CelValue.Of(Trim(arguments[0].AsString)), isLinear: true),
        Method("reverse", [CelType.String], CelType.String, arguments => CelValue.Of(CodePoints.Reverse(arguments[0].AsString)), isLinear: true),
        Method("join", [ListOf(CelType.String)], CelType.String, arguments => Join(arguments[0].AsList, ""), isLinear: true),
        Method("join", [ListOf(CelType.String), CelType.String], CelType.String, arguments => Join(arguments[0].AsList, arguments[1].AsString), isLinear: true),
        Method("format", [CelType.String, ListOf(Dyn)], CelType.String, arguments => TextFormat.Format(arguments[0].AsString, arguments[1].AsList), isLinear: true),
        Global("strings.quote", [CelType.String], CelType.String, arguments => CelValue.Of(Quote(arguments[0].AsString)), isLinear: true),
    ];

    public static CelValue TooLong => CelValue.Error($"the string would be longer than {LengthMax} characters");

    private static CelValue OutOfRange(long index) => CelValue.Error($"index out of range: {index}");

    private static CelValue CharAt(string text, long index)
    {
        var at = CodePoints.UnitIndex(text, index);
        if (at < 0)
            return OutOfRange(index);
        if (at == text.Length)
            return CelValue.Of("");
        return CelValue.Of(text.Substring(at, at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1));
    }

    private static CelValue IndexOf(string text, string part, long from)
    {
        var at = CodePoints.UnitIndex(text, from);
        if (at < 0)
            return OutOfRange(from);

        var found = text.IndexOf(part, at, StringComparison.Ordinal);
        return CelValue.Of(found < 0 ? -1L : from + CodePoints.Count(text[at..found]));
    }

    private static CelValue LastIndexOf(string text, string part, long? last)
    {
        var at = last is { } index ? CodePoints.UnitIndex(text, index) : text.Length;
        if (at < 0)
            return OutOfRange(last ?? 0);

        // The match may start at `at` and reach past it.
        var found = text.AsSpan(0, (int)Math.Min((long)at + part.Length, text.Length)).LastIndexOf(part, StringComparison.Ordinal);
        return CelValue.Of(found < 0 ? -1L : CodePoints.Count(text[..found]));
    }

    private static CelValue Substring(string text, long start, long? end)
    {
        if (end < start)
            return CelValue.Error($"invalid substring range. start: {start}, end: {end}");

        var from = CodePoints.UnitIndex(text, start);
        if (from < 0)
            return OutOfRange(start);

        var to = end is { } last ? CodePoints.UnitIndex(text, last) : text.Length;
        return to < 0 ? OutOfRange(end ?? 0) : CelValue.Of(text[from..to]);
    }

    private static CelValue MapAscii(string text, Func<char, bool> isOtherCase) => CelValue.Of(string.Create(text.Length, (text, isOtherCase), static (span, state) =>
    {
        for (var index = 0; index < span.Length; index++)
            span[index] = state.isOtherCase(state.text[index]) ? (char)(state.text[index] ^ 0x20) : state.text[index];
    }));

    private static CelValue Replace(string text, string part, string by, long timesMax)
    {
        var result = new StringBuilder();
        var at = 0;
        for (var times = 0L; timesMax < 0 || times < timesMax; times++)
        {
            // An empty part stands before each character and at the end.
            var found = part.Length > 0 ? text.IndexOf(part, at, StringComparison.Ordinal) : Math.Min(at + (times == 0 ? 0 : 1), text.Length + 1);
            if (found < 0 || found > text.Length)
                break;

            result.Append(text, at, found - at).Append(by);
            at = found + part.Length;
            if (result.Length > LengthMax)
                return TooLong;
        }

        result.Append(text, at, text.Length - at);
        return result.Length > LengthMax ? TooLong : CelValue.Of(result.ToString());
    }

    private static CelValue Split(string text, string separator, long partsMax)
    {
        if (partsMax == 0)
            return CelValue.ListOf();

        var parts = separator.Length > 0
            ? text.Split(separator, partsMax < 0 ? int.MaxValue : (int)Math.Min(partsMax, int.MaxValue))
            : Characters(text, partsMax);
        return CelValue.ListOf(Array.ConvertAll(parts, CelValue.Of));
    }

    private static string[] Characters(string text, long partsMax)
    {
        var parts = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var isLast = parts.Count == partsMax - 1;
            var length = isLast ? text.Length - at : at + 1 < text.Length && char.IsSurrogatePair(text[at], text[at + 1]) ? 2 : 1;
            parts.Add(text.Substring(at, length));
            at += length;
        }

        return [.. parts];
    }

    // Unicode's White_Space property; .NET's differs in no character of it.
    private static string Trim(string text) => text.Trim();

    private static CelValue Join(CelList list, string separator)
    {
        var result = new StringBuilder();
        for (var index = 0; index < list.Count; index++)
        {
            if (list[index].Kind != CelKind.String)
                return NoOverload("join");
            if (index > 0)
                result.Append(separator);
            result.Append(list[index].AsString);
            if (result.Length > LengthMax)
                return TooLong;
        }

        return CelValue.Of(result.ToString());
    }

    private static string Quote(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var character in text.EnumerateRunes())
        {
            var escape = character.Value switch
            {
                7 => "\\a",
                8 => "\\b",
                9 => "\\t",
                10 => "\\n",
                11 => "\\v",
                12 => "\\f",
                13 => "\\r",
                '\\' => "\\\\",
                '"' => "\\\"",
                _ => null,
            };
            quoted.Append(escape ?? character.ToString());
        }

        return quoted.Append('"').ToString();
    }
}

using System.Buffers;
using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Proxy.Documents;

/// <summary>Refuses characters that a reviewer cannot see or that reorder what is seen, before any parser interprets them.</summary>
internal static class DocumentCharacters
{
    private const int ProblemsMax = 8;

    // Controls but tab and line breaks; line separators that parsers disagree on; byte order marks; bidirectional overrides; lone surrogates.
    private static readonly SearchValues<char> Suspects = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Where(code => code is not ('\t' or '\n' or '\r')).Concat(Enumerable.Range(0x7F, 0x21))
            .Concat([0x2028, 0x2029, 0xFEFF]).Concat(Enumerable.Range(0x202A, 5)).Concat(Enumerable.Range(0x2066, 4))
            .Concat(Enumerable.Range(0xD800, 0x800)).Select(code => (char)code)]);

    public static ImmutableArray<Problem> Check(string text, string file)
    {
        var problems = ImmutableArray.CreateBuilder<Problem>();
        var place = new TextPlace();
        for (var index = Next(text, 0); index >= 0 && problems.Count < ProblemsMax; index = Next(text, index + 1))
        {
            if (char.IsHighSurrogate(text[index]) && index + 1 < text.Length && char.IsLowSurrogate(text[index + 1]))
            {
                index++;
                continue;
            }

            place.MoveTo(text, index);
            problems.Add(new Problem(
                new SourcePosition(file, place.Line, place.Column),
                $"The character U+{(int)text[index]:X4} is not allowed here.",
                char.IsSurrogate(text[index]) ? "Save the file as valid UTF-8." : "Remove it, or write it as an escape in double quotes."));
        }

        return problems.ToImmutable();
    }

    private static int Next(string text, int start)
    {
        var offset = text.AsSpan(start).IndexOfAny(Suspects);
        return offset < 0 ? -1 : start + offset;
    }

    /// <summary>A cursor that only moves forward, so that finding every place costs one pass.</summary>
    private struct TextPlace()
    {
        private int _index;

        public int Line { get; private set; } = 1;

        public int Column { get; private set; } = 1;

        public void MoveTo(string text, int index)
        {
            for (; _index < index; _index++)
            {
                if (text[_index] == '\n')
                    (Line, Column) = (Line + 1, 1);
                else
                    Column++;
            }
        }
    }
}

using Harness.Mcp.Core.Provenance.Text;

namespace Harness.Mcp.Core.Provenance;

/// <summary>
/// What untrusted content holds below its surface: the parts of its addresses and codes, the letters and digits of them without punctuation, and
/// what encoded text says when it is decoded. It counts against a value, never for it.
/// </summary>
internal sealed class HiddenValues(Lexicon lexicon)
{
    private const int PartCharsMin = 2;

    private readonly ScannedText _decoded = new();

    public void Add(ScannedText scan, long link)
    {
        foreach (ref readonly var chunk in scan.Chunks)
        {
            if (chunk.Kind is ValueKind.Word or ValueKind.Number || chunk.FormLength == 0)
            {
                if (chunk.RawLength >= Decoding.CharsMin)
                    AddDecoded(scan.Raw(chunk), link);
                continue;
            }

            // What only came back to its own call hides nothing new.
            if (lexicon.Find(scan.Form(chunk)) is var entry and >= 0 && lexicon[entry].Echo == link)
                continue;
            var raw = scan.Raw(chunk);
            AddParts(raw, link);
            if (chunk.Kind == ValueKind.Address)
                Hint(scan.Form(chunk)[(scan.Form(chunk).IndexOf('@') + 1)..], link);
            AddDecoded(raw, link);
        }
    }

    /// <summary>Letters and digits alone, in small letters: what is left however they are grouped.</summary>
    public static ReadOnlySpan<char> Skeleton(ReadOnlySpan<char> text, Span<char> room)
    {
        var length = 0;
        foreach (var character in text)
        {
            if (!char.IsLetterOrDigit(character))
                continue;
            if (length == room.Length)
                return default;
            room[length++] = char.ToLowerInvariant(character);
        }

        return room[..length];
    }

    private void AddParts(ReadOnlySpan<char> raw, long link)
    {
        Span<char> room = stackalloc char[ValueForm.CharsMax];
        if (raw.Length > room.Length)
            return;
        Hint(Skeleton(raw, room), link);
        for (var index = 0; index < raw.Length; index++)
        {
            var start = index;
            while (index < raw.Length && char.IsLetterOrDigit(raw[index]))
                index++;
            if (index - start >= PartCharsMin || (index > start && char.IsAsciiDigit(raw[start])))
                Hint(room[..raw[start..index].ToLowerInvariant(room)], link);
        }
    }

    private void AddDecoded(ReadOnlySpan<char> raw, long link)
    {
        foreach (var text in Decoding.AllOf(raw))
        {
            _decoded.Scan(text);
            foreach (ref readonly var chunk in _decoded.Chunks)
                Hint(_decoded.Form(chunk), link);
            foreach (ref readonly var atom in _decoded.Atoms)
                Hint(_decoded.Form(atom), link);
        }
    }

    private void Hint(ReadOnlySpan<char> form, long link)
    {
        if (form.IsEmpty || lexicon.FindOrAdd(form) is not (var entry and >= 0))
            return;
        ref var known = ref lexicon[entry];
        if (known.FirstHinted == 0)
            known.FirstHinted = link;
    }
}

using Harness.Mcp.Core.Provenance.Text;

namespace Harness.Mcp.Core.Provenance;

/// <summary>
/// What untrusted content holds below its surface: the parts of its addresses and codes, the letters and digits of them without punctuation, and
/// what encoded text says when it is decoded. It counts against a value, never for it.
/// </summary>
internal sealed class HiddenValues(Lexicon lexicon)
{
    private const int PartCharsMin = 2;

    private static readonly char[] Bones = [.. Enumerable.Range(0, 128).Select(code => char.IsAsciiLetterOrDigit((char)code) ? char.ToLowerInvariant((char)code) : '\0')];

    private readonly ScannedText _decoded = new();
    private readonly char[] _skeleton = new char[ValueForm.CharsMax];

    /// <param name="entries">Of each chunk its entry in the lexicon, or -1.</param>
    public void Add(ScannedText scan, ReadOnlySpan<int> entries, uint link)
    {
        for (var index = 0; index < entries.Length; index++)
        {
            ref readonly var chunk = ref scan.Chunks[index];
            if (chunk.Kind is ValueKind.Word or ValueKind.Number || chunk.FormLength == 0)
            {
                if (chunk.RawLength >= Decoding.CharsMin)
                    AddDecoded(scan.Raw(chunk), link);
                continue;
            }

            // What only came back to its own call hides nothing new.
            var entry = entries[index];
            if (entry >= 0 && lexicon[entry].Echo == link)
                continue;
            var raw = scan.Raw(chunk);
            if (entry >= 0 && IsLookedThrough(entry, raw, scan.Form(chunk)))
                continue;
            AddParts(raw, link);
            if (chunk.Kind == ValueKind.Address)
                Hint(scan.Form(chunk)[(scan.Form(chunk).IndexOf('@') + 1)..], link);
            AddDecoded(raw, link);
        }
    }

    /// <summary>What a chunk hides is known once, from the first link that brought it: what it hides when it comes again, spelled alike, is known already.</summary>
    private bool IsLookedThrough(int entry, ReadOnlySpan<char> raw, ReadOnlySpan<char> form)
    {
        if (!raw.SequenceEqual(form))
            return false; // Another spelling may have other parts.
        ref var known = ref lexicon[entry];
        var isKnown = known.IsLookedThrough;
        known.IsLookedThrough = true;
        return isKnown;
    }

    /// <summary>Letters and digits alone, in small letters: what is left however they are grouped.</summary>
    public static ReadOnlySpan<char> Skeleton(ReadOnlySpan<char> text, Span<char> room)
    {
        var length = 0;
        foreach (var character in text)
        {
            if (Bone(character) is not (var bone and not '\0'))
                continue;
            if (length == room.Length)
                return default;
            room[length++] = bone;
        }

        return room[..length];
    }

    /// <summary>The letter in small or the digit that a character is, or 0.</summary>
    private static char Bone(char character)
    {
        if (character < Bones.Length)
            return Bones[character];
        return char.IsLetterOrDigit(character) ? char.ToLowerInvariant(character) : '\0';
    }

    /// <summary>The parts are what the skeleton is made of, one behind the other.</summary>
    private void AddParts(ReadOnlySpan<char> raw, uint link)
    {
        var skeleton = Skeleton(raw, _skeleton);
        Hint(skeleton, link);
        for (var (index, start) = (0, 0); index < raw.Length; index++)
        {
            var end = start;
            for (; index < raw.Length && Bone(raw[index]) != '\0'; index++)
                end++;
            if (end - start >= PartCharsMin || (end > start && char.IsAsciiDigit(skeleton[start])))
                Hint(skeleton[start..end], link);
            start = end;
        }
    }

    private void AddDecoded(ReadOnlySpan<char> raw, uint link)
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

    private void Hint(ReadOnlySpan<char> form, uint link)
    {
        if (form.IsEmpty || lexicon.FindOrAdd(form) is not (var entry and >= 0))
            return;
        ref var known = ref lexicon[entry];
        if (known.FirstHinted == 0)
            known.FirstHinted = link;
    }
}

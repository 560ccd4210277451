using System.Buffers;
using Harness.Mcp.Core.Provenance.Text;

namespace Harness.Mcp.Core.Provenance;

/// <summary>
/// Looks up the value of an argument. To trust, matching is tight: the whole value, chunk by chunk, or each part of a list that is written as
/// one text. To distrust, it is loose: anything in the value that could be an address, in any spelling or encoding that we can read.
/// </summary>
internal sealed class ValueLookup(Lexicon lexicon, TextStore texts)
{
    private const int CodeCharsMin = 6;

    private static readonly SearchValues<char> ListMarks = SearchValues.Create(",;<>|\n");

    private readonly ScannedText _scan = new();
    private readonly ScannedText _other = new();
    private int[] _entries = new int[64];

    public Origin Find(ReadOnlySpan<char> value)
    {
        var whole = FindWhole(value);
        if (whole.IsTrusted || value.IndexOfAny(ListMarks) < 0)
            return whole;
        var parts = FindParts(value);
        return parts.IsKnown ? parts with { Sources = parts.Sources | whole.Sources } : whole with { FirstUntrusted = Math.Max(whole.FirstUntrusted, parts.FirstUntrusted) };
    }

    /// <summary>Of `Bob &lt;bob@corp.example>, eve@corp.example`, what holds for every part.</summary>
    private Origin FindParts(ReadOnlySpan<char> value)
    {
        Origin? common = null;
        while (!value.IsEmpty)
        {
            var end = value.IndexOfAny(ListMarks);
            var part = end < 0 ? value : value[..end];
            value = end < 0 ? default : value[(end + 1)..];
            if (part.IsWhiteSpace())
                continue;
            var found = FindWhole(part);
            common = common is not { } before ? found : Common(before, found);
        }

        return common ?? Origin.Unknown;
    }

    private static Origin Common(in Origin one, in Origin other) => new()
    {
        First = one.IsKnown && other.IsKnown ? Math.Max(one.First, other.First) : 0,
        FirstTrusted = one.IsTrusted && other.IsTrusted ? Math.Max(one.FirstTrusted, other.FirstTrusted) : 0,
        FirstUntrusted = !one.IsTrusted && one.FirstUntrusted != 0 ? one.FirstUntrusted : other.IsTrusted ? 0 : other.FirstUntrusted,
        LabelsAlways = one.LabelsAlways | other.LabelsAlways,
        Sources = one.Sources & other.Sources,
        IsCut = one.IsCut || other.IsCut,
    };

    private Origin FindWhole(ReadOnlySpan<char> value)
    {
        _scan.Scan(value);
        var chunks = _scan.Chunks;
        if (chunks.IsEmpty)
            return Origin.Unknown;

        var origin = FindPhrase(_scan, chunks);
        foreach (ref readonly var atom in _scan.Atoms)
            if (atom.FirstChunk == 0 && atom.LastChunk == chunks.Length - 1 && atom.Kind is ValueKind.Account or ValueKind.Digits
                && lexicon.Find(_scan.Form(atom)) is var entry and >= 0)
                origin = origin.With(Origin.Of(lexicon[entry]));
        return origin;
    }

    /// <summary>What is known of chunks of a scanned text that stand beside each other.</summary>
    public Origin FindPhrase(ScannedText scan, ReadOnlySpan<ScannedValue> chunks)
    {
        if (_entries.Length < chunks.Length)
            _entries = new int[chunks.Length * 2];
        for (var index = 0; index < chunks.Length; index++)
        {
            var entry = chunks[index].FormLength == 0 ? -1 : lexicon.Find(scan.Form(chunks[index]));
            if (entry < 0)
                return Origin.Unknown;
            _entries[index] = entry;
        }

        return chunks.Length == 1 ? Origin.Of(lexicon[_entries[0]]) : texts.Find(_entries.AsSpan(0, chunks.Length), lexicon);
    }

    /// <summary>The link that brought the value, or a part of it that names something, as untrusted while nothing trusted did; 0 for none.</summary>
    public long FindTaint(ReadOnlySpan<char> value)
    {
        if (Taint(Find(value)) is var whole and not 0)
            return whole;

        _scan.Scan(value);
        var link = TaintInside(_scan);
        if (link == 0)
            link = TaintOf(HiddenValues.Skeleton(_scan.Folded, stackalloc char[ValueForm.CharsMax]));
        if (link != 0)
            return link;

        foreach (var decoded in Decoding.AllOf(_scan.Folded))
        {
            _other.Scan(decoded);
            if (_other.Chunks.Length == 1)
                link = TaintOf(_other.Form(_other.Chunks[0]));
            if (link == 0)
                link = TaintInside(_other);
            if (link != 0)
                return link;
        }

        return 0;
    }

    private long TaintInside(ScannedText scan)
    {
        foreach (ref readonly var chunk in scan.Chunks)
            if (IsTelling(chunk) && TaintOf(scan.Form(chunk)) is var link and not 0)
                return link;
        foreach (ref readonly var atom in scan.Atoms)
            if (IsTelling(atom) && TaintOf(scan.Form(atom)) is var link and not 0)
                return link;
        return 0;
    }

    /// <summary>Words and numbers inside of a longer value say nothing of where the value came from.</summary>
    private static bool IsTelling(in ScannedValue value) => value.Kind switch
    {
        ValueKind.Word or ValueKind.Number => false,
        ValueKind.Code => value.FormLength >= CodeCharsMin,
        _ => true,
    };

    private long TaintOf(ReadOnlySpan<char> form)
    {
        if (form.IsEmpty || lexicon.Find(form) is not (var entry and >= 0))
            return 0;
        ref var known = ref lexicon[entry];
        return known.FirstTrusted != 0 ? 0 : known.FirstUntrusted != 0 ? known.FirstUntrusted : known.FirstHinted;
    }

    private static long Taint(in Origin origin) => origin.IsTrusted ? 0 : origin.FirstUntrusted;

    /// <summary>Whether two texts are one value.</summary>
    public bool AreSame(ReadOnlySpan<char> one, ReadOnlySpan<char> other)
    {
        _scan.Scan(one);
        _other.Scan(other);
        if (_scan.Chunks.Length != _other.Chunks.Length || _scan.Chunks.IsEmpty)
            return false;
        for (var index = 0; index < _scan.Chunks.Length; index++)
            if (_scan.Chunks[index].FormLength == 0 || !_scan.Form(_scan.Chunks[index]).SequenceEqual(_other.Form(_other.Chunks[index])))
                return false;
        return true;
    }
}

using System.Text.Json;
using Harness.Mcp.Core.Provenance.Text;
using Harness.Mcp.Core.Rules.Forms;

namespace Harness.Mcp.Core.Provenance;

/// <summary>What a text carries that a `carry` rule refuses.</summary>
/// <param name="What">`link`, `address`, `secret`, or the label.</param>
/// <param name="Link">The link that brought it; 0 where the mission has never met it.</param>
internal sealed record Carried(string What, long Link)
{
    /// <summary>True where not the text was found, but something that it may hold could not be taken in.</summary>
    public bool IsUnread { get; init; }
}

/// <summary>Looks through the text of an argument for what one `carry` rule refuses. Encoded text is looked through as what it says.</summary>
internal sealed class CarriedValues
{
    /// <summary>So many values beside each other, in the words of a labelled text, are no accident.</summary>
    public const int ShingleChunks = 5;

    /// <summary>Names and the like: the whole value of a declared field has at most so many words to be found among others.</summary>
    public const int DeclaredChunksMax = 4;

    private const int TellingCharsMin = 4;

    private readonly ProvenanceIndex _index;
    private readonly bool _refusesLinks;
    private readonly bool _refusesAddresses;
    private readonly bool _refusesSecrets;
    private readonly (string Name, ulong Mask)[] _labels;
    private readonly ulong _mask;
    private readonly ScannedText _scan = new();
    private readonly JsonTexts _json = new();

    public CarriedValues(Carry form, ProvenanceIndex index)
    {
        _index = index;
        _refusesLinks = form.Refuse.Contains(Carry.Link, StringComparer.Ordinal);
        _refusesAddresses = form.Refuse.Contains(Carry.Address, StringComparer.Ordinal);
        _refusesSecrets = form.Refuse.Contains(Carry.Secret, StringComparer.Ordinal);

        // `secret` is a shape, and as a label what a tool's owner says of a value of any shape.
        _labels = [.. form.Refuse.Where(word => word is not (Carry.Link or Carry.Address)).Select(label => (label, index.MaskOf(label)))];
        foreach (var (_, mask) in _labels)
            _mask |= mask;
    }

    public Carried? Find(JsonElement value)
    {
        var text = _json.Scalar(value);
        if (text.IsWhiteSpace())
            return null;
        if ((_index.UnreadLabels & _mask) is var unread and not 0)
            return new Carried(Name(unread), 0) { IsUnread = true };

        // Encoded text first: what it says explains more than that it looks like a key.
        foreach (var decoded in Encoded(text))
            if (Look(decoded) is { } hidden)
                return hidden;
        return Look(text);
    }

    private List<string> Encoded(ReadOnlySpan<char> text)
    {
        _scan.Scan(text);
        var found = new List<string>();
        foreach (ref readonly var chunk in _scan.Chunks)
            found.AddRange(Decoding.AllOf(_scan.Raw(chunk)));
        return found;
    }

    private Carried? Look(ReadOnlySpan<char> text)
    {
        _scan.Scan(text);
        if (_refusesSecrets && SecretShape.HasPrivateKey(_scan.Folded))
            return new Carried(Carry.Secret, 0);
        foreach (ref readonly var chunk in _scan.Chunks)
            if (Look(chunk) is { } found)
                return found;
        if (_mask == 0)
            return null;
        foreach (ref readonly var atom in _scan.Atoms)
            if (Labelled(_index.FindForm(_scan.Form(atom)).Origin) is { } found)
                return found;
        return LookBeside();
    }

    private Carried? Look(in ScannedValue chunk)
    {
        var raw = _scan.Raw(chunk);
        var (origin, declared) = _index.FindForm(_scan.Form(chunk));
        if (_refusesLinks && !origin.IsTrusted && (chunk.Kind == ValueKind.Link ? !UrlForm.MayBeTwoSentences(raw) : UrlForm.IsInside(raw)))
            return new Carried(Carry.Link, origin.First);
        if (_refusesAddresses && !origin.IsTrusted && (chunk.Kind == ValueKind.Address || AddressForm.IsInside(raw)))
            return new Carried(Carry.Address, origin.First);
        if (_refusesSecrets && (origin.Sources & ProvenancePlan.AnyInput) == 0
            && !(chunk.Kind == ValueKind.Link && origin.IsTrusted) && SecretShape.IsInside(raw))
            return new Carried(Carry.Secret, origin.First);
        if (_mask == 0)
            return null;

        // What is too long to be read could be anything.
        if (raw.Length > Decoding.CharsMax)
            return new Carried(_labels[0].Name, 0) { IsUnread = true };
        return IsTelling(chunk) ? Labelled(origin) : Labelled(origin, declared);
    }

    /// <summary>Values that stand beside each other: whole values of declared fields, and stretches of labelled text.</summary>
    private Carried? LookBeside()
    {
        var count = _scan.Chunks.Length;
        for (var first = 0; first < count; first++)
        {
            for (var length = 2; length <= DeclaredChunksMax && first + length <= count; length++)
                if (_index.FindJoined(_scan, first, length) is var (whole, declared) && Labelled(whole, declared) is not null
                    && Labelled(_index.FindPhrase(_scan, first, length) is { IsKnown: true } anywhere ? anywhere : whole, declared) is { } field)
                    return field;
            if (first + ShingleChunks > count)
                continue;
            var stretch = _index.FindPhrase(_scan, first, ShingleChunks);
            if (stretch.IsCut && !stretch.IsKnown)
                return new Carried(_labels[0].Name, 0) { IsUnread = true };
            if (Labelled(stretch) is { } found)
                return found;
        }

        return null;
    }

    /// <summary>Single words and short numbers are everywhere, so they count only as the whole value of a declared field.</summary>
    private static bool IsTelling(in ScannedValue chunk) => chunk.Kind switch
    {
        ValueKind.Word => false,
        ValueKind.Code or ValueKind.Number => chunk.FormLength >= TellingCharsMin,
        _ => true,
    };

    private Carried? Labelled(in Origin origin, ulong among = ulong.MaxValue) =>
        origin.IsKnown && (origin.LabelsAlways & among & _mask) is var labels and not 0 ? new Carried(Name(labels), origin.First) : null;

    private string Name(ulong labels)
    {
        foreach (var (name, mask) in _labels)
            if ((labels & mask) != 0)
                return name;
        return _labels[0].Name;
    }
}

namespace Harness.Mcp.Core.Provenance;

/// <summary>Where one text came from.</summary>
/// <param name="Link">The version of the link that admitted the call; 1 for the mission's inputs.</param>
/// <param name="Labels">As bits of <see cref="ProvenanceLabels"/>.</param>
/// <param name="Sources">As bits of <see cref="ProvenancePlan"/>.</param>
/// <param name="IsTrusted">The text came from the mission's inputs, or from a result that ended well and is not labelled `untrusted` there.</param>
internal readonly record struct TextOrigin(uint Link, ulong Labels, ulong Sources, bool IsTrusted)
{
    public int Start { get; init; }

    public bool IsUntrusted => (Labels & ProvenanceLabels.Untrusted) != 0;
}

/// <summary>What a mission knows of a value. Versions of links are those of the admissions; 0 stands for none.</summary>
internal readonly record struct Origin
{
    public static Origin Unknown { get; } = new() { LabelsAlways = ulong.MaxValue };

    /// <summary>The link that first brought it; 1 for the mission's inputs.</summary>
    public long First { get; init; }

    public long FirstTrusted { get; init; }

    public long FirstUntrusted { get; init; }

    /// <summary>Labels that it never came without.</summary>
    public ulong LabelsAlways { get; init; }

    /// <summary>Named sources that it came from.</summary>
    public ulong Sources { get; init; }

    /// <summary>There are too many places to look at them all: what was not found may be there.</summary>
    public bool IsCut { get; init; }

    public bool IsKnown => First != 0;

    public bool IsTrusted => FirstTrusted != 0;

    public static Origin Of(in LexiconEntry entry) => entry.First == 0 ? Unknown : new()
    {
        First = entry.First,
        FirstTrusted = entry.FirstTrusted,
        FirstUntrusted = entry.FirstUntrusted,
        LabelsAlways = entry.LabelsAlways,
        Sources = entry.Sources,
    };

    public Origin With(in TextOrigin text) => this with
    {
        First = Earlier(First, text.Link),
        FirstTrusted = text.IsTrusted ? Earlier(FirstTrusted, text.Link) : FirstTrusted,
        FirstUntrusted = text.IsUntrusted ? Earlier(FirstUntrusted, text.Link) : FirstUntrusted,
        LabelsAlways = LabelsAlways & text.Labels,
        Sources = Sources | text.Sources,
    };

    public Origin With(in Origin other) => !other.IsKnown ? this with { IsCut = IsCut | other.IsCut } : new()
    {
        First = Earlier(First, other.First),
        FirstTrusted = Earlier(FirstTrusted, other.FirstTrusted),
        FirstUntrusted = Earlier(FirstUntrusted, other.FirstUntrusted),
        LabelsAlways = LabelsAlways & other.LabelsAlways,
        Sources = Sources | other.Sources,
        IsCut = IsCut | other.IsCut,
    };

    private static long Earlier(long one, long other) => one == 0 ? other : other == 0 ? one : Math.Min(one, other);
}

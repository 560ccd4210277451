using System.Collections.Immutable;

namespace Harness.Mcp.Core.Rules;

/// <summary>
/// One line of `labels:`, from the least to the most restricted label: `public &lt; internal &lt; secret` by confidentiality,
/// `trusted &gt; partner &gt; untrusted` by integrity. Labels that no line connects are compartments of their own.
/// </summary>
public sealed record LabelLine(ImmutableArray<string> Labels, bool IsIntegrity);

/// <summary>
/// How labels stand to each other: a partial order, the lines of all layers together. More lines put more labels above a label, so a layer
/// that adds one can only tighten.
/// </summary>
public sealed class LabelOrder
{
    private readonly ImmutableArray<LabelLine> _lines;

    public LabelOrder(IEnumerable<LabelLine> lines) => _lines = [.. lines];

    public static LabelOrder None { get; } = new([]);

    /// <summary>The label, and every one that is more restricted, sorted.</summary>
    public ImmutableArray<string> AtLeast(string label)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal) { label };
        var waiting = new Queue<string>([label]);
        while (waiting.TryDequeue(out var next))
            foreach (var line in _lines)
                if (line.Labels.IndexOf(next, StringComparer.Ordinal) is >= 0 and var place)
                    foreach (var above in line.Labels.Skip(place + 1))
                        if (found.Add(above))
                            waiting.Enqueue(above);
        return [.. found];
    }

    /// <summary>Whether a line orders the label by integrity (true) or confidentiality (false); null where none names it.</summary>
    public bool? IsIntegrity(string label) =>
        _lines.FirstOrDefault(line => line.Labels.Contains(label, StringComparer.Ordinal))?.IsIntegrity;
}

/// <summary>`declassify: { label: personal, by: [hr/anonymise] }`: a call of one of the tools that ended well clears the label of what was read before it.</summary>
public sealed record Declassifier(string Label, ImmutableArray<Missions.Placed<Tools.ToolSelector>> By);

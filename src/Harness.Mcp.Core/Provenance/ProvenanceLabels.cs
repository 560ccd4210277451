using System.Collections.Immutable;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Provenance;

/// <summary>
/// Labels as bits. Past 62 names all further ones share the last bit: a rule that names one of them then refuses what carries any of them.
/// </summary>
internal sealed class ProvenanceLabels
{
    public const ulong Untrusted = 1;

    private const int BitsMax = 64;

    private readonly Dictionary<string, int> _bits = new(StringComparer.Ordinal) { [LabelNames.Untrusted] = 0 };

    public ulong MaskOf(string label)
    {
        if (!_bits.TryGetValue(label, out var bit))
        {
            bit = Math.Min(_bits.Count, BitsMax - 1);
            if (_bits.Count < BitsMax)
                _bits.Add(label, bit);
        }

        return 1UL << bit;
    }

    /// <summary>Writes the names in the order of their bits, or reads them back.</summary>
    public void Transfer(StateTransfer state)
    {
        var names = _bits.OrderBy(pair => pair.Value).Select(pair => pair.Key).ToList();
        _bits.Clear();
        state.Ordered(
            names,
            (state, name) =>
            {
                state.Text(ref name!);
                _bits.Add(name, _bits.Count);
                return name;
            },
            static _ => { });
    }

    public ulong MaskOf(ImmutableArray<string> labels)
    {
        var mask = 0UL;
        foreach (var label in labels)
            mask |= MaskOf(label);
        return mask;
    }
}

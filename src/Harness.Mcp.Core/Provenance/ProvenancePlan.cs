using System.Collections.Immutable;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules.Forms;

namespace Harness.Mcp.Core.Provenance;

/// <summary>What a mission's document asks of provenance: which sources it names, as bits, and whether it asks anything at all.</summary>
internal sealed class ProvenancePlan
{
    /// <summary>Stands for all inputs of the mission together.</summary>
    public const ulong AnyInput = 1UL << 63;

    private ProvenancePlan(IEnumerable<string> inputs, IEnumerable<Grant> grants)
    {
        Inputs = [.. inputs];
        var sources = ImmutableArray.CreateBuilder<BoundSource>();
        foreach (var source in grants.SelectMany(grant => grant.Bound).SelectMany(bound => bound.Sources))
            if (sources.Count < MissionBounds.BoundSourcesMax)
                sources.Add(source);
        Sources = sources.ToImmutable();
    }

    public ImmutableArray<string> Inputs { get; }

    /// <summary>Every source that a bound argument names; the position is the bit.</summary>
    public ImmutableArray<BoundSource> Sources { get; }

    /// <param name="isAskedByOthers">Whether guardrails or terms ask.</param>
    /// <returns>Null where nothing asks where a value came from: then no result needs to be indexed.</returns>
    public static ProvenancePlan? Of(MissionTemplate template, bool isAskedByOthers) =>
        isAskedByOthers
        || template.Grounding != GroundingMode.Off
        || template.Grants.Any(grant => !grant.Bound.IsEmpty)
        || template.Rules.Any(rule => rule.Form is Carry)
            ? new ProvenancePlan(template.Inputs.Select(input => input.Name), template.Grants)
            : null;

    /// <summary>For a rule that is tried without a mission around it.</summary>
    public static ProvenancePlan OfExample(IEnumerable<string> inputs) => new(inputs, []);

    public ulong BitsOf(BoundArgument bound)
    {
        var bits = 0UL;
        for (var index = 0; index < Sources.Length; index++)
            foreach (var source in bound.Sources)
                if (ReferenceEquals(source, Sources[index]))
                    bits |= 1UL << index;
        return bits;
    }
}

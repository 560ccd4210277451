using System.Collections.Immutable;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions;

/// <summary>What of a mission concerns one tool, worked out once, so that a decision asks nothing else.</summary>
/// <param name="Facts">The facts that the plan was made for; a tool whose meaning changed gets a new plan.</param>
/// <param name="Judging">Rules that judge its calls, in document order.</param>
/// <param name="Noticing">Rules that remember its calls.</param>
/// <param name="Feeding">Anchors that its results feed, with the field.</param>
internal sealed record ToolPlan(
    ToolFacts Facts,
    ImmutableArray<GrantInForce> Grants,
    bool IsUnanchored,
    ImmutableArray<RuleInForce> Judging,
    ImmutableArray<RuleInForce> Noticing,
    ImmutableArray<(AnchorSet Set, FieldPath Field)> Feeding)
{
    /// <summary>Whether selectors and rules see both alike.</summary>
    public bool IsFor(ToolFacts tool) => ReferenceEquals(Facts, tool)
        || (Facts.Id == tool.Id
            && Facts.Effect == tool.Effect
            && string.Equals(Facts.Domain, tool.Domain, StringComparison.Ordinal)
            && Facts.Sinks.AsSpan().SequenceEqual(tool.Sinks.AsSpan()));

    /// <summary>Whether what an admitted call brings is part of the mission, since it names things of the mission.</summary>
    public bool IsAnchored(ChainCall call)
    {
        if (Feeding.IsEmpty)
            return false;
        foreach (var grant in Grants)
            if (grant.Covers(call))
                return true;
        return false;
    }
}

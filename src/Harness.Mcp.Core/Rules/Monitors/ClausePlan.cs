using System.Collections.Immutable;
using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>
/// A <see cref="Clause"/> compiled: what a <see cref="ClauseMonitor"/> computes of a link and of a call. Shared by all missions.
/// </summary>
internal sealed record ClausePlan
{
    /// <summary>Most joins of one clause. An index is kept for every subset of them, since any of them may err.</summary>
    public const int JoinsMax = 3;

    /// <summary>The tests of the link alone; null where there is none.</summary>
    public required CelProgram? Link { get; init; }

    /// <summary>The tests of the call alone; null where there is none.</summary>
    public required CelProgram? Call { get; init; }

    public required ImmutableArray<JoinPlan> Joins { get; init; }

    public required ImmutableArray<AgePlan> Ages { get; init; }

    /// <summary>Whether links are counted; else it is enough to know that there is one.</summary>
    public required bool IsCounted { get; init; }

    /// <summary>What is kept, for people.</summary>
    public required string Words { get; init; }

    /// <summary>A bit for each join.</summary>
    public int AllJoins => (1 << Joins.Length) - 1;

    /// <summary>The joins that are not negated.</summary>
    public int PositiveJoins
    {
        get
        {
            var mask = 0;
            for (var join = 0; join < Joins.Length; join++)
                mask |= Joins[join].IsNegated ? 0 : 1 << join;
            return mask;
        }
    }
}

/// <param name="AskedText">The source of <paramref name="Asked"/>, by which rules share its answer for one call; null where it depends on more than the call.</param>
internal sealed record JoinPlan(JoinKind Kind, CelProgram Key, CelProgram Asked, string? AskedText, bool IsNegated);

/// <param name="Plus">Evaluated once for a mission, as is <paramref name="Minus"/>; null counts as zero.</param>
internal sealed record AgePlan(string Operator, CelProgram? Plus, CelProgram? Minus);

using System.Collections.Immutable;
using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>
/// One question that an expression asks of the chain: what a macro over `chain` became. `Settled` names the monitors that answer
/// it for settled calls; for pending calls the macro's own parts are evaluated.
/// </summary>
/// <param name="Text">The macro, shortened, for messages.</param>
internal abstract record QuestionPlan(string Text, int Offset)
{
    /// <summary>Whether the question stands inside another macro over the chain; then its links are not causes of the answer.</summary>
    public bool IsInner { get; init; }

    /// <summary>Whether one evaluation may ask it several times, since it stands inside a macro or a binding.</summary>
    public bool IsRepeated { get; init; }

    /// <summary>`chain.exists(l, condition)`, or `chain.all(l, condition)`: then the clauses are those of `!condition`.</summary>
    /// <param name="Settled">Indexes of clauses; one of them must hold for a link.</param>
    public sealed record Exists(string Text, int Offset, ImmutableArray<int> Settled, CelProgram Condition, bool IsAll)
        : QuestionPlan(Text, Offset);

    /// <summary>`chain.filter(l, condition).size()`, or with <paramref name="IsOne"/> `chain.exists_one(l, condition)`.</summary>
    /// <param name="Condition">Null for `chain.size()`.</param>
    public sealed record Count(string Text, int Offset, ImmutableArray<SignedClause> Settled, CelProgram? Condition, bool IsOne)
        : QuestionPlan(Text, Offset);

    /// <summary>`asked in chain.filter(l, condition).map(l, value)`. Join 0 of each clause compares the value with what is asked.</summary>
    /// <param name="Condition">Null where every link is taken.</param>
    public sealed record Member(
        string Text, int Offset, ImmutableArray<SignedClause> Settled, CelProgram? Condition, CelProgram Value, CelProgram Asked)
        : QuestionPlan(Text, Offset);
}

/// <summary>
/// A part of a count over alternatives that may hold together: links that several of them count are taken off again
/// (inclusion and exclusion), by clauses that hold where all of those do.
/// </summary>
/// <param name="Sign">1 or -1.</param>
/// <param name="IsSingle">Whether the clause is one alternative itself, so that its links can be named as causes.</param>
internal readonly record struct SignedClause(int Clause, int Sign, bool IsSingle);

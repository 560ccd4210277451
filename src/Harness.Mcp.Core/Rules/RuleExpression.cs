using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Rules.Monitors;
using Harness.Mcp.Core.Rules.Reading;

namespace Harness.Mcp.Core.Rules;

/// <summary>
/// A CEL expression over `call`, `chain`, `mission`, `agent` and `now`, compiled so that no evaluation scans the chain: each
/// macro over `chain` became a monitor, and what cannot become one was refused with the reason and a rewrite.
/// </summary>
public sealed class RuleExpression
{
    private RuleExpression(string source, CelProgram whole, ImmutableArray<QuestionPlan> questions, ImmutableArray<ClausePlan> clauses)
    {
        Source = source;
        Whole = whole;
        Questions = questions;
        Clauses = clauses;
    }

    public string Source { get; }

    /// <summary>The expression with a slot for each question to the chain.</summary>
    internal CelProgram Whole { get; }

    internal ImmutableArray<QuestionPlan> Questions { get; }

    internal ImmutableArray<ClausePlan> Clauses { get; }

    /// <summary>What is kept of the chain to answer the expression, one sentence for each monitor.</summary>
    internal ImmutableArray<string> Monitors => [.. Clauses.Select(clause => clause.Words)];

    /// <param name="source">The expression; it must be of type bool.</param>
    /// <param name="at">Where the expression starts, so that problems name the column inside it.</param>
    public static Parsed<RuleExpression> Compile(string source, SourcePosition at)
    {
        ArgumentNullException.ThrowIfNull(source);

        var parsed = CelParser.Parse(source);
        if (!parsed.IsValid)
            return Failed(parsed.Problems, source, at);

        var check = CelProgram.Compile(parsed.Value, RuleVocabulary.OfExpression);
        if (!check.IsValid)
            return Failed(check.Problems, source, at);
        if (check.Value.Type != CelType.Bool && check.Value.Type != CelType.Dyn)
            return Failed([new CelProblem(0, $"The expression is of type {check.Value.Type}; a rule needs a bool.", "Compare it with something.")], source, at);

        var compiled = ChainCompiler.Compile(parsed.Value);
        if (!compiled.Problems.IsEmpty)
            return Failed(compiled.Problems, source, at);

        var whole = CelProgram.Compile(compiled.Whole, RuleVocabulary.OfExpression);
        return whole.IsValid
            ? new(new RuleExpression(source, whole.Value, compiled.Questions, compiled.Clauses))
            : Failed(whole.Problems, source, at);
    }

    /// <summary>Fresh monitors, as for a chain without calls. The state that is returned has one owner and is not thread-safe.</summary>
    /// <param name="mission">What `mission` means in this state: monitors judge settled calls by it, once and for all.</param>
    public RuleExpressionState NewState(MissionFacts mission)
    {
        ArgumentNullException.ThrowIfNull(mission);
        return NewState(mission, new CallReader());
    }

    /// <summary>The same among other rules of the mission.</summary>
    internal RuleExpressionState NewState(MissionFacts mission, CallReader calls) => new(this, mission, calls);

    private static Parsed<RuleExpression> Failed(ImmutableArray<CelProblem> problems, string source, SourcePosition at) => new(
    [
        .. problems
            .DistinctBy(problem => (problem.Offset, problem.Message))
            .OrderBy(problem => problem.Offset)
            .Select(problem => new Problem(Place(problem.Offset, source, at), problem.Message, problem.Remedy)),
    ]);

    internal static SourcePosition Place(int offset, string source, SourcePosition at)
    {
        if (at.Line == 0)
            return at;

        var before = source.AsSpan(0, Math.Clamp(offset, 0, source.Length));
        var lines = before.Count('\n');
        return lines == 0
            ? at with { Column = at.Column + before.Length }
            : at with { Line = at.Line + lines, Column = before.Length - before.LastIndexOf('\n') };
    }
}

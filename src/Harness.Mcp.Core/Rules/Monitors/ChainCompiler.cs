using System.Collections.Immutable;
using System.Numerics;
using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>
/// Puts a slot in the place of each macro over `chain` and plans the monitors that answer it. What no monitor can answer becomes
/// a problem.
/// </summary>
internal sealed class ChainCompiler
{
    /// <summary>Most alternatives of one macro that asks whether there is a link.</summary>
    public const int AlternativesMax = 8;

    /// <summary>Most alternatives of one macro that counts; every combination of them has its own monitor.</summary>
    public const int AlternativesCountedMax = 3;

    private const string Unnamed = "link";

    private readonly List<CelProblem> _problems = [];
    private readonly List<QuestionPlan> _questions = [];
    private readonly List<ClausePlan> _clauses = [];
    private readonly Dictionary<string, int> _known = new(StringComparer.Ordinal);
    private readonly List<string> _variables = [];
    private readonly List<string> _links = [];

    /// <param name="Whole">The expression with slots.</param>
    public sealed record Compiled(
        Expr Whole, ImmutableArray<QuestionPlan> Questions, ImmutableArray<ClausePlan> Clauses, ImmutableArray<CelProblem> Problems);

    /// <param name="whole">An expression that the checker has accepted.</param>
    public static Compiled Compile(Expr whole)
    {
        var compiler = new ChainCompiler();
        var rewritten = compiler.Rewrite(whole);
        return new Compiled(rewritten, [.. compiler._questions], [.. compiler._clauses], [.. compiler._problems]);
    }

    private Expr Rewrite(Expr expr)
    {
        switch (expr)
        {
            case Expr.Name name when ChainSource.IsChain(name):
                return Refuse(name, "`chain` itself is no value that a rule can keep.", ChainSource.Shapes);
            case Expr.Macro macro when ChainSource.StartsAtChain(macro.Range):
                return Quantified(macro);
            case Expr.Call { Function: "size", Receiver: { } receiver, Arguments.Length: 0 } call when ChainSource.StartsAtChain(receiver):
                return Size(call, receiver);
            case Expr.Call { Function: "size", Receiver: null, Arguments.Length: 1 } call when ChainSource.StartsAtChain(call.Arguments[0]):
                return Size(call, call.Arguments[0]);
            case Expr.Call { Function: Operators.In } among when ChainSource.StartsAtChain(among.Arguments[1]):
                return Member(among);
            case Expr.Call call when ExprParts.Of(call).Any(ChainSource.StartsAtChain):
                return Refuse(call, ChainSource.WhyNot(call), ChainSource.Instead(call));
            case Expr.Macro macro:
                return Scoped(macro, macro.SecondVariable is { } second ? [macro.Variable, second] : [macro.Variable]);
            case Expr.Bind bind:
                return Scoped(bind, [bind.Variable]);
            default:
                return ExprRewrite.Parts(expr, Rewrite);
        }
    }

    private Expr Scoped(Expr expr, string[] variables)
    {
        foreach (var variable in variables.Where(RuleVocabulary.IsVariable))
            _problems.Add(Shadowing(expr, variable));

        _variables.AddRange(variables);
        var rewritten = ExprRewrite.Parts(expr, Rewrite);
        _variables.RemoveRange(_variables.Count - variables.Length, variables.Length);
        return rewritten;
    }

    private Expr Quantified(Expr.Macro macro)
    {
        if (macro.Kind is not (MacroKind.Exists or MacroKind.All or MacroKind.ExistsOne))
            return Refuse(macro, $"`{ExprText.Brief(macro)}` takes a list out of the chain.", ChainSource.Shapes);
        if (macro.SecondVariable is not null)
            return Refuse(macro, "A macro over the chain takes one variable, the link.", "Use the link's `index` for its place.");
        if (ChainSource.Of(macro.Range) is not { Where: null, Value: null })
        {
            var remedy = ChainSource.Merged(macro) ?? "Write one macro over `chain`.";
            return Refuse(macro, "A list taken out of the chain cannot be asked again.", remedy);
        }

        if (Condition(macro, macro.Variable, macro.Body) is not { } condition)
            return macro;

        var isAll = macro.Kind == MacroKind.All;
        var isCounted = macro.Kind == MacroKind.ExistsOne;
        var before = _problems.Count;
        var clauses = Alternatives.Of(condition, macro.Variable, isAll, isCounted ? AlternativesCountedMax : AlternativesMax, _problems);
        if (_problems.Count > before || Program(condition, macro.Variable) is not { } program)
            return macro;

        var text = ExprText.Brief(macro);
        QuestionPlan question = isCounted
            ? new QuestionPlan.Count(text, macro.Offset, Counted(clauses, null, macro), program, true)
            : new QuestionPlan.Exists(text, macro.Offset, [.. clauses.Select(clause => Plan(clause, false, macro))], program, isAll);
        return Ask(question, CelType.Bool);
    }

    private Expr Size(Expr.Call call, Expr list)
    {
        if (ChainSource.Of(list) is not { Value: null } source)
        {
            var remedy = ChainSource.Merged(list) ?? "Write `chain.filter(l, …).size()`.";
            return Refuse(call, "Only `chain` and `chain.filter(l, …)` can be counted.", remedy);
        }

        var text = ExprText.Brief(list);
        if (source.Where is null)
            return Ask(new QuestionPlan.Count(text, call.Offset, Counted([new Clause([])], null, call), null, false), CelType.Int);
        if (Condition(list, source.Variable, source.Where) is not { } condition)
            return call;

        var before = _problems.Count;
        var clauses = Alternatives.Of(condition, source.Variable, false, AlternativesCountedMax, _problems);
        return _problems.Count > before || Program(condition, source.Variable) is not { } program
            ? call
            : Ask(new QuestionPlan.Count(text, call.Offset, Counted(clauses, null, call), program, false), CelType.Int);
    }

    private Expr Member(Expr.Call among)
    {
        if (ChainSource.Of(among.Arguments[1]) is not { Value: { } value } source)
            return Refuse(among, ChainSource.WhyNot(among), ChainSource.Instead(among));

        var asked = Rewrite(among.Arguments[0]);
        if (Outside(asked) is { } outer)
            return RefuseOuter(outer);

        var condition = source.Where is null ? null : Condition(among, source.Variable, source.Where);
        if (Condition(among, source.ValueVariable, value) is not { } mapped || (source.Where is not null && condition is null))
            return among;
        if ((ReadsOf.Part(mapped, source.ValueVariable, []) & Reads.Call) != Reads.None)
        {
            return Refuse(
                mapped,
                $"`{ExprText.Brief(mapped)}` depends on the proposed call, so it cannot be kept for the links that have settled.",
                "Move what depends on the call to the left of `in`.");
        }

        var before = _problems.Count;
        var clauses = condition is null
            ? [new Clause([])]
            : Alternatives.Of(condition, source.Variable, false, AlternativesCountedMax, _problems);
        if (_problems.Count > before
            || Program(mapped, source.ValueVariable) is not { } valueProgram
            || Program(asked, source.ValueVariable) is not { } askedProgram)
        {
            return among;
        }

        var conditionProgram = condition is null ? null : Program(condition, source.Variable);
        var join = new Test.Join(JoinKind.Equal, mapped, asked, source.ValueVariable, false);
        return Ask(
            new QuestionPlan.Member(
                ExprText.Brief(among), among.Offset, Counted(clauses, join, among), conditionProgram, valueProgram, askedProgram),
            CelType.Bool);
    }

    // A macro's condition or value with the questions inside it rewritten; null where it cannot be answered.
    private Expr? Condition(Expr macro, string variable, Expr body)
    {
        var before = _problems.Count;
        if (RuleVocabulary.IsVariable(variable))
            _problems.Add(Shadowing(macro, variable));
        if (Outside(body, variable) is { } outer)
            RefuseOuter(outer);

        _variables.Add(variable);
        _links.Add(variable);
        var rewritten = Rewrite(body);
        _links.RemoveAt(_links.Count - 1);
        _variables.RemoveAt(_variables.Count - 1);
        return _problems.Count == before ? rewritten : null;
    }

    private Expr.Name? Outside(Expr part, string? except = null) =>
        ReadsOf.FirstOf(part, [.. _variables.Where(variable => !string.Equals(variable, except, StringComparison.Ordinal))]);

    private Expr RefuseOuter(Expr.Name outer) => _links.Contains(outer.Identifier)
        ? Refuse(
            outer,
            $"This macro compares links with each other: `{outer.Identifier}` belongs to the macro around it.",
            "Compare each link with the proposed call instead.")
        : Refuse(
            outer,
            $"`{outer.Identifier}` changes while the expression is evaluated, and a macro over the chain is asked once for each call.",
            "Write its value out inside the macro.");

    private ImmutableArray<SignedClause> Counted(ImmutableArray<Clause> alternatives, Test.Join? first, Expr at)
    {
        var signed = ImmutableArray.CreateBuilder<SignedClause>();
        for (var subset = 1; subset < 1 << alternatives.Length; subset++)
        {
            var together = new Clause([]);
            for (var one = 0; one < alternatives.Length; one++)
                together = (subset >> one & 1) == 0 ? together : together.And(alternatives[one]);

            var size = BitOperations.PopCount((uint)subset);
            var clause = first is null ? together : new Clause([first, .. together.Tests]);
            signed.Add(new SignedClause(Plan(clause, true, at), size % 2 == 1 ? 1 : -1, size == 1));
        }

        return signed.ToImmutable();
    }

    private int Plan(Clause clause, bool isCounted, Expr at)
    {
        var key = $"{(isCounted ? "count" : "exists")} {clause}";
        if (_known.TryGetValue(key, out var known))
            return known;

        var joins = clause.Tests.OfType<Test.Join>().ToList();
        if (joins.Count > ClausePlan.JoinsMax)
        {
            Refuse(
                at,
                $"This condition joins links and the call on {joins.Count} values at once; at most {ClausePlan.JoinsMax} are kept.",
                "Leave out what the other values already decide, or split it into several rules.");
        }

        var link = clause.Tests.OfType<Test.OfLink>().ToList();
        var call = clause.Tests.OfType<Test.OfCall>().ToList();
        var plan = new ClausePlan
        {
            Link = link.Count == 0 ? null : Program(All([.. link.Select(test => test.Condition)]), link[0].Variable),
            Call = call.Count == 0 ? null : Program(All([.. call.Select(test => test.Condition)]), Unnamed),
            Joins = [.. joins.Take(ClausePlan.JoinsMax).Select(Plan).OfType<JoinPlan>()],
            Ages = [.. clause.Tests.OfType<Test.Age>().Select(Plan)],
            IsCounted = isCounted,
            Words = Words(clause, isCounted),
        };

        _clauses.Add(plan);
        _known.Add(key, _clauses.Count - 1);
        return _clauses.Count - 1;
    }

    private JoinPlan? Plan(Test.Join join) => Program(join.Key, join.Variable) is { } key && Program(join.Asked, join.Variable) is { } asked
        ? new JoinPlan(join.Kind, key, asked, HoldsSlot(join.Asked) ? null : ExprText.Of(join.Asked), join.IsNegated)
        : null;

    // The answer to a question inside the macro changes with the chain.
    private static bool HoldsSlot(Expr expr) => expr is Expr.Slot || ExprParts.Of(expr).Any(HoldsSlot);

    private AgePlan Plan(Test.Age age) => new(
        age.Operator,
        age.Plus is null ? null : Program(age.Plus, Unnamed),
        age.Minus is null ? null : Program(age.Minus, Unnamed));

    private static string Words(Clause clause, bool isCounted)
    {
        var kept = clause.Tests.Where(test => test is Test.OfLink).Select(test => $"`{test}`").ToList();
        var keys = clause.Tests.OfType<Test.Join>().Select(join => $"`{ExprText.Of(join.Key)}` (asked: `{join}`)").ToList();
        var ages = clause.Tests.OfType<Test.Age>().Select(age => $"`{age}`").ToList();
        return (isCounted ? "counts links" : "the latest link")
            + (kept.Count == 0 ? "" : $" where {string.Join(" and ", kept)}")
            + (keys.Count == 0 ? "" : $", by {string.Join(" and ", keys)}")
            + (ages.Count == 0 ? "" : $", while {string.Join(" and ", ages)}");
    }

    private static Expr All(ImmutableArray<Expr> conditions) =>
        conditions.Skip(1).Aggregate(conditions[0], (left, right) => new Expr.Call(Operators.And, null, [left, right], left.Offset));

    private CelProgram? Program(Expr part, string link)
    {
        var compiled = CelProgram.Compile(part, RuleVocabulary.OfLink(link));
        _problems.AddRange(compiled.Problems);
        return compiled.Value;
    }

    private Expr.Slot Ask(QuestionPlan question, CelType type)
    {
        _questions.Add(question with { IsInner = _links.Count > 0, IsRepeated = _variables.Count > 0 });
        return new Expr.Slot(_questions.Count - 1, type, question.Offset);
    }

    private Expr Refuse(Expr at, string message, string? remedy)
    {
        _problems.Add(new CelProblem(at.Offset, message, remedy));
        return at;
    }

    private static CelProblem Shadowing(Expr at, string variable) =>
        new(at.Offset, $"`{variable}` is the name of a rule's own variable, so a macro cannot use it.", "Name the link `l`.");
}

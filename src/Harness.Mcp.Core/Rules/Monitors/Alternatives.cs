using System.Collections.Immutable;
using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>
/// Turns the condition of a macro over the chain into alternatives, each a <see cref="Clause"/>: it holds where one of them
/// does. CEL's `&amp;&amp;`, `||` and `!` over yes, no and error form a distributive lattice with De Morgan's laws, so nothing is lost.
/// </summary>
internal sealed class Alternatives(string variable, int alternativesMax)
{
    // Far more than any condition within the bounds needs; nested choices would need more and more.
    private const int PartsMax = 4_096;

    private readonly List<CelProblem> _problems = [];
    private int _parts;

    /// <param name="condition">Reads no variable from around the macro, and no unanswered question to the chain.</param>
    /// <param name="isNegated">Whether the alternatives of `!condition` are wanted.</param>
    public static ImmutableArray<Clause> Of(
        Expr condition, string variable, bool isNegated, int alternativesMax, List<CelProblem> problems)
    {
        var alternatives = new Alternatives(variable, alternativesMax);
        var clauses = alternatives.Split(condition, isNegated);
        if (alternatives._problems.Count == 0 && clauses.Length > alternativesMax)
        {
            alternatives._problems.Add(new CelProblem(
                condition.Offset,
                $"This condition amounts to {clauses.Length} alternatives; at most {alternativesMax} are kept here, each by its own index.",
                "Split it into several macros joined by `||` or `&&`, or into several rules."));
        }

        problems.AddRange(alternatives._problems.Take(8));
        return clauses;
    }

    private ImmutableArray<Clause> Split(Expr part, bool isNegated)
    {
        if (++_parts > PartsMax)
            return TooMany(part);

        var reads = ReadsOf.Part(part, variable, []);
        if ((reads & Reads.Call) == Reads.None)
            return [Clause.Of(new Test.OfLink(Signed(part, isNegated), variable))];
        if ((reads & Reads.Link) == Reads.None)
            return [Clause.Of(new Test.OfCall(Signed(part, isNegated)))];

        switch (part)
        {
            case Expr.Call { Function: Operators.Not } not:
                return Split(not.Arguments[0], !isNegated);
            case Expr.Call { Function: Operators.And } and:
                return isNegated ? Either(and.Arguments, true) : Both(and, and.Arguments, false);
            case Expr.Call { Function: Operators.Or } or:
                return isNegated ? Both(or, or.Arguments, true) : Either(or.Arguments, false);
            case Expr.Call { Function: Operators.Conditional } choice:
                return Choice(choice, isNegated);
            case Expr.Call { Function: Operators.Equal } equal:
                return Joined(equal, JoinKind.Equal, isNegated);
            case Expr.Call { Function: Operators.NotEqual } notEqual:
                return Joined(notEqual, JoinKind.Equal, !isNegated);
            case Expr.Call { Function: Operators.In } among:
                return Joined(among, JoinKind.KeyAmongAsked, isNegated);
            case Expr.Call { Function: Operators.Less or Operators.LessOrEqual or Operators.Greater or Operators.GreaterOrEqual } order:
                return Ordered(order, isNegated);
            default:
                return Refuse(
                    part,
                    $"`{ExprText.Brief(part)}` needs `{variable}` and the proposed call at once; a monitor only looks up what they share.",
                    $"Compare a value of `{variable}` with a value of the call by `==`, `!=` or `in`.");
        }
    }

    private static Expr Signed(Expr part, bool isNegated) =>
        isNegated ? new Expr.Call(Operators.Not, null, [part], part.Offset) : part;

    private ImmutableArray<Clause> Either(ImmutableArray<Expr> parts, bool isNegated) =>
        Distinct(parts.SelectMany(part => Split(part, isNegated)));

    private ImmutableArray<Clause> Both(Expr at, ImmutableArray<Expr> parts, bool isNegated)
    {
        ImmutableArray<Clause> all = [new Clause([])];
        foreach (var part in parts)
        {
            var more = Split(part, isNegated);
            if (all.Length * more.Length > 16 * alternativesMax)
                return TooMany(at);
            all = Distinct(all.SelectMany(one => more.Select(one.And)));
        }

        return all;
    }

    // `c ? a : b` is (c && a) || (!c && b) || (c && !c); the last is never true, and errs exactly where c does.
    private ImmutableArray<Clause> Choice(Expr.Call choice, bool isNegated)
    {
        var (condition, first, second) = (choice.Arguments[0], choice.Arguments[1], choice.Arguments[2]);
        var (yes, no) = (Split(condition, false), Split(condition, true));
        if (Math.Max(yes.Length, no.Length) > 4 * alternativesMax)
            return TooMany(choice);

        var branches = new[] { Cross(yes, Split(first, isNegated)), Cross(no, Split(second, isNegated)), Cross(yes, no) };
        var all = Distinct(branches.SelectMany(branch => branch).Take(64 * alternativesMax));
        return all.Length > 16 * alternativesMax ? TooMany(choice) : all;
    }

    private static IEnumerable<Clause> Cross(ImmutableArray<Clause> left, ImmutableArray<Clause> right) =>
        left.SelectMany(one => right.Select(one.And));

    private static ImmutableArray<Clause> Distinct(IEnumerable<Clause> clauses) =>
        [.. clauses.DistinctBy(clause => clause.ToString(), StringComparer.Ordinal)];

    private ImmutableArray<Clause> Joined(Expr.Call call, JoinKind kind, bool isNegated)
    {
        var (left, right) = (call.Arguments[0], call.Arguments[1]);
        var (ofLeft, ofRight) = (ReadsOf.Part(left, variable, []), ReadsOf.Part(right, variable, []));
        if ((ofLeft & Reads.Call) == Reads.None && (ofRight & Reads.Link) == Reads.None)
            return [Clause.Of(new Test.Join(kind, left, right, variable, isNegated))];
        if ((ofLeft & Reads.Link) == Reads.None && (ofRight & Reads.Call) == Reads.None)
        {
            var turned = kind == JoinKind.Equal ? JoinKind.Equal : JoinKind.AskedAmongKeys;
            return [Clause.Of(new Test.Join(turned, right, left, variable, isNegated))];
        }

        var mixed = (ofLeft & (Reads.Call | Reads.Link)) == (Reads.Call | Reads.Link) ? left : right;
        return AgeTest.Difference(mixed, variable) is not null
            ? Refuse(call, $"`{ExprText.Brief(call)}` asks for one exact age.", "Compare ages by `<`, `<=`, `>` or `>=`.")
            : Refuse(
                mixed,
                $"`{ExprText.Brief(mixed)}` mixes `{variable}` with the proposed call, so there is nothing to look up.",
                $"Bring everything of `{variable}` to one side and everything of the call to the other.");
    }

    private ImmutableArray<Clause> Ordered(Expr.Call order, bool isNegated)
    {
        if (AgeTest.Of(order, variable, isNegated) is { } age)
            return [Clause.Of(age)];

        var isAge = order.Arguments.Any(side => AgeTest.Difference(side, variable) is not null);
        return isAge
            ? Refuse(
                order,
                $"`{ExprText.Brief(order)}` compares an age with a length that changes with the call.",
                "Use a fixed length: `now - " + variable + ".time <= duration(\"10m\")`, or one from `mission.inputs`.")
            : Refuse(
                order,
                $"`{ExprText.Brief(order)}` puts links in an order that depends on the proposed call.",
                $"Compare `{variable}` with a constant or `mission.inputs`, or make it an equality.");
    }

    private ImmutableArray<Clause> TooMany(Expr at) =>
        Refuse(at, "This condition amounts to too many alternatives.", "Split it into several rules.");

    private ImmutableArray<Clause> Refuse(Expr at, string message, string remedy)
    {
        _problems.Add(new CelProblem(at.Offset, message, remedy));
        return [new Clause([])];
    }
}

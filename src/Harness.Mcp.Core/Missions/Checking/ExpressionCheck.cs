using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Monitors;
using Harness.Mcp.Core.Schemas;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>
/// An expression against the schemas of the tools that it is about: a field must exist in at least one of the tools that the call or link can be
/// of, where it stands; values are used as what the schemas say they are. What no schema tells stays dynamic.
/// </summary>
internal sealed class ExpressionCheck
{
    // JSON has one kind of number, CEL three. A use is wrong only where it is wrong for all of them.
    private static readonly CelType[] Numbers = [CelType.Int, CelType.Double, CelType.Uint];

    private readonly KnownTools _catalog;
    private readonly ImmutableArray<KnownTool> _links;
    private readonly CelType _number;
    private readonly List<ExpressionFinding> _findings = [];

    private ExpressionCheck(KnownTools catalog, ImmutableArray<KnownTool> links, CelType number) => (_catalog, _links, _number) = (catalog, links, number);

    /// <summary>Adds what is wrong with the expression, each thing at its place.</summary>
    public static void Report(RuleCondition condition, KnownTools catalog, ImmutableArray<KnownTool> calls, ImmutableArray<KnownTool> links, FindingList findings)
    {
        foreach (var (kind, problem) in Check(condition.Source, catalog, calls, links))
            findings.Add(kind, RuleExpression.Place(problem.Offset, condition.Source, condition.Position), problem.Message, problem.Remedy ?? "Name fields as the tools' schemas do.");
    }

    /// <param name="calls">Tools that `call` can be of.</param>
    /// <param name="links">Tools that links can be of.</param>
    public static ImmutableArray<ExpressionFinding> Check(string source, KnownTools catalog, ImmutableArray<KnownTool> calls, ImmutableArray<KnownTool> links)
    {
        if (CelParser.Parse(source).Value is not { } expr)
            return []; // The document's parser has said so.

        List<ExpressionFinding>? found = null;
        foreach (var number in Numbers)
        {
            var check = new ExpressionCheck(catalog, links, number);
            var typed = check.Walk(expr, Scope.OfCall(calls)).Expr;
            var compiled = CelProgram.Compile(typed, RuleVocabulary.OfExpression);
            check._findings.AddRange(compiled.Problems.Select(problem => new ExpressionFinding(CheckKind.WrongType, problem with { Remedy = problem.Remedy ?? RemedyOf(problem) })));
            if (compiled.Value is { Type: var type } && type != CelType.Bool && type != CelType.Dyn)
                check.Add(CheckKind.WrongType, 0, $"The expression is of type {type}; a rule needs a bool.", "Compare it with something.");
            found = found is null ? check._findings : found.FindAll(one => check._findings.Exists(other => other.Kind == one.Kind && other.Problem.Offset == one.Problem.Offset));
        }

        return [.. found!.DistinctBy(one => (one.Kind, one.Problem.Offset))];
    }

    private Seen Walk(Expr expr, Scope scope)
    {
        switch (expr)
        {
            case Expr.Name name:
                return new Seen(name, scope.Value(name.Identifier) ?? Shape.Any) { Links = ChainSource.IsChain(name) ? [] : null };
            case Expr.Member member:
                return Member(member, scope);
            case Expr.Has has:
                var of = Walk(has.Operand, scope);
                FieldOf(of.Shape, has.Field, Words(has.Operand, scope), has.Offset);
                return new Seen(has with { Operand = of.Expr }, Shape.Any);
            case Expr.Call call:
                return Call(call, scope);
            case Expr.Macro macro:
                return Macro(macro, scope);
            case Expr.Bind bind:
                var value = Walk(bind.Value, scope);
                return new Seen(bind with { Value = value.Expr, Body = Walk(bind.Body, scope.WithValue(bind.Variable, value.Shape)).Expr }, Shape.Any);
            default:
                return new Seen(ExprRewrite.Parts(expr, part => Walk(part, scope).Expr), Shape.Any);
        }
    }

    private Seen Member(Expr.Member member, Scope scope)
    {
        if (OfCall(member, scope) is { } known)
            return Typed(member, known);
        var operand = Walk(member.Operand, scope);
        return Typed(member with { Operand = operand.Expr }, FieldOf(operand.Shape, member.Field, Words(member.Operand, scope), member.Offset));
    }

    /// <summary>The shape of `call.args`, `l.args` or `l.result`; null for anything else.</summary>
    private static Shape? OfCall(Expr.Member member, Scope scope)
    {
        if (member is not { Operand: Expr.Name { Identifier: var variable }, Field: "args" or "result" } || scope.Call(variable) is not { } call)
            return null;
        var shapes = call.Possible.Select(tool => member.Field == "args" ? tool.Arguments : tool.Result).ToList();
        return shapes.Count == 0 ? Shape.Any : shapes.Aggregate(Shape.Or);
    }

    private static Shape ShapeOf(Expr expr, Scope scope) => expr switch
    {
        Expr.Member member when OfCall(member, scope) is { } known => known,
        Expr.Member member => ShapeOf(member.Operand, scope) is Shape.Fields fields ? fields.Known.GetValueOrDefault(member.Field) ?? fields.Others ?? Shape.Any : Shape.Any,
        Expr.Name name => scope.Value(name.Identifier) ?? Shape.Any,
        _ => Shape.Any,
    };

    private Shape FieldOf(Shape shape, string field, string what, int offset)
    {
        switch (shape)
        {
            case Shape.Fields fields:
                if (fields.Known.TryGetValue(field, out var known))
                    return known;
                if (fields.Others is { } others)
                    return others;
                Add(CheckKind.UnknownField, offset, $"{what} has no field `{field}`.", Suggest.Remedy(field, fields.Known.Keys));
                return Shape.Any;
            case { IsAny: true }:
                return Shape.Any;
            default:
                Add(CheckKind.WrongType, offset, $"{what} is {shape}, which has no field `{field}`.", "Use each value as what its tool's schema says it is.");
                return Shape.Any;
        }
    }

    private Seen Call(Expr.Call call, Scope scope)
    {
        switch (call)
        {
            case { Function: Operators.And or Operators.Or, Arguments: [var left, var right] }:
                // The one side only matters where the other has not decided.
                var holds = call.Function is Operators.And;
                return new Seen(call with { Arguments = [Walk(left, scope.Where(right, holds)).Expr, Walk(right, scope.Where(left, holds)).Expr] }, Shape.Any);
            case { Function: Operators.Conditional, Arguments: [var condition, var then, var otherwise] }:
                return new Seen(
                    call with { Arguments = [Walk(condition, scope).Expr, Walk(then, scope.Where(condition, true)).Expr, Walk(otherwise, scope.Where(condition, false)).Expr] },
                    Shape.Any);
            case { Function: Operators.Index, Arguments: [var operand, Expr.Literal { Value.Kind: CelKind.String } key] }:
                var keyed = Walk(operand, scope);
                return keyed.Shape is Shape.Fields
                    ? Typed(call with { Arguments = [keyed.Expr, key] }, FieldOf(keyed.Shape, key.Value.AsString, Words(operand, scope), key.Offset))
                    : new Seen(call with { Arguments = [keyed.Expr, key] }, Shape.Any);
            case { Function: Operators.Index, Arguments: [var operand, var index] }:
                var (list, at) = (Walk(operand, scope), Walk(index, scope));
                return Typed(call with { Arguments = [list.Expr, at.Expr] }, list.Shape is Shape.List { Item: var item } ? item : Shape.Any);
            case { Function: Operators.OptionalMember or Operators.OptionalIndex, Arguments: [var operand, Expr.Literal { Value.Kind: CelKind.String } key] }:
                var optional = Walk(operand, scope);
                if (optional.Shape is Shape.Fields)
                    FieldOf(optional.Shape, key.Value.AsString, Words(operand, scope), key.Offset);
                return new Seen(call with { Arguments = [optional.Expr, key] }, Shape.Any);
            case { Function: Operators.In, Arguments: [Expr.Literal { Value.Kind: CelKind.String } key, var range] } when ShapeOf(range, scope) is Shape.Fields { MayBeNull: false } fields:
                FieldOf(fields, key.Value.AsString, Words(range, scope), key.Offset);
                return new Seen(call, Shape.Any);
            default:
                foreach (var finding in Comparisons.Check(call, scope, expr => ShapeOf(expr, scope), _catalog))
                    _findings.Add(finding);
                return new Seen(ExprRewrite.Parts(call, part => Walk(part, scope).Expr), Shape.Any);
        }
    }

    private Seen Macro(Expr.Macro macro, Scope scope)
    {
        var range = Walk(macro.Range, scope);
        var inner = range.Links is { } assumed
            ? scope.WithCall(macro.Variable, _links, assumed)
            : scope.WithValue(macro.Variable, ItemOf(range.Shape, macro.SecondVariable is not null));
        if (macro.SecondVariable is { } second)
            inner = inner.WithValue(second, Shape.Any);

        var where = macro.Where is { } condition ? Walk(condition, inner).Expr : null;
        var body = Walk(macro.Body, macro.Where is null ? inner : inner.Where(macro.Where, true));
        var typed = macro with { Range = range.Expr, Where = where, Body = body.Expr };
        return macro.Kind == MacroKind.Filter && macro.SecondVariable is null
            ? new Seen(typed, range.Shape) { Links = range.Links?.Add(new Assumption(macro.Variable, macro.Body, true)) }
            : new Seen(typed, Shape.Any);
    }

    private static Shape ItemOf(Shape range, bool hasTwo) => range is Shape.List { Item: var item } && !hasTwo ? item : Shape.Any;

    /// <summary>The part as seen: in its place stands its type, so that the checker of expressions can judge what surrounds it.</summary>
    private Seen Typed(Expr expr, Shape shape) => new(shape.IsAny || TypeOf(shape) == CelType.Dyn ? expr : new Expr.Slot(0, TypeOf(shape), expr.Offset), shape);

    private CelType TypeOf(Shape shape) => shape switch
    {
        { MayBeNull: true } => CelType.Dyn,
        Shape.Text => CelType.String,
        Shape.Number => _number,
        Shape.Truth => CelType.Bool,
        Shape.List(var item) => CelType.ListOf(TypeOf(item)),
        Shape.Fields => CelType.MapOf(CelType.String, CelType.Dyn),
        _ => CelType.Dyn,
    };

    private static string Words(Expr expr, Scope scope)
    {
        var root = expr;
        while (root is Expr.Member member)
            root = member.Operand;
        var tools = root is Expr.Name { Identifier: var variable } && scope.Call(variable) is { } call ? call.Possible.Take(3).Select(tool => $"`{tool.Id}`").ToList() : [];
        var of = tools.Count is 0 or 3 ? "" : $" of {string.Join(" or ", tools)}";
        return $"`{ExprText.Brief(expr)}`{of}";
    }

    private static string RemedyOf(CelProblem problem) =>
        problem.Message.StartsWith("`==`", StringComparison.Ordinal) && problem.Message.Contains("list(", StringComparison.Ordinal)
            ? "Ask whether the list has the value with `in`."
            : "Use each value as what its tool's schema says it is.";

    private void Add(CheckKind kind, int offset, string message, string? remedy) => _findings.Add(new ExpressionFinding(kind, new CelProblem(offset, message, remedy)));

    /// <param name="Expr">The part with known places typed.</param>
    private sealed record Seen(Expr Expr, Shape Shape)
    {
        /// <summary>What holds of the links, where the part is the chain or a filtered chain; else null.</summary>
        public ImmutableArray<Assumption>? Links { get; init; }
    }
}

/// <summary>One thing found in an expression.</summary>
internal sealed record ExpressionFinding(CheckKind Kind, CelProblem Problem);

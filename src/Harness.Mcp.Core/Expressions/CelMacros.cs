using System.Collections.Immutable;

namespace Harness.Mcp.Core.Expressions;

/// <summary>Tells macros from ordinary calls while an expression is parsed.</summary>
internal static class CelMacros
{
    private static readonly Dictionary<(string Name, int Arguments), Shape> Shapes = new()
    {
        [("all", 2)] = new(MacroKind.All, 1),
        [("all", 3)] = new(MacroKind.All, 2),
        [("exists", 2)] = new(MacroKind.Exists, 1),
        [("exists", 3)] = new(MacroKind.Exists, 2),
        [("exists_one", 2)] = new(MacroKind.ExistsOne, 1),
        [("exists_one", 3)] = new(MacroKind.ExistsOne, 2),
        [("existsOne", 2)] = new(MacroKind.ExistsOne, 1),
        [("existsOne", 3)] = new(MacroKind.ExistsOne, 2),
        [("filter", 2)] = new(MacroKind.Filter, 1),
        [("map", 2)] = new(MacroKind.Map, 1),
        [("map", 3)] = new(MacroKind.Map, 1),
        [("transformList", 3)] = new(MacroKind.Map, 2),
        [("transformList", 4)] = new(MacroKind.Map, 2),
        [("transformMap", 3)] = new(MacroKind.TransformMap, 2),
        [("transformMap", 4)] = new(MacroKind.TransformMap, 2),
        [("transformMapEntry", 3)] = new(MacroKind.TransformMapEntry, 2),
        [("transformMapEntry", 4)] = new(MacroKind.TransformMapEntry, 2),
        [("optMap", 2)] = new(MacroKind.OptMap, 1),
        [("optFlatMap", 2)] = new(MacroKind.OptFlatMap, 1),
    };

    /// <summary>The macro that a call stands for, or null for an ordinary call.</summary>
    /// <param name="problem">Set where the call can only be a macro but is not well formed.</param>
    public static Expr? TryExpand(string function, Expr? receiver, ImmutableArray<Expr> arguments, int at, out CelProblem? problem)
    {
        problem = null;
        if (receiver is null)
            return function is "has" && arguments.Length == 1 ? Has(arguments[0], at, out problem) : null;
        if (receiver is Expr.Name { Identifier: "cel" })
            return OfNamespace(function, arguments, at, out problem);
        if (!Shapes.TryGetValue((function, arguments.Length), out var shape))
            return null;

        foreach (var variable in arguments.AsSpan(0, shape.Variables))
            if (variable is not Expr.Name { Identifier: [not '.', ..] })
            {
                problem = new CelProblem(variable.Offset, $"The variable of `{function}` must be a plain name, as in `list.{function}(item, …)`.");
                return null;
            }

        var first = ((Expr.Name)arguments[0]).Identifier;
        var second = shape.Variables == 2 ? ((Expr.Name)arguments[1]).Identifier : null;
        if (string.Equals(first, second, StringComparison.Ordinal))
        {
            problem = new CelProblem(arguments[1].Offset, $"Both variables of `{function}` are called `{first}`.");
            return null;
        }

        var where = arguments.Length == shape.Variables + 2 ? arguments[^2] : null;
        return new Expr.Macro(shape.Kind, receiver, first, second, arguments[^1], where, at);
    }

    private static Expr.Has? Has(Expr argument, int at, out CelProblem? problem)
    {
        problem = argument is Expr.Member
            ? null
            : new CelProblem(argument.Offset, "`has` asks for a field: `has(object.field)`.", "For a list or a computed key write `key in object`.");
        return argument is Expr.Member member ? new Expr.Has(member.Operand, member.Field, at) : null;
    }

    // block, index and iterVar are what optimisers of other implementations write; reading them keeps their output portable.
    private static Expr? OfNamespace(string function, ImmutableArray<Expr> arguments, int at, out CelProblem? problem)
    {
        problem = null;
        switch (function, arguments)
        {
            case ("bind", [Expr.Name { Identifier: [not '.', ..] } variable, var value, var body]):
                return new Expr.Bind(variable.Identifier, value, body, at);
            case ("bind", [var variable, _, _]):
                problem = new CelProblem(variable.Offset, "The variable of `cel.bind` must be a plain name.");
                return null;
            case ("block", [Expr.ListOf { Optionals.IsEmpty: true } values, var body]):
                for (var index = values.Items.Length - 1; index >= 0; index--)
                    body = new Expr.Bind($"@index{index}", values.Items[index], body, at);
                return body;
            case ("index", [Expr.Literal { Value.Kind: CelKind.Int } index]):
                return new Expr.Name($"@index{index.Value.AsInt}", at);
            case ("iterVar", [Expr.Literal { Value.Kind: CelKind.Int } depth, Expr.Literal { Value.Kind: CelKind.Int } index]):
                return new Expr.Name($"@it:{depth.Value.AsInt}:{index.Value.AsInt}", at);
            default:
                return null;
        }
    }

    /// <param name="Variables">How many of the first arguments name variables; one argument more than these and the body is a condition.</param>
    private readonly record struct Shape(MacroKind Kind, int Variables);
}

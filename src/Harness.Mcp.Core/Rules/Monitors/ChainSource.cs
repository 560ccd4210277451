using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>The lists over the chain that a monitor can answer for: `chain`, filtered, mapped, or filtered and then mapped.</summary>
/// <param name="Variable">The link in <paramref name="Where"/>; empty where there is no condition.</param>
/// <param name="Value">What `map` computes, with <paramref name="ValueVariable"/> as the link; null for the links themselves.</param>
internal sealed record ChainSource(string Variable, Expr? Where, string ValueVariable, Expr? Value)
{
    public const string Shapes =
        "Ask it by `chain.exists(l, …)`, `chain.all(l, …)`, `chain.exists_one(l, …)`, `chain.filter(l, …).size()` or `x in chain.map(l, …)`.";

    public static bool IsChain(Expr expr) => expr is Expr.Name { Identifier: RuleVocabulary.Chain or "." + RuleVocabulary.Chain };

    /// <summary>Whether <paramref name="expr"/> is the chain or a list that macros take out of it.</summary>
    public static bool StartsAtChain(Expr expr) => expr switch
    {
        Expr.Macro { Kind: not (MacroKind.Exists or MacroKind.All or MacroKind.ExistsOne) } macro => StartsAtChain(macro.Range),
        _ => IsChain(expr),
    };

    /// <summary>The list that an expression takes out of the chain, or null where it is none of those shapes.</summary>
    public static ChainSource? Of(Expr expr)
    {
        switch (expr)
        {
            case Expr.Name when IsChain(expr):
                return new ChainSource("", null, "", null);
            case Expr.Macro { Kind: MacroKind.Filter, SecondVariable: null } filter when IsChain(filter.Range):
                return new ChainSource(filter.Variable, filter.Body, "", null);
            case Expr.Macro { Kind: MacroKind.Map, SecondVariable: null, Where: null } map when Of(map.Range) is { Value: null } source:
                return source with { ValueVariable = map.Variable, Value = map.Body };
            case Expr.Macro { Kind: MacroKind.Map, SecondVariable: null, Where: { } where } map when IsChain(map.Range):
                return new ChainSource(map.Variable, where, map.Variable, map.Body);
            default:
                return null;
        }
    }

    /// <summary>Why an operation on such a list is refused.</summary>
    public static string WhyNot(Expr.Call call) => call.Function switch
    {
        Operators.Index or Operators.OptionalIndex => "A monitor does not keep the order of links, so they cannot be picked by position.",
        Operators.Equal or Operators.NotEqual => "The chain cannot be compared as a whole.",
        Operators.In when IsChain(call.Arguments[1]) => "A link as a whole cannot be looked for in the chain.",
        Operators.In => $"`{ExprText.Brief(call.Arguments[1])}` is not a list that a monitor keeps.",
        Operators.Add => "Lists of links cannot be joined.",
        _ => $"`{call.Function}` over the chain is not supported.",
    };

    public static string Instead(Expr.Call call) => call.Function switch
    {
        Operators.Index or Operators.OptionalIndex => "Find the link by what it is: `chain.exists(l, l.tool == \"…\" && …)`.",
        Operators.Equal or Operators.NotEqual => "Compare its size: `chain.size() == 0`.",
        Operators.In => "Look for a value: `x in chain.map(l, l.args.x)`, or `chain.exists(l, l.args.x == x)`.",
        _ => Shapes,
    };

    /// <summary>The same question as one macro over the chain, where that can be written out.</summary>
    public static string? Merged(Expr expr)
    {
        if (expr is not Expr.Macro { SecondVariable: null, Where: null } macro
            || macro.Range is not Expr.Macro { Kind: MacroKind.Filter, SecondVariable: null } filter
            || !IsChain(filter.Range)
            || !string.Equals(filter.Variable, macro.Variable, StringComparison.Ordinal))
        {
            return null;
        }

        var both = macro.Kind == MacroKind.All
            ? Combine(Operators.Or, new Expr.Call(Operators.Not, null, [filter.Body], 0), macro.Body)
            : Combine(Operators.And, filter.Body, macro.Body);
        return macro.Kind is MacroKind.Map ? null : $"Write `{ExprText.Brief(macro with { Range = filter.Range, Body = both })}`.";
    }

    private static Expr.Call Combine(string sign, Expr left, Expr right) => new(sign, null, [left, right], 0);
}

using System.Collections.Immutable;
using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Rules.Monitors;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>The calls of a chain as far as a check imagines them: by their tools alone.</summary>
/// <param name="IsCertain">
/// True for calls that happened and ended well; false for those that may happen, in any number, ended in any way.
/// </param>
internal sealed record ImaginedChain(ImmutableArray<KnownTool> Calls, bool IsCertain)
{
    /// <summary>Counts of calls stop here; no expression tells higher ones apart, or <see cref="IsCountedWhole"/> is false.</summary>
    public int CountedMax { get; init; } = 1;

    public bool IsCountedWhole { get; init; }
}

/// <summary>
/// What an expression says when only the tools of calls are known: yes, no, or null where arguments, results, times or the mission decide.
/// </summary>
/// <param name="chain">Null where nothing is known of the chain.</param>
internal sealed class ToolLogic(ImaginedChain? chain)
{
    private static readonly CelEnvironment Empty = new([]) { IsChecked = false };

    /// <param name="tools">The tools of the variables that stand for calls: `call`, `l`.</param>
    public bool? Holds(Expr expr, ImmutableDictionary<string, KnownTool> tools)
    {
        switch (expr)
        {
            case Expr.Call { Function: Operators.Not } not:
                return !Holds(not.Arguments[0], tools);
            case Expr.Call { Function: Operators.And } and:
                return And(Holds(and.Arguments[0], tools), Holds(and.Arguments[1], tools));
            case Expr.Call { Function: Operators.Or } or:
                return !And(!Holds(or.Arguments[0], tools), !Holds(or.Arguments[1], tools));
            case Expr.Call { Function: Operators.Conditional } choice:
                return Holds(choice.Arguments[0], tools) switch
                {
                    true => Holds(choice.Arguments[1], tools),
                    false => Holds(choice.Arguments[2], tools),
                    null => Same(Holds(choice.Arguments[1], tools), Holds(choice.Arguments[2], tools)),
                };
            case Expr.Call { Function: Operators.In, Arguments: [Expr.Literal { Value.Kind: CelKind.String } label, Expr.Member { Field: "labels", Operand: Expr.Name link }] }
                when tools.TryGetValue(link.Identifier, out var tool):
                if (!tool.Facts.Labels.All.Contains(label.Value.AsString, StringComparer.Ordinal))
                    return false;
                return chain is { IsCertain: true } ? true : null;
            case Expr.Macro { Kind: MacroKind.Exists or MacroKind.All or MacroKind.ExistsOne, SecondVariable: null } macro when ChainSource.IsChain(macro.Range):
                return OfChain(macro, tools);
            default:
                return OfFacts(expr, tools);
        }
    }

    private bool? OfChain(Expr.Macro macro, ImmutableDictionary<string, KnownTool> tools)
    {
        if (chain is null)
            return null;

        var answers = chain.Calls.Select(call => Holds(macro.Body, tools.SetItem(macro.Variable, call))).ToList();
        switch (macro.Kind)
        {
            case MacroKind.Exists:
                return answers.TrueForAll(answer => answer == false) ? false : chain.IsCertain && answers.Contains(true) ? true : null;
            case MacroKind.All:
                return answers.TrueForAll(answer => answer == true) ? true : chain.IsCertain && answers.Contains(false) ? false : null;
            default:
                return answers.TrueForAll(answer => answer == false) ? false : null;
        }
    }

    /// <summary>An expression that reads nothing but what is known of the tools.</summary>
    private bool? OfFacts(Expr expr, ImmutableDictionary<string, KnownTool> tools)
    {
        var isKnown = true;
        var filled = Fill(expr);
        if (!isKnown || CelProgram.Compile(filled, Empty) is not { Value: { } program })
            return null;

        var value = program.Evaluate(Nothing.There);
        return value.IsTrue ? true : value.IsFalse ? false : null;

        Expr Fill(Expr part)
        {
            switch (part)
            {
                case Expr.Member { Operand: Expr.Name name } member when tools.TryGetValue(name.Identifier, out var tool) && FactOf(tool.Facts, member.Field, name.Identifier) is { } fact:
                    return new Expr.Literal(fact, member.Offset);
                case Expr.Call { Function: "size" } size when CountOf(size.Receiver ?? size.Arguments.FirstOrDefault(), tools) is { } count:
                    return new Expr.Literal(CelValue.Of(count), size.Offset);
                case Expr.Name or Expr.Slot or Expr.Macro or Expr.Bind:
                    isKnown = false;
                    return part;
                default:
                    return ExprRewrite.Parts(part, Fill);
            }
        }
    }

    /// <summary>How many links a list certainly has; null where that is not certain, or more than are told apart.</summary>
    private long? CountOf(Expr? list, ImmutableDictionary<string, KnownTool> tools)
    {
        if (chain is null)
            return null;

        List<bool?> answers;
        switch (list)
        {
            case Expr.Macro { Kind: MacroKind.Filter, SecondVariable: null } filter when ChainSource.IsChain(filter.Range):
                answers = [.. chain.Calls.Select(call => Holds(filter.Body, tools.SetItem(filter.Variable, call)))];
                break;
            case { } whole when ChainSource.IsChain(whole):
                answers = [.. chain.Calls.Select(_ => (bool?)true)];
                break;
            default:
                return null;
        }

        var count = answers.Count(answer => answer == true);
        if (answers.TrueForAll(answer => answer == false))
            return 0;
        return chain.IsCertain && !answers.Contains(null) && (chain.IsCountedWhole || count < chain.CountedMax) ? Math.Min(count, chain.CountedMax) : null;
    }

    private CelValue? FactOf(ToolFacts tool, string field, string variable) => field switch
    {
        "tool" => CelValue.Of(tool.Id.ToString()),
        "backend" => CelValue.Of(tool.Id.Backend.Value),
        "name" => CelValue.Of(tool.Id.Name),
        "domain" => CelValue.Of(tool.Domain),
        "effect" => CelValue.Of(EffectNames.Write(tool.Effect)),
        "sinks" when variable == "call" => CelValue.ListOf(tool.Sinks),
        "outcome" when variable != "call" && chain is { IsCertain: true } => CelValue.Of("ok"),
        _ => null,
    };

    private static bool? And(bool? one, bool? other) => one == false || other == false ? false : one == true && other == true ? true : null;

    private static bool? Same(bool? one, bool? other) => one == other ? one : null;

    private sealed class Nothing : Activation
    {
        public static readonly Nothing There = new();

        public override CelValue Variable(int index) => CelValue.Error("nothing is there");
    }
}

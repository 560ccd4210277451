using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>What a part of an expression depends on, hence when it can be evaluated.</summary>
[Flags]
internal enum Reads
{
    None = 0,

    /// <summary>Fixed when the mission is opened.</summary>
    Mission = 1,

    /// <summary>The link that the macro looks at: fixed when its call settles.</summary>
    Link = 2,

    /// <summary>`call`, `agent`, `now`, `denials`, or another question to the chain: known when a call is proposed.</summary>
    Call = 4,

    /// <summary>A variable of a macro or binding around the macro over the chain.</summary>
    Outer = 8,
}

internal static class ReadsOf
{
    /// <param name="link">The variable of the macro over the chain.</param>
    /// <param name="outer">The variables of what stands around that macro.</param>
    public static Reads Part(Expr part, string link, IReadOnlyCollection<string> outer) => Walk(part, link, outer, []);

    /// <summary>The first place that names one of <paramref name="variables"/> and means it; null where none does.</summary>
    public static Expr.Name? FirstOf(Expr part, IReadOnlyCollection<string> variables) => Find(part, variables, []);

    private static Reads Walk(Expr part, string link, IReadOnlyCollection<string> outer, List<string> locals)
    {
        switch (part)
        {
            case Expr.Name name:
                return OfName(name.Identifier, link, outer, locals);
            case Expr.Slot:
                return Reads.Call;
            case Expr.Macro macro:
                return Walk(macro.Range, link, outer, locals) | Inside(macro, link, outer, locals);
            case Expr.Bind bind:
                var value = Walk(bind.Value, link, outer, locals);
                locals.Add(bind.Variable);
                var body = Walk(bind.Body, link, outer, locals);
                locals.RemoveAt(locals.Count - 1);
                return value | body;
            default:
                var reads = Reads.None;
                foreach (var inner in ExprParts.Of(part))
                    reads |= Walk(inner, link, outer, locals);
                return reads;
        }
    }

    private static Reads Inside(Expr.Macro macro, string link, IReadOnlyCollection<string> outer, List<string> locals)
    {
        var before = locals.Count;
        AddVariables(macro, locals);
        var reads = Walk(macro.Body, link, outer, locals);
        if (macro.Where is { } where)
            reads |= Walk(where, link, outer, locals);
        locals.RemoveRange(before, locals.Count - before);
        return reads;
    }

    private static Reads OfName(string identifier, string link, IReadOnlyCollection<string> outer, List<string> locals)
    {
        var isAbsolute = identifier.StartsWith('.');
        var name = isAbsolute ? identifier[1..] : identifier;
        if (!isAbsolute && locals.Contains(name))
            return Reads.None;
        if (!isAbsolute && outer.Contains(name))
            return Reads.Outer;
        if (string.Equals(name, link, StringComparison.Ordinal))
            return Reads.Link;
        return name switch
        {
            "mission" => Reads.Mission,
            "call" or "agent" or "now" or "denials" => Reads.Call,
            _ => Reads.None,
        };
    }

    private static Expr.Name? Find(Expr part, IReadOnlyCollection<string> variables, List<string> locals)
    {
        switch (part)
        {
            case Expr.Name name:
                return variables.Contains(name.Identifier) && !locals.Contains(name.Identifier) ? name : null;
            case Expr.Macro macro:
                if (Find(macro.Range, variables, locals) is { } found)
                    return found;
                var before = locals.Count;
                AddVariables(macro, locals);
                var inside = (macro.Where is { } where ? Find(where, variables, locals) : null) ?? Find(macro.Body, variables, locals);
                locals.RemoveRange(before, locals.Count - before);
                return inside;
            case Expr.Bind bind:
                if (Find(bind.Value, variables, locals) is { } bound)
                    return bound;
                locals.Add(bind.Variable);
                var body = Find(bind.Body, variables, locals);
                locals.RemoveAt(locals.Count - 1);
                return body;
            default:
                foreach (var inner in ExprParts.Of(part))
                    if (Find(inner, variables, locals) is { } first)
                        return first;
                return null;
        }
    }

    private static void AddVariables(Expr.Macro macro, List<string> locals)
    {
        locals.Add(macro.Variable);
        if (macro.SecondVariable is { } second)
            locals.Add(second);
    }
}

using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Monitors;

internal static class ExprRewrite
{
    /// <summary>The same expression with each direct part replaced by what <paramref name="change"/> makes of it.</summary>
    public static Expr Parts(Expr expr, Func<Expr, Expr> change) => expr switch
    {
        Expr.Member member => member with { Operand = change(member.Operand) },
        Expr.Has has => has with { Operand = change(has.Operand) },
        Expr.Call call => call with
        {
            Receiver = call.Receiver is { } receiver ? change(receiver) : null,
            Arguments = [.. call.Arguments.Select(change)],
        },
        Expr.ListOf list => list with { Items = [.. list.Items.Select(change)] },
        Expr.MapOf map => map with
        {
            Entries = [.. map.Entries.Select(entry => entry with { Key = change(entry.Key), Value = change(entry.Value) })],
        },
        Expr.Macro macro => macro with
        {
            Range = change(macro.Range),
            Body = change(macro.Body),
            Where = macro.Where is { } where ? change(where) : null,
        },
        Expr.Bind bind => bind with { Value = change(bind.Value), Body = change(bind.Body) },
        _ => expr,
    };
}

namespace Harness.Mcp.Core.Expressions;

/// <summary>The direct parts of an expression, in the order in which they are written.</summary>
internal static class ExprParts
{
    public static IEnumerable<Expr> Of(Expr expr)
    {
        switch (expr)
        {
            case Expr.Member member:
                return [member.Operand];
            case Expr.Has has:
                return [has.Operand];
            case Expr.Call { Receiver: null } call:
                return call.Arguments;
            case Expr.Call call:
                return [call.Receiver, .. call.Arguments];
            case Expr.ListOf list:
                return list.Items;
            case Expr.MapOf map:
                return map.Entries.SelectMany(entry => new[] { entry.Key, entry.Value });
            case Expr.Macro { Where: null } macro:
                return [macro.Range, macro.Body];
            case Expr.Macro macro:
                return [macro.Range, macro.Where, macro.Body];
            case Expr.Bind bind:
                return [bind.Value, bind.Body];
            default:
                return [];
        }
    }
}

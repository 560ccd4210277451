using Harness.Mcp.Core.Expressions;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>
/// Recognises conditions on a link's age: `now - l.time &lt;= d`, `l.time > now - d`, `l.time + d >= now` and the like, with the sides
/// in either order and `d` fixed for the mission.
/// </summary>
internal static class AgeTest
{
    /// <summary>The age test that an order comparison is, or null.</summary>
    public static Test.Age? Of(Expr.Call order, string link, bool isNegated)
    {
        var (left, right) = (order.Arguments[0], order.Arguments[1]);
        var comparison = isNegated ? Opposite(order.Function) : order.Function;

        if (Difference(left, link) is { } difference && IsFixed(right, link))
            return difference ? new Test.Age(comparison, right, null) : new Test.Age(Mirrored(comparison), null, right);
        if (Difference(right, link) is { } turned && IsFixed(left, link))
            return turned ? new Test.Age(Mirrored(comparison), left, null) : new Test.Age(comparison, null, left);

        if (Moment(left, link) is { } first && Moment(right, link) is { } second && first.IsNow != second.IsNow)
        {
            // l.time + a < now + b  is  a - b < now - l.time.
            return first.IsNow
                ? Age(comparison, second.Shift, second.IsSubtracted, first.Shift, first.IsSubtracted)
                : Age(Mirrored(comparison), first.Shift, first.IsSubtracted, second.Shift, second.IsSubtracted);
        }

        return null;
    }

    /// <summary>True for `now - l.time`, false for `l.time - now`, null for anything else.</summary>
    public static bool? Difference(Expr expr, string link)
    {
        if (expr is not Expr.Call { Function: Operators.Subtract } minus)
            return null;
        if (IsNow(minus.Arguments[0]) && IsTime(minus.Arguments[1], link))
            return true;
        return IsTime(minus.Arguments[0], link) && IsNow(minus.Arguments[1]) ? false : null;
    }

    // age OP link's shift - now's shift
    private static Test.Age? Age(string comparison, Expr? link, bool isLinkSubtracted, Expr? now, bool isNowSubtracted)
    {
        if (link is not null && now is not null && isLinkSubtracted == isNowSubtracted)
            return isLinkSubtracted ? new Test.Age(comparison, now, link) : new Test.Age(comparison, link, now);
        if (link is not null && now is not null)
            return null; // A sum of two lengths on one side: nobody writes it.
        if (link is not null)
            return isLinkSubtracted ? new Test.Age(comparison, null, link) : new Test.Age(comparison, link, null);
        return isNowSubtracted ? new Test.Age(comparison, now, null) : new Test.Age(comparison, null, now);
    }

    private static (bool IsNow, Expr? Shift, bool IsSubtracted)? Moment(Expr expr, string link)
    {
        if (IsNow(expr))
            return (true, null, false);
        if (IsTime(expr, link))
            return (false, null, false);
        if (expr is not Expr.Call { Function: Operators.Add or Operators.Subtract } sum)
            return null;

        var isSubtracted = sum.Function is Operators.Subtract;
        var (left, right) = (sum.Arguments.Length == 2 ? sum.Arguments[0] : null, sum.Arguments.Length == 2 ? sum.Arguments[1] : null);
        if (left is null || right is null)
            return null;
        if ((IsNow(left) || IsTime(left, link)) && IsFixed(right, link))
            return (IsNow(left), right, isSubtracted);
        return !isSubtracted && (IsNow(right) || IsTime(right, link)) && IsFixed(left, link) ? (IsNow(right), left, false) : null;
    }

    private static bool IsNow(Expr expr) => expr is Expr.Name { Identifier: "now" or ".now" };

    private static bool IsTime(Expr expr, string link) =>
        expr is Expr.Member { Field: "time", Operand: Expr.Name name } && string.Equals(name.Identifier, link, StringComparison.Ordinal);

    private static bool IsFixed(Expr expr, string link) => (ReadsOf.Part(expr, link, []) & (Reads.Link | Reads.Call)) == Reads.None;

    // As !(a < b) is a >= b: neither side of an age can be missing.
    private static string Opposite(string comparison) => comparison switch
    {
        Operators.Less => Operators.GreaterOrEqual,
        Operators.LessOrEqual => Operators.Greater,
        Operators.Greater => Operators.LessOrEqual,
        _ => Operators.Less,
    };

    private static string Mirrored(string comparison) => comparison switch
    {
        Operators.Less => Operators.Greater,
        Operators.LessOrEqual => Operators.GreaterOrEqual,
        Operators.Greater => Operators.Less,
        _ => Operators.LessOrEqual,
    };
}

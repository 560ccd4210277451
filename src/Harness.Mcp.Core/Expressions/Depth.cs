namespace Harness.Mcp.Core.Expressions;

/// <summary>Bounds how deep a tree is, so that everything that walks it may recurse.</summary>
internal static class Depth
{
    /// <summary>The first part below <see cref="CelLimits.DepthMax"/> levels, or null.</summary>
    public static Expr? FirstTooDeep(Expr expr) => Walk(expr, 1);

    private static Expr? Walk(Expr expr, int depth)
    {
        if (depth > CelLimits.DepthMax)
            return expr;

        foreach (var part in ExprParts.Of(expr))
            if (Walk(part, depth + 1) is { } tooDeep)
                return tooDeep;
        return null;
    }
}

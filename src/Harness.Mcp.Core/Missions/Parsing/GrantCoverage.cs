using System.Collections.Immutable;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>
/// What grants can be known to cover before any backend is there to ask. Where only the catalog could tell (which domain a tool
/// is of, what effect it has), the answer is that they may.
/// </summary>
internal static class GrantCoverage
{
    public static bool MayCover(this Grant grant, ToolSelector selector)
    {
        foreach (var granted in grant.Selectors)
            if (MayMeet(granted.Value, selector, grant.IsRead))
                return true;
        return false;
    }

    public static bool MayCover(this Grant grant, ToolId tool) => grant.MayCover(new ToolSelector.ByName(tool));

    /// <summary>Every tool that is granted by name, for suggestions.</summary>
    public static IEnumerable<string> ToolsByName(ImmutableArray<Grant> grants) =>
        from grant in grants
        from selector in grant.Selectors
        where selector.Value is ToolSelector.ByName
        select selector.Value.ToString();

    private static bool MayMeet(ToolSelector granted, ToolSelector asked, bool isRead)
    {
        if (isRead && asked is ToolSelector.ByEffect { Effect: not Effect.Read })
            return false;
        return (granted, asked) switch
        {
            (ToolSelector.ByName left, ToolSelector.ByName right) => left.Tool == right.Tool,
            (ToolSelector.ByName left, ToolSelector.ByBackend right) => left.Tool.Backend == right.Backend,
            (ToolSelector.ByBackend left, ToolSelector.ByName right) => left.Backend == right.Tool.Backend,
            (ToolSelector.ByBackend left, ToolSelector.ByBackend right) => left.Backend == right.Backend,
            (ToolSelector.ByDomain left, ToolSelector.ByDomain right) => left.Domain == right.Domain,
            _ => true,
        };
    }
}

using System.Text.RegularExpressions;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;

namespace Harness.Mcp.Proxy.Enforcement;

/// <summary>
/// A denial as the agent can follow it: tools by the names that it calls them by. Missions, chains and traces speak of `backend/tool`, which is
/// no name that an agent could call.
/// </summary>
internal static partial class ShownNames
{
    public static Denial Of(Denial denial, CatalogSnapshot catalog)
    {
        var hasNext = denial.AllowedNext is { IsDefaultOrEmpty: false };
        if (!hasNext && !denial.Say.Contains('/', StringComparison.Ordinal))
            return denial;
        return denial with
        {
            Say = Quoted().Replace(denial.Say, match => $"`{Shown(match.Groups["name"].Value, catalog)}`"),
            AllowedNext = hasNext ? [.. denial.AllowedNext.Select(tool => Shown(tool, catalog))] : denial.AllowedNext,
        };
    }

    /// <returns>The text itself where it is not the name of a tool that there is.</returns>
    private static string Shown(string text, CatalogSnapshot catalog) =>
        ToolSelector.Parse(text) is ToolSelector.ByName(var id) && catalog.Find(id) is { } tool ? tool.ExposedName : text;

    [GeneratedRegex("`(?<name>[^`/ ]+/[^`/ ]+)`", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Quoted();
}

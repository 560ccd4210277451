namespace Harness.Mcp.AgentDojo.Authoring;

/// <summary>Names of suites and tasks as missions and backends may be named.</summary>
internal static class Slug
{
    public static string Of(string text)
    {
        var slug = string.Concat(text.ToLowerInvariant().Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-')).Trim('-');
        return slug.Length > 0 && char.IsAsciiLetter(slug[0]) ? slug : "x-" + slug;
    }
}

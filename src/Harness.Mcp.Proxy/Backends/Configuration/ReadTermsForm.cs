using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Backends.Reads;

namespace Harness.Mcp.Proxy.Backends.Configuration;

/// <summary>Reads what an owner says of resources (`resources`, by URI or URI template) and of prompts (`prompts`, by name).</summary>
internal static class ReadTermsForm
{
    /// <summary>Those that say most of a URI first.</summary>
    public static ImmutableArray<ResourceTerms> Resources(MapReader reader, List<Problem> problems)
    {
        var found = ImmutableArray.CreateBuilder<ResourceTerms>();
        foreach (var (entry, terms) in Entries(reader, "resources", "Resource", problems))
        {
            if (UriPattern.Parse(entry.Key) is not { } pattern)
                problems.Add(new Problem(
                    entry.KeyPosition, $"`{entry.Key}` is no URI and no URI template.",
                    "Write a URI as the backend lists it, or with names in braces: `employee://{id}`, `file:///public/{+path}`."));
            else
                found.Add(new ResourceTerms(pattern, terms));
        }

        found.Sort((left, right) => (left.Pattern.IsTemplate.CompareTo(right.Pattern.IsTemplate), right.Pattern.LiteralLength.CompareTo(left.Pattern.LiteralLength)) switch
        {
            (not 0 and var byForm, _) => byForm,
            (_, not 0 and var byLength) => byLength,
            _ => string.CompareOrdinal(left.Pattern.Text, right.Pattern.Text),
        });
        return found.ToImmutable();
    }

    public static ImmutableDictionary<string, ToolTerms> Prompts(MapReader reader, List<Problem> problems) =>
        Entries(reader, "prompts", "Prompt", problems).ToImmutableDictionary(pair => pair.Entry.Key, pair => pair.Terms, StringComparer.Ordinal);

    private static List<(DocumentEntry Entry, ToolTerms Terms)> Entries(MapReader reader, string key, string what, List<Problem> problems)
    {
        var found = new List<(DocumentEntry, ToolTerms)>();
        foreach (var entry in reader.Map(key)?.Entries ?? [])
        {
            if (entry.Value is not DocumentNode.Map map)
                problems.Add(new Problem(entry.Value.Position, $"The terms of {what.ToLowerInvariant()} `{entry.Key}` must be an object."));
            else if (ToolTermsForm.OfRead(map, $"{what} `{entry.Key}`", problems) is { } terms)
                found.Add((entry, terms));
        }

        return found;
    }
}

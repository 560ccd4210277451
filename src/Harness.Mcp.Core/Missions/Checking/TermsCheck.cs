using System.Collections.Immutable;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Schemas;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>What a tool owner says of a tool, against what its backend published: a misspelt field would carry its label nowhere.</summary>
public static class TermsCheck
{
    /// <param name="tools">The `tools` of a backend's file.</param>
    /// <param name="known">The backend's tools as it published them.</param>
    public static ImmutableArray<Finding> Against(DocumentNode.Map tools, ImmutableArray<KnownTool> known)
    {
        ArgumentNullException.ThrowIfNull(tools);
        var findings = new FindingList();
        foreach (var entry in tools.Entries)
        {
            var tool = known.FirstOrDefault(one => string.Equals(one.Id.Name, entry.Key, StringComparison.Ordinal));
            if (tool is null)
                findings.Add(
                    CheckKind.UnknownTool,
                    entry.KeyPosition,
                    $"The backend publishes no tool `{entry.Key}`, so these terms apply to nothing.",
                    Suggest.Remedy(entry.Key, known.Select(one => one.Id.Name)));
            else if (entry.Value is DocumentNode.Map terms)
                CheckTerms(terms, tool, findings);
        }

        return findings.ToImmutable();
    }

    private static void CheckTerms(DocumentNode.Map terms, KnownTool tool, FindingList findings)
    {
        foreach (var key in (string[])["targets", "content"])
            if (terms[key] is DocumentNode.List paths)
                foreach (var path in paths.Items.OfType<DocumentNode.Scalar>())
                    Check(tool.Arguments, path.Text, path.Position, $"`{tool.Id}` has no argument", findings);
        if (terms["fields"] is DocumentNode.Map fields)
            foreach (var field in fields.Entries)
                Check(tool.Result, field.Key, field.KeyPosition, $"Results of `{tool.Id}` have no field", findings);
    }

    private static void Check(Shape shape, string path, SourcePosition at, string message, FindingList findings)
    {
        if (FieldPath.Parse(path) is { } parsed && shape.Missing(parsed) is var (name, known))
            findings.Add(CheckKind.UnknownField, at, $"{message} `{name}`.", Suggest.Remedy(name, known));
    }
}

using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Schemas;

namespace Harness.Mcp.Core.Missions.Parsing;

/// <summary>Reads the schemas of inputs and arguments.</summary>
internal static class Schemas
{
    /// <param name="source">The schema as JSON; undefined where null is returned.</param>
    public static JsonSchema? Parse(DocumentNode node, ProblemList problems, out JsonElement source)
    {
        source = MapReader.Json(node);
        var mistakes = problems.Count;

        // JSON Schema ignores unknown keywords; in a document that people write, such a word is a slip that would permit too much.
        if (node is DocumentNode.Map map)
            foreach (var entry in map.Entries)
                if (!SchemaKeywords.All.Contains(entry.Key, StringComparer.Ordinal) && SchemaKeywords.Refusal(entry.Key) is null)
                    problems.Add(
                        entry.KeyPosition, $"JSON Schema has no keyword `{entry.Key}`.", Suggest.Remedy(entry.Key, SchemaKeywords.All));

        var schema = JsonSchema.Compile(source, node.Position);
        problems.AddRange(schema.Problems);
        return problems.Count == mistakes ? schema.Value : null;
    }
}

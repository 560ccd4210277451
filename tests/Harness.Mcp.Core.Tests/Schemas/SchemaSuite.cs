using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Schemas;

namespace Harness.Mcp.Core.Tests.Schemas;

/// <summary>The JSON-Schema-Test-Suite of draft 2020-12, as files beside the tests.</summary>
internal static class SchemaSuite
{
    private const string Remotes = "http://localhost:1234/";
    private const string Metaschema = "https://json-schema.org/draft/2020-12/";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "data", "json-schema");

    public static IEnumerable<SuiteCase> Cases(string folder) =>
        from path in Directory.EnumerateFiles(Path.Combine(Folder, "draft2020-12", folder), "*.json").Order(StringComparer.Ordinal)
        from @group in Read(path).EnumerateArray()
        from test in @group.GetProperty("tests").EnumerateArray()
        select new SuiteCase(
            $"{folder}/{Path.GetFileNameWithoutExtension(path)}: {@group.GetProperty("description")}: {test.GetProperty("description")}",
            @group.GetProperty("schema"),
            test.GetProperty("data"),
            test.GetProperty("valid").GetBoolean());

    public static Parsed<JsonSchema> Compile(JsonElement schema) => JsonSchema.Compile(schema, new SourcePosition("suite", 0, 0), Resolve);

    private static JsonElement? Resolve(string uri)
    {
        var path = uri.StartsWith(Remotes, StringComparison.Ordinal) ? Path.Combine(Folder, "remotes", uri[Remotes.Length..])
            : uri.StartsWith(Metaschema, StringComparison.Ordinal) ? Path.Combine(Folder, "metaschema", uri[Metaschema.Length..] + ".json")
            : "";
        return File.Exists(path) ? Read(path) : null;
    }

    private static JsonElement Read(string path) => JsonElement.Parse(File.ReadAllBytes(path));
}

/// <summary>One value, and whether the schema accepts it.</summary>
internal sealed record SuiteCase(string Name, JsonElement Schema, JsonElement Value, bool IsValid)
{
    /// <summary>What the validator gets wrong; null where it agrees with the suite.</summary>
    public string? Disagreement()
    {
        var schema = SchemaSuite.Compile(Schema);
        if (!schema.IsValid)
            return $"{Name}: refused: {schema.Problems[0]}";

        var isValid = schema.Value.IsValid(Value);
        var violations = schema.Value.Validate(Value);
        if (isValid != violations.IsEmpty)
            return $"{Name}: the two runs differ";
        return isValid == IsValid ? null : $"{Name}: expected {(IsValid ? "valid" : "invalid")}";
    }
}

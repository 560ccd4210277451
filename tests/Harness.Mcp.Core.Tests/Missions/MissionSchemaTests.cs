using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Proxy.Documents;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions;

/// <summary>The schema that editors use says what the parser says, as far as a schema can.</summary>
public class MissionSchemaTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "data", "missions");

    private static readonly Lazy<JsonSchema> Schema = new(Load);

    /// <summary>Mistakes that show only between two places of a document, or in the size of a value.</summary>
    private static readonly string[] BeyondASchema =
        ["never-granted", "cyclic-anchors", "contradictory", "duplicate"];

    public static TheoryData<string> Documents =>
        [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(file => Path.GetFileNameWithoutExtension(file)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Schema_Refuses_OnlyWhatTheParserRefuses(string name)
    {
        var document = YamlReader.Read(File.ReadAllText(Path.Combine(Folder, $"{name}.yaml")), name).Value!;

        var isValid = MissionParser.Parse(document).IsValid;
        var violations = Schema.Value.Validate(DocumentJson.Write(document));

        if (isValid)
            Assert.Empty(violations);
        else if (!Array.Exists(BeyondASchema, prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            Assert.NotEmpty(violations);
    }

    private static JsonSchema Load()
    {
        using var stream = typeof(MissionParser).Assembly.GetManifestResourceStream("mission.schema.json")!;
        using var document = JsonDocument.Parse(stream);
        var schema = JsonSchema.Compile(document.RootElement.Clone(), new SourcePosition("mission.schema.json", 0, 0));
        return schema.Value ?? throw new InvalidOperationException(string.Join(Environment.NewLine, schema.Problems));
    }
}

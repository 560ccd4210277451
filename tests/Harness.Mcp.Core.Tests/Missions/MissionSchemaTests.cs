using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Proxy.Documents;
using Harness.Mcp.TestKit.Missions;
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

    [Theory]
    [InlineData("mission.schema.json")]
    [InlineData("guardrails.schema.json")]
    public void Schema_AllowsAsManyRules_AsTheParser(string name)
    {
        using var stream = typeof(MissionParser).Assembly.GetManifestResourceStream(name)!;
        using var schema = JsonDocument.Parse(stream);

        Assert.Equal(MissionBounds.RulesMax, schema.RootElement.GetProperty("properties").GetProperty("rules").GetProperty("maxItems").GetInt32());
    }

    [Fact]
    public void Parser_TakesSoManyRules_AndNotOneMore()
    {
        static string Rules(int count) => "grants: [{ read: [crm/*] }]\nrules:\n"
            + string.Concat(Enumerable.Range(0, count).Select(rule => $"  - {{ id: r{rule}, on: [crm/get], budget: {{ max: {rule + 1} }} }}\n"));

        Assert.Equal(MissionBounds.RulesMax, Given.Template(Rules(MissionBounds.RulesMax)).Rules.Length);
        var refused = Assert.Throws<InvalidOperationException>(() => Given.Template(Rules(MissionBounds.RulesMax + 1)));
        Assert.Contains("at most 1000 rules", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Rule by rule, since one mistake of a document would hide another.</summary>
    [Theory]
    [InlineData("max: 10, per: 1m", true)]
    [InlineData("max: 10.5, per: 1m", false)]
    [InlineData("max: 10001, per: 1m", false)]
    [InlineData("max: 0, per: 1m", false)]
    [InlineData("max: 10", false)]
    [InlineData("sum: call.args.amount, max: 10.5, per: 1h", true)]
    [InlineData("sum: call.args.amount, max: 20000, per: 1h", true)]
    [InlineData("sum: call.args.amount, max: 0, per: 1h", false)]
    [InlineData("sum: amount, max: 10, per: 1h", false)]
    [InlineData("sum: call.args.amount, max: 10, per: call.args.user", false)]
    [InlineData("distinct: call.args.host, max: 3, per: 1h", true)]
    [InlineData("distinct: call.args.host, max: 3.5, per: 1h", false)]
    [InlineData("distinct: call.args.host, max: 10001, per: 1h", false)]
    [InlineData("distinct: call.args.host, sum: call.args.amount, max: 3, per: 1h", false)]
    public void Window_IsRefusedByTheSchema_WhereTheParserRefusesIt(string window, bool isValid)
    {
        var document = YamlReader.Read(
            $"mission: m\nobjective: o\nowner: a\nagents: [me]\nlifetime: 1h\ngrants: [{{ tools: [a/b] }}]\nrules: [{{ id: w, window: {{ {window} }} }}]", "m.yaml").Value!;

        Assert.Equal((isValid, isValid), (MissionParser.Parse(document).IsValid, Schema.Value.Validate(DocumentJson.Write(document)).IsEmpty));
    }

    private static JsonSchema Load()
    {
        using var stream = typeof(MissionParser).Assembly.GetManifestResourceStream("mission.schema.json")!;
        using var document = JsonDocument.Parse(stream);
        var schema = JsonSchema.Compile(document.RootElement.Clone(), new SourcePosition("mission.schema.json", 0, 0));
        return schema.Value ?? throw new InvalidOperationException(string.Join(Environment.NewLine, schema.Problems));
    }
}

using System.Text.Json.Nodes;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Proxy.Documents;
using Xunit;

namespace Harness.Mcp.Core.Tests.Layers;

/// <summary>The schema that editors use for guardrails says what the parser says.</summary>
public class GuardrailsSchemaTests
{
    private const string MissionSchema = "../Missions/mission.schema.json#";

    private static readonly Lazy<JsonSchema> Schema = new(Load);

    [Theory]
    [InlineData("owner: a")]
    [InlineData("owner: a\nenforce: false\nlabels: ['a < b', 'x > y']\ndeclassify: { label: a, by: hr/x }\ndenials: { stop: 3 }\nrules: [{ id: x, flow: { from: y, to: 'effect:write' } }]")]
    [InlineData("owner: a\nrules: [{ id: x, forbid: 'true', examples: [{ deny: { tool: a/b } }] }]")]
    [InlineData("rules: []")]
    [InlineData("owner: a\nmission: x")]
    [InlineData("owner: a\nlabels: ['a']")]
    [InlineData("owner: a\nlabels: ['a < b > c']")]
    [InlineData("owner: a\ndenials: {}")]
    [InlineData("owner: a\ndenials: { narrow: 0 }")]
    [InlineData("owner: a\ndeclassify: { label: a, by: ['hr/*'] }")]
    [InlineData("owner: a\nrules: [{ id: x, flow: { label: a, from: b, to: c } }]")]
    [InlineData("owner: a\nrules: [{ id: x, flow: { label: a, to: 'effect:x' } }]")]
    [InlineData("owner: a\nrules: [{ id: x, forbid: 'true', enforce: 1 }]")]
    [InlineData("owner: a\nrules: [{ id: x, forbid: 'true', examples: [{ deny: { tool: a/b, result: 1 } }] }]")]
    public void Schema_AndParser_Agree(string yaml)
    {
        var document = YamlReader.Read(yaml, "guardrails.yaml").Value!;

        Assert.Equal(RuleSourceParser.Guardrails(document).IsValid, Schema.Value.Validate(DocumentJson.Write(document)).IsEmpty);
    }

    // The guardrails' schema refers to the mission's, which stands beside it in the repository; here both become one.
    private static JsonSchema Load()
    {
        var guardrails = JsonNode.Parse(Read("guardrails.schema.json").Replace(MissionSchema, "#", StringComparison.Ordinal))!;
        guardrails["$defs"] = JsonNode.Parse(Read("mission.schema.json"))!["$defs"]!.DeepClone();
        var schema = JsonSchema.Compile(System.Text.Json.JsonElement.Parse(guardrails.ToJsonString()), new SourcePosition("guardrails.schema.json", 0, 0));
        return schema.Value ?? throw new InvalidOperationException(string.Join(Environment.NewLine, schema.Problems));
    }

    private static string Read(string name)
    {
        using var reader = new StreamReader(typeof(RuleSourceParser).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}

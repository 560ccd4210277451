using System.Text.Json;
using CsCheck;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions;

public class GrantedSchemaTests
{
    [Theory]
    [InlineData("""{ "type": "string" }""", "{ enum: [a, b] }", """{"type":"string","enum":["a","b"]}""")]
    [InlineData("""{ "type": "string", "x-mcp-header": "Env", "maxLength": 9 }""", "{ maxLength: 5 }", """{"type":"string","x-mcp-header":"Env","maxLength":9,"allOf":[{"maxLength":5}]}""")]
    [InlineData("""{ "allOf": [{ "minLength": 1 }] }""", "{ type: string, maxLength: 5, minLength: 2, items: {} }", """{"allOf":[{"minLength":1},{"type":"string","maxLength":5,"minLength":2,"items":{}}]}""")]
    [InlineData("""{ "type": "integer", "maximum": 12345678901234567890.10 }""", "{ minimum: 1 }", """{"type":"integer","maximum":12345678901234567890.10,"minimum":1}""")]
    [InlineData("true", "{ const: 1 }", """{"const":1}""")]
    [InlineData("false", "{ const: 1 }", "false")]
    [InlineData("""{ "type": "string" }""", "false", "false")]
    [InlineData("""{ "type": "string" }""", "true", """{"type":"string"}""")]
    public void Limit_StandsAtItsArgument(string own, string limit, string shown) =>
        Assert.Equal(shown, Shown($"- {{ tools: [a/set], args: {{ env: {limit} }} }}", $$"""{ "env": {{own}}, "other": { "$ref": "#/$defs/x" } }""").GetProperty("env").GetRawText());

    [Fact]
    public void Limit_StandsThere_EvenWhereTheToolDoesNotDeclareTheArgument() =>
        Assert.Equal("""{"env":{"const":1}}""", Shown("- { tools: [a/set], args: { env: { const: 1 } } }", "{}").GetRawText());

    [Fact]
    public void Limits_OfTwoGrants_AreShownWhereBothSetThem()
    {
        const string Two = """
            - { tools: [a/set], when: 'call.args.kind == "x"', args: { env: { enum: [a] }, size: { maximum: 1 } } }
              - { tools: [a/set], when: 'call.args.kind == "y"', args: { env: { enum: [b] } } }
            """;

        Assert.Equal(
            """{"env":{"type":"string","allOf":[{"anyOf":[{"enum":["a"]},{"enum":["b"]}]}]},"size":{"type":"number"}}""",
            Shown(Two, """{ "env": { "type": "string" }, "size": { "type": "number" } }""").GetRawText());
    }

    [Theory]
    [InlineData("- { tools: [a/set] }")]
    [InlineData("- { tools: [a/other], args: { env: { const: 1 } } }")]
    [InlineData("- { tools: [a/set], when: 'call.args.kind == \"x\"', args: { env: { const: 1 } } }\n  - { tools: [a/set], when: 'call.args.kind == \"y\"' }")]
    public void Definition_IsTheSame_WhereNothingLimitsEveryCall(string grants)
    {
        var definition = Definition("""{ "env": { "type": "string" } }""");

        Assert.Equal(definition.GetRawText(), GrantedSchema.Of(Given.Template($"grants:\n  {grants}"), Tool.Write("a/set"), definition).GetRawText());
    }

    /// <summary>What is shown accepts just the arguments that the tool's own schema and the grant accept.</summary>
    [Fact]
    public void Shown_AcceptsWhatBothAccept()
    {
        string[] own = ["{}", "true", """{"type":"string"}""", """{"type":"string","maxLength":2}""", """{"minimum":2}""", """{"enum":["a","abc",1,3]}""", """{"allOf":[{"type":"integer"}],"maximum":3}""", """{"type":"array","items":{"type":"string"}}"""];
        string[] limits = ["{ type: string }", "{ maxLength: 1 }", "{ minimum: 3 }", "{ enum: [a, 3] }", "{ type: array, items: { enum: [a] } }", "{ not: { const: a } }", "true", "false"];
        string[] values = ["\"a\"", "\"abc\"", "1", "3", "[\"a\"]", "[\"b\"]", "null"];

        Gen.Select(Gen.OneOf(own), Gen.OneOf(limits), Gen.OneOf(values)).Sample((schema, limit, value) =>
        {
            var mission = Given.Mission($"grants:\n  - {{ tools: [a/set], args: {{ env: {limit} }} }}");
            var definition = Definition($$"""{ "env": {{schema}} }""");
            var arguments = JsonElement.Parse($$"""{"env":{{value}}}""");

            var isAccepted = Compile(definition).IsValid(arguments) && mission.Decide(Call.To(Tool.Write("a/set"), arguments.GetRawText())) is Decision.Permit;

            Assert.Equal(isAccepted, Compile(GrantedSchema.Of(mission.State.Template, Tool.Write("a/set"), definition)).IsValid(arguments));
        }, iter: 500);
    }

    private static JsonSchema Compile(JsonElement definition) => JsonSchema.Compile(definition.GetProperty("inputSchema"), new SourcePosition("test", 0, 0)).Value!;

    private static JsonElement Shown(string grants, string properties) =>
        GrantedSchema.Of(Given.Template($"grants:\n  {grants}"), Tool.Write("a/set"), Definition(properties)).GetProperty("inputSchema").GetProperty("properties");

    private static JsonElement Definition(string properties) =>
        JsonElement.Parse("""{"name":"set","inputSchema":{"type":"object","properties":PROPERTIES,"$defs":{"x":{}}},"x-own":1.10}""".Replace("PROPERTIES", properties, StringComparison.Ordinal));
}

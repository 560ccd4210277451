using System.Text.Json;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Schemas;
using Xunit;

namespace Harness.Mcp.Core.Tests.Schemas;

public class JsonSchemaTests
{
    private const string Mail = """
        {
          "type": "object",
          "properties": {
            "to": { "type": "string", "pattern": "^[a-z]+@corp\\.example$" },
            "subject": { "type": "string", "minLength": 1, "maxLength": 20 },
            "copies": { "type": "integer", "minimum": 1, "maximum": 5 },
            "urgent": { "type": "boolean" },
            "parts": { "type": "array", "maxItems": 2, "items": { "type": "object", "properties": { "kind": { "enum": ["text", "file"] } } } }
          },
          "required": ["to", "subject"],
          "additionalProperties": false
        }
        """;

    [Theory]
    [InlineData("""{"to":"ann@corp.example","subject":"hi"}""")]
    [InlineData("""{"to":"ann@corp.example","subject":"hi","copies":2.0,"urgent":true,"parts":[{"kind":"text"},{}]}""")]
    public void Validate_FindsNothing_InAValidValue(string value)
    {
        Assert.Empty(Compiled(Mail).Validate(JsonElement.Parse(value)));
    }

    [Theory]
    [InlineData("""{"to":"ann@corp.example"}""", "", "required", "`subject` is required.")]
    [InlineData("""{"to":"eve@evil.example","subject":"x"}""", "/to", "pattern", "`to` must match the pattern `^[a-z]+@corp\\.example$`.")]
    [InlineData("""{"to":"ann@corp.example\n","subject":"x"}""", "/to", "pattern", "`to` must match the pattern `^[a-z]+@corp\\.example$`.")]
    [InlineData("""{"to":"ann@corp.example","subject":""}""", "/subject", "minLength", "`subject` must have at least 1 character.")]
    [InlineData("""{"to":"ann@corp.example","subject":"x","copies":1.5}""", "/copies", "type", "`copies` must be an integer.")]
    [InlineData("""{"to":"ann@corp.example","subject":"x","copies":9}""", "/copies", "maximum", "`copies` must be at most 5.")]
    [InlineData("""{"to":"ann@corp.example","subject":"x","bcc":"e"}""", "/bcc", "false", "`bcc` is not allowed.")]
    [InlineData("""{"to":"ann@corp.example","subject":"x","parts":[{},{"kind":"exe"}]}""", "/parts/1/kind", "enum", "`parts[1].kind` must be one of `\"text\"`, `\"file\"`.")]
    [InlineData("\"x\"", "", "type", "The value must be an object.")]
    [InlineData("""{"to":"ann@corp.example","subject":"x","a/b~":1}""", "/a~1b~0", "false", "`a/b~` is not allowed.")]
    [InlineData("""{"to":"ann@corp.example","subject":"x","\ud83d":1}""", "/\uFFFD\uFFFD\uFFFD", "false", "`\uFFFD\uFFFD\uFFFD` is not allowed.")]
    public void Validate_SaysWhatIsWrong_WithoutTheValue(string value, string path, string keyword, string message)
    {
        var violation = Assert.Single(Compiled(Mail).Validate(JsonElement.Parse(value)));

        Assert.Equal(new SchemaViolation(path, keyword, message), violation);
    }

    [Fact]
    public void Validate_NamesEverything_UpToSixteen()
    {
        var some = Compiled(Mail).Validate(JsonElement.Parse("""{"subject":7,"copies":0,"urgent":1,"x":1}"""));
        var many = Compiled("""{"additionalProperties":false}""").Validate(JsonElement.Parse($"{{{string.Join(',', Enumerable.Range(0, 50).Select(n => $"\"p{n}\":0"))}}}"));

        Assert.Equal(["`copies` must be at least 1.", "`subject` must be a string.", "`to` is required.", "`urgent` must be true or false.", "`x` is not allowed."], some.Select(one => one.Message).Order(StringComparer.Ordinal));
        Assert.Equal(JsonSchema.ViolationsMax, many.Length);
    }

    [Fact]
    public void Both_AcceptsOnly_WhatBothAccept()
    {
        var both = JsonSchema.Both(Compiled("""{"properties":{"n":{"maximum":10}}}"""), Compiled("""{"properties":{"n":{"minimum":5}}}"""));

        Assert.True(both.IsValid(JsonElement.Parse("""{"n":7}""")));
        Assert.Equal("`n` must be at least 5.", Assert.Single(both.Validate(JsonElement.Parse("""{"n":4}"""))).Message);
        Assert.Equal("`n` must be at most 10.", Assert.Single(both.Validate(JsonElement.Parse("""{"n":11}"""))).Message);
        Assert.True(JsonSchema.Both(JsonSchema.Any, JsonSchema.Any).IsValid(JsonElement.Parse("null")));
    }

    [Theory]
    [InlineData("""{"$ref":"https://example.com/s.json"}""", "leads nowhere inside the schema, and nothing is fetched")]
    [InlineData("""{"properties":{"a":{"$ref":"#/$defs/b"}}}""", "The schema at `/properties/a` cannot be used")]
    [InlineData("""{"properties":{"a":{"pattern":"(?=x)y"}}}""", "The schema at `/properties/a/pattern` cannot be used: the pattern cannot be run: it needs lookaround")]
    [InlineData("""{"pattern":"(a)\\1"}""", "back-reference")]
    [InlineData("""{"pattern":"(a"}""", "no regular expression")]
    [InlineData("""{"pattern":"(((a{1,100}){1,100}){1,100}){1,100}"}""", "too large a repetition")]
    [InlineData("""{"type":"strng"}""", "`type` must be one of `string`")]
    [InlineData("""{"minimum":"5"}""", "`minimum` must be a number")]
    [InlineData("""{"required":true}""", "`required` must be an array")]
    [InlineData("""{"maxlength":5}""", "`maxlength` is no keyword")]
    [InlineData("""{"additional_properties":false}""", "Did you mean `additionalProperties`?")]
    [InlineData("""{"divisibleBy":5}""", "asserts something that JSON Schema 2020-12 does not know")]
    [InlineData("""{"multipleOf":0}""", "`multipleOf` must be a number greater than 0")]
    [InlineData("""{"$schema":"https://example.com/mine"}""", "`$schema` names a dialect that is not known here")]
    [InlineData("""{"type":"object","type":"string"}""", "`type` is written twice")]
    [InlineData("\"object\"", "neither an object nor true or false")]
    [InlineData("""{"title":"\ud83d"}""", "no valid Unicode")]
    [InlineData("""{"$id":"a","$defs":{"x":{"$id":"b"},"y":{"$id":"b"}}}""", "another subschema has the same identifier")]
    public void Compile_Refuses_WhatItCannotCheck(string schema, string message)
    {
        var parsed = JsonSchema.Compile(JsonElement.Parse(schema), new SourcePosition("tools", 3, 7));

        var problem = Assert.Single(parsed.Problems);
        Assert.Contains(message, problem.ToString(), StringComparison.Ordinal);
        Assert.Equal(3, problem.Position.Line);
    }

    [Theory]
    [InlineData("""{"x-ui":1,"markdownDescription":"d","enumNames":["a"],"format":"date","description":"\\ud83d"}""")]
    [InlineData("""{"title":"t","examples":[1],"default":2,"$comment":"c","nullable":true,"x-mcp-header":"X"}""")]
    public void Compile_PassesOverAnnotations(string schema)
    {
        Assert.True(Compiled(schema).IsValid(JsonElement.Parse("\"anything\"")));
    }

    [Theory]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"s":{"type":"string"}},"$ref":"#/definitions/s","maxLength":1}""", "\"long\"", true)]
    [InlineData("""{"definitions":{"s":{"type":"string"}},"$ref":"#/definitions/s","maxLength":1}""", "\"long\"", false)]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","items":[{"type":"string"}],"additionalItems":false}""", "[\"a\",1]", false)]
    [InlineData("""{"items":[{"type":"string"}],"additionalItems":{"type":"integer"}}""", "[\"a\",1]", true)]
    [InlineData("""{"items":[{"type":"string"}],"additionalItems":{"type":"integer"}}""", "[\"a\",\"b\"]", false)]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema","dependencies":{"a":["b"],"c":{"required":["d"]}}}""", """{"a":1}""", false)]
    [InlineData("""{"dependencies":{"a":["b"],"c":{"required":["d"]}}}""", """{"c":1}""", false)]
    [InlineData("""{"dependencies":{"a":["b"],"c":{"required":["d"]}}}""", """{"a":1,"b":2}""", true)]
    [InlineData("""{"$schema":"http://json-schema.org/draft-04/schema#","minimum":1,"exclusiveMinimum":true}""", "1", false)]
    [InlineData("""{"minimum":1,"exclusiveMinimum":false}""", "1", true)]
    [InlineData("""{"$schema":"http://json-schema.org/draft-04/schema#","id":"http://x/","definitions":{"i":{"id":"#i","type":"integer"}},"properties":{"n":{"$ref":"#i"}}}""", """{"n":"x"}""", false)]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","dependentRequired":{"a":["b"]}}""", """{"a":1}""", true)]
    [InlineData("""{"$schema":"https://json-schema.org/draft/2019-09/schema","properties":{"child":{"$recursiveRef":"#"}},"additionalProperties":false}""", """{"child":{"child":{"x":1}}}""", false)]
    public void OlderDrafts_AreReadAsTheySay(string schema, string value, bool isValid)
    {
        Assert.Equal(isValid, Compiled(schema).IsValid(JsonElement.Parse(value)));
    }

    [Theory]
    [InlineData("^\\d+$", "12", true)]
    [InlineData("^\\d+$", "1\u0662", false)]
    [InlineData("^\\w+$", "é", false)]
    [InlineData("^[^\\W\\d]$", "a", true)]
    [InlineData("^[^\\W\\d]$", "1", false)]
    [InlineData("^\\S$", "\u00a0", false)]
    [InlineData("^[\\D]$", "5", false)]
    [InlineData("^[\\D]$", "x", true)]
    [InlineData("^.$", "\r", false)]
    [InlineData("^a$", "a\n", false)]
    [InlineData("^[a-z-[aeiou]]$", "-]", true)]
    [InlineData("^[^]$", "\n", true)]
    [InlineData("^\\cA\\x41\\u0042\\u{43}\\/\\-$", "\u0001ABC/-", true)]
    [InlineData("^\\p{Letter}\\p{Lu}\\P{digit}$", "éÉx", true)]
    [InlineData("^\U0001F600{2}$", "\U0001F600\U0001F600", true)]
    [InlineData("a", "xay", true)]
    public void Patterns_MeanWhatEcmaScriptSays(string pattern, string text, bool isMatch)
    {
        Assert.Equal(isMatch, Compiled($$"""{"pattern":{{JsonSerializer.Serialize(pattern)}}}""").IsValid(JsonElement.Parse(JsonSerializer.Serialize(text))));
    }

    [Fact]
    public void ASchemaBomb_FailsFast()
    {
        var doubling = string.Join(',', Enumerable.Range(0, 40).Select(n => $$$"""
            "l{{{n}}}":{"allOf":[{"$ref":"#/$defs/l{{{n + 1}}}"},{"$ref":"#/$defs/l{{{n + 1}}}"}]}
            """));
        var wide = "{\"$ref\":\"#/$defs/l0\",\"$defs\":{" + doubling + ",\"l40\":true}}";
        var tried = wide.Replace("allOf", "anyOf", StringComparison.Ordinal).Replace("\"l40\":true", "\"l40\":false", StringComparison.Ordinal);
        var patterns = "{\"patternProperties\":{" + string.Join(',', Enumerable.Range(0, 1000).Select(n => $"\"^a{n}\":true")) + "}}";
        Compiled("{}"); // The first compilation pays for the run-time's own.

        foreach (var schema in new[] { wide, tried, """{"$ref":"#"}""", """{"anyOf":[{"$ref":"#"},{"not":{"$ref":"#"}}]}""" })
        {
            var violations = Compiled(schema).Validate(JsonElement.Parse("{\"a\":1}"));

            // Followed to its end, the first of them would outlast the reader.
            Assert.Equal("The value is too deep or too large to be checked against this schema.", Assert.Single(violations).Message);
        }

        Assert.Contains("more than 512 patterns", Refusal(patterns), StringComparison.Ordinal);
        Assert.Contains("nests more than 64 deep", Refusal(string.Concat(Enumerable.Repeat("{\"not\":", 70)) + "true" + new string('}', 70)), StringComparison.Ordinal);
    }

    [Fact]
    public void ALargeHonestValue_IsChecked()
    {
        var rows = string.Join(',', Enumerable.Range(0, 20_000).Select(n => $$"""{"kind":"text","n":{{n}}}"""));
        var schema = Compiled("""{"type":"array","items":{"type":"object","properties":{"kind":{"enum":["text"]},"n":{"type":"integer"}},"required":["kind","n"],"additionalProperties":false}}""");

        Assert.Empty(schema.Validate(JsonElement.Parse($"[{rows}]")));
        Assert.Equal("/19999/n", Assert.Single(schema.Validate(JsonElement.Parse($"[{rows[..^6]}\"x\"}}]"))).InstancePath);
    }

    private static JsonSchema Compiled(string schema) =>
        JsonSchema.Compile(JsonElement.Parse(schema), new SourcePosition("schema", 0, 0)) is { IsValid: true } parsed
            ? parsed.Value
            : throw new InvalidOperationException(Refusal(schema));

    private static string Refusal(string schema) => JsonSchema.Compile(
        JsonElement.Parse(schema, new JsonDocumentOptions { MaxDepth = 256 }), new SourcePosition("schema", 0, 0)).Problems[0].ToString();
}

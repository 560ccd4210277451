using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Core.Schemas;

/// <summary>
/// A JSON Schema (2020-12), compiled once and evaluated with bounded cost. References stay inside the schema: nothing is ever
/// fetched. A keyword that asserts something this validator does not know is refused when the schema is compiled.
/// </summary>
public sealed class JsonSchema
{
    /// <summary>Accepts every value: the schema `true`.</summary>
    public static JsonSchema Any => throw new NotImplementedException();

    /// <param name="at">Where the schema stands, for problems; each names the JSON Pointer inside the schema.</param>
    public static Parsed<JsonSchema> Compile(JsonElement schema, SourcePosition at) => throw new NotImplementedException();

    /// <summary>Every way in which <paramref name="value"/> is not valid, at most 16; empty for a valid value.</summary>
    public ImmutableArray<SchemaViolation> Validate(JsonElement value) => throw new NotImplementedException();
}

/// <summary>One way in which a value breaks a schema.</summary>
/// <param name="InstancePath">JSON Pointer (RFC 6901) into the value; empty for the value itself.</param>
/// <param name="Keyword">The keyword that failed.</param>
/// <param name="Message">What is wrong, without quoting the value.</param>
public readonly record struct SchemaViolation(string InstancePath, string Keyword, string Message);

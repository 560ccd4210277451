using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Core.Schemas;

/// <summary>
/// A JSON Schema (2020-12), compiled once and evaluated with bounded cost. References stay inside the schema: nothing is ever
/// fetched. A keyword that asserts something this validator does not know is refused when the schema is compiled. A schema that
/// declares draft 2019-09, 7, 6 or 4 is read as that draft says. `format` and `content…` are annotations.
/// </summary>
public sealed class JsonSchema
{
    /// <summary>Most violations that one validation reports.</summary>
    public const int ViolationsMax = 16;

    private readonly ImmutableArray<CompiledSchema> _parts;

    private JsonSchema(ImmutableArray<CompiledSchema> parts) => _parts = parts;

    /// <summary>Accepts every value: the schema `true`.</summary>
    public static JsonSchema Any { get; } = new([]);

    /// <param name="at">Where the schema stands, for problems; each names the JSON Pointer inside the schema.</param>
    public static Parsed<JsonSchema> Compile(JsonElement schema, SourcePosition at) => Compile(schema, at, _ => null);

    /// <summary>The schema of the values that both schemas accept.</summary>
    public static JsonSchema Both(JsonSchema one, JsonSchema other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return new([.. one._parts, .. other._parts]);
    }

    /// <summary>Every way in which <paramref name="value"/> is not valid, at most 16; empty for a valid value.</summary>
    public ImmutableArray<SchemaViolation> Validate(JsonElement value)
    {
        if (IsValid(value))
            return [];

        var violations = ImmutableArray.CreateBuilder<SchemaViolation>();
        foreach (var part in _parts)
        {
            foreach (var violation in part.Explain(value))
            {
                if (violations.Count < ViolationsMax && !violations.Contains(violation))
                    violations.Add(violation);
            }
        }

        return violations.ToImmutable();
    }

    /// <summary>Whether the schema accepts the value; cheaper than asking why not.</summary>
    public bool IsValid(JsonElement value)
    {
        foreach (var part in _parts)
        {
            if (!part.Accepts(value))
                return false;
        }

        return true;
    }

    /// <param name="resolve">Gives an embedded document by its absolute URI, or null. It must not fetch.</param>
    internal static Parsed<JsonSchema> Compile(JsonElement schema, SourcePosition at, Func<string, JsonElement?> resolve)
    {
        try
        {
            return new(new JsonSchema([new SchemaCompiler(schema, resolve).Compile()]));
        }
        catch (SchemaRefusedException refused)
        {
            var place = refused.Pointer.Length == 0 ? "The schema" : $"The schema at `{refused.Pointer}`";
            return new(ImmutableArray.Create(new Problem(at, $"{place} cannot be used: {refused.Message}", refused.Remedy)));
        }
    }
}

/// <summary>One way in which a value breaks a schema.</summary>
/// <param name="InstancePath">JSON Pointer (RFC 6901) into the value; empty for the value itself.</param>
/// <param name="Keyword">The keyword that failed.</param>
/// <param name="Message">What is wrong, without quoting the value.</param>
public readonly record struct SchemaViolation(string InstancePath, string Keyword, string Message);

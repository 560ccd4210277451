using System.Collections.Frozen;
using System.Text.Json;

namespace Harness.Mcp.Core.Schemas;

/// <summary>What stands below a keyword.</summary>
internal enum SubschemaShape
{
    None,
    One,
    List,
    Map,
}

/// <summary>The names of keywords: those that are understood, and those of other vocabularies that would assert something.</summary>
internal static class SchemaKeywords
{
    private static readonly FrozenSet<string> Known = new[]
    {
        "$schema", "$id", "id", "$ref", "$dynamicRef", "$recursiveRef", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary", "$comment", "$defs", "definitions",
        "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength", "pattern",
        "maxItems", "minItems", "uniqueItems", "maxContains", "minContains", "maxProperties", "minProperties", "required", "dependentRequired",
        "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies", "prefixItems", "items", "additionalItems", "contains",
        "properties", "patternProperties", "additionalProperties", "propertyNames", "unevaluatedItems", "unevaluatedProperties",
        "title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples", "format", "contentEncoding", "contentMediaType", "contentSchema",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, string> KnownByFold = Known.Where(IsAssertion).ToFrozenDictionary(Fold, StringComparer.Ordinal);

    // Keywords of draft 3, of drafts to come and of widespread validators' extensions. To ignore one would accept what its author refuses.
    private static readonly FrozenSet<string> ForeignAssertions = new[]
    {
        "divisibleBy", "disallow", "extends", "propertyDependencies", "formatMinimum", "formatMaximum", "formatExclusiveMinimum", "formatExclusiveMaximum",
        "typeof", "instanceof", "range", "exclusiveRange", "regexp", "uniqueItemProperties", "allRequired", "anyRequired", "oneRequired", "patternRequired",
        "prohibited", "deepProperties", "deepRequired", "select", "selectCases", "selectDefault", "$data",
    }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, SubschemaShape> Shapes = new Dictionary<string, SubschemaShape>(StringComparer.Ordinal)
    {
        ["allOf"] = SubschemaShape.List,
        ["anyOf"] = SubschemaShape.List,
        ["oneOf"] = SubschemaShape.List,
        ["prefixItems"] = SubschemaShape.List,
        ["items"] = SubschemaShape.One,
        ["additionalItems"] = SubschemaShape.One,
        ["contains"] = SubschemaShape.One,
        ["additionalProperties"] = SubschemaShape.One,
        ["propertyNames"] = SubschemaShape.One,
        ["unevaluatedItems"] = SubschemaShape.One,
        ["unevaluatedProperties"] = SubschemaShape.One,
        ["not"] = SubschemaShape.One,
        ["if"] = SubschemaShape.One,
        ["then"] = SubschemaShape.One,
        ["else"] = SubschemaShape.One,
        ["contentSchema"] = SubschemaShape.One,
        ["properties"] = SubschemaShape.Map,
        ["patternProperties"] = SubschemaShape.Map,
        ["dependentSchemas"] = SubschemaShape.Map,
        ["dependencies"] = SubschemaShape.Map,
        ["$defs"] = SubschemaShape.Map,
        ["definitions"] = SubschemaShape.Map,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The keywords that are understood, for documents that refuse all others.</summary>
    public static IEnumerable<string> All => Known;

    public static SubschemaShape ShapeOf(string keyword, JsonElement value) => (Shapes.GetValueOrDefault(keyword), value.ValueKind) switch
    {
        (SubschemaShape.List, JsonValueKind.Array) => SubschemaShape.List,
        (SubschemaShape.Map, JsonValueKind.Object) => SubschemaShape.Map,
        (SubschemaShape.One, JsonValueKind.Array) when keyword == "items" => SubschemaShape.List,
        (SubschemaShape.One, JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False) => SubschemaShape.One,
        _ => SubschemaShape.None,
    };

    /// <summary>Why a keyword cannot be passed over, and what may be meant; null for a known keyword and for an annotation.</summary>
    public static (string Why, string Remedy)? Refusal(string keyword)
    {
        if (Known.Contains(keyword))
            return null;
        if (ForeignAssertions.Contains(keyword))
            return ($"`{keyword}` asserts something that JSON Schema 2020-12 does not know.", "Say it with keywords of 2020-12, or remove it.");
        return KnownByFold.TryGetValue(Fold(keyword), out var meant) ? ($"`{keyword}` is no keyword.", $"Did you mean `{meant}`?") : null;
    }

    private static bool IsAssertion(string keyword) => !keyword.StartsWith('$') && keyword is not (
        "id" or "definitions" or "title" or "description" or "default" or "deprecated" or "readOnly" or "writeOnly" or "examples" or "format"
        or "contentEncoding" or "contentMediaType" or "contentSchema");

    private static string Fold(string keyword) =>
        keyword.Replace("-", "", StringComparison.Ordinal).Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}

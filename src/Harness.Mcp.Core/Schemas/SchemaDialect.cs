using System.Text.Json;

namespace Harness.Mcp.Core.Schemas;

/// <summary>How a schema resource is read: by its `$schema`, 2020-12 without one.</summary>
/// <param name="IsBefore2019">Drafts 4, 6 and 7: `$ref` stands alone, an identifier may be an anchor, later keywords are unknown.</param>
/// <param name="HasValidation">Whether keywords of the validation vocabulary assert; a metaschema may leave the vocabulary out.</param>
internal sealed record SchemaDialect(bool IsBefore2019, string IdKeyword, bool HasValidation)
{
    private const string VocabularyPrefix = "https://json-schema.org/draft/2020-12/vocab/";

    private static readonly string[] KnownVocabularies = ["core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content"];

    public static SchemaDialect Latest { get; } = new(false, "$id", true);

    private static readonly SchemaDialect Draft7 = new(true, "$id", true);

    private static readonly SchemaDialect Draft4 = new(true, "id", true);

    /// <summary>The dialect that a resource declares, or null where nothing known declares it.</summary>
    public static SchemaDialect? Of(string uri, Func<string, JsonElement?> resolve)
    {
        var name = uri.TrimEnd('#');
        name = name.StartsWith("https:", StringComparison.Ordinal) ? "http:" + name[6..] : name;
        return name switch
        {
            "http://json-schema.org/draft/2020-12/schema" or "http://json-schema.org/draft/2019-09/schema" or "http://json-schema.org/schema" => Latest,
            "http://json-schema.org/draft-07/schema" or "http://json-schema.org/draft-06/schema" => Draft7,
            "http://json-schema.org/draft-04/schema" => Draft4,
            _ => resolve(uri.TrimEnd('#')) is { ValueKind: JsonValueKind.Object } metaschema ? OfMetaschema(metaschema) : null,
        };
    }

    private static SchemaDialect? OfMetaschema(JsonElement metaschema)
    {
        if (!metaschema.TryGetProperty("$vocabulary", out var vocabularies) || vocabularies.ValueKind != JsonValueKind.Object)
            return Latest;

        var hasValidation = false;
        foreach (var vocabulary in vocabularies.EnumerateObject())
        {
            var isKnown = KnownVocabularies.Any(known => vocabulary.NameEquals(VocabularyPrefix + known));
            if (!isKnown && vocabulary.Value.ValueKind == JsonValueKind.True)
                return null;
            hasValidation |= vocabulary.NameEquals(VocabularyPrefix + "validation");
        }

        return Latest with { HasValidation = hasValidation };
    }
}

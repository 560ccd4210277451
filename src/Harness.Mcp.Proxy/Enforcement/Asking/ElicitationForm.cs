using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Schemas;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends;

namespace Harness.Mcp.Proxy.Enforcement.Asking;

/// <summary>A form that a backend asks a person to fill in: flat, of plain values, and for no secrets, which must never pass through a client.</summary>
internal static partial class ElicitationForm
{
    private const int FieldsMax = 64;

    /// <summary>Writes the members of `params`.</summary>
    /// <returns>What is wrong with the form, to complete "asked …"; null where nothing is.</returns>
    public static string? Write(Utf8JsonWriter json, BackendId backend, JsonElement parameters)
    {
        if (Question.Text(parameters, "message") is not { } message || !parameters.TryGetProperty("requestedSchema", out var schema))
            return "for a form that says not what it is for, or has no fields";
        if (Fault(schema) is { } fault)
            return fault;
        if (AsksForSecret().IsMatch(message))
            return "for a secret in a form";

        if (Question.Text(parameters, "mode") is { } mode)
            json.WriteString("mode"u8, mode);
        Question.WriteMessage(json, backend, message);
        json.WritePropertyName("requestedSchema"u8);
        schema.WriteTo(json);
        return null;
    }

    /// <summary>The schema that an accepted answer must fit.</summary>
    public static Parsed<JsonSchema> SchemaOf(JsonElement schema) => JsonSchema.Compile(schema, new SourcePosition("requestedSchema", 0, 0));

    private static string? Fault(JsonElement schema)
    {
        if (Question.Text(schema, "type") is not "object" || !schema.TryGetProperty("properties", out var properties) || properties.ValueKind != JsonValueKind.Object)
            return "for a form that is no list of fields";

        var count = 0;
        foreach (var field in properties.EnumerateObject())
        {
            if (++count > FieldsMax || !IsPlain(field.Value))
                return "for a form of other than plain fields";
            if (IsSecret(field))
                return "for a secret in a form";
        }

        // What else stands in the schema is shown to people too, and must say what it seems to say.
        return !AreTextsVisible(schema) ? "for a form with invisible text" : SchemaOf(schema).IsValid ? null : "for a form whose schema cannot be used";
    }

    private static bool IsPlain(JsonElement field) => Question.Text(field, "type") switch
    {
        "string" or "number" or "integer" or "boolean" => true,
        "array" => field.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Object
            && (Question.Text(items, "type") is "string" || items.TryGetProperty("anyOf", out _) || items.TryGetProperty("enum", out _)),
        _ => false,
    };

    private static bool IsSecret(JsonProperty field) =>
        Question.Text(field.Value, "format") is "password"
        || (field.Value.TryGetProperty("writeOnly", out var flag) && flag.ValueKind == JsonValueKind.True)
        || NamesSecret(field.Name)
        || (Question.Text(field.Value, "title") is { } title && NamesSecret(title))
        || (Question.Text(field.Value, "description") is { } description && AsksForSecret().IsMatch(description));

    /// <summary>Names are words run together: `apiKey`, `api_key`, `API key`.</summary>
    private static bool NamesSecret(string name)
    {
        var words = new StringBuilder(name.Length + 8);
        for (var index = 0; index < name.Length; index++)
        {
            if (index > 0 && char.IsUpper(name[index]) && !char.IsUpper(name[index - 1]))
                words.Append(' ');
            words.Append(char.IsLetterOrDigit(name[index]) ? name[index] : ' ');
        }

        return NameOfSecret().IsMatch(words.ToString());
    }

    private static bool AreTextsVisible(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().All(member => VisibleText.IsCleanProse(member.Name) && AreTextsVisible(member.Value)),
        JsonValueKind.Array => value.EnumerateArray().All(AreTextsVisible),
        JsonValueKind.String => VisibleText.IsCleanProse(value.GetString()!),
        _ => true,
    };

    /// <summary>What the name of a field for a secret is made of.</summary>
    [GeneratedRegex(
        @"\b(?:pass ?words?|pass ?phrases?|pass ?codes?|pwd|passwd|secrets?|tokens?|api ?keys?|access ?keys?|private ?keys?|secret ?keys?|credentials?|pin ?codes?|pin|otp|one ?time (?:code|password)s?|cvv|cvc|card ?numbers?|security ?codes?|seed ?phrases?|recovery ?(?:code|phrase)s?)\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex NameOfSecret();

    /// <summary>What a sentence says that asks for a secret. Sentences may warn of one too, so single words that say little are left to names.</summary>
    [GeneratedRegex(
        @"\b(?:pass ?words?|pass ?phrases?|pass ?codes?|api[ -]?keys?|(?:access|auth|bearer|session)[ -]tokens?|(?:private|secret|access) keys?|(?:your|the) (?:pin|secret|token|credentials?)|pin codes?|one[ -]time (?:code|password)s?|verification codes?|cvv|cvc|card numbers?|security codes?|seed phrases?|recovery (?:code|phrase)s?)\b",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex AsksForSecret();
}

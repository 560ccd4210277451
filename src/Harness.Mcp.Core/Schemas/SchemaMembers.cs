using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Schemas.Keywords;

namespace Harness.Mcp.Core.Schemas;

/// <summary>The keywords of one schema object, each checked for its form. Creating it refuses keywords that must not be passed over.</summary>
internal sealed class SchemaMembers
{
    // Unknown to drafts 4, 6 and 7, which pass over what they do not know.
    private static readonly FrozenSet<string> Since2019 = new[]
    {
        "$dynamicRef", "$recursiveRef", "prefixItems", "minContains", "maxContains", "dependentRequired", "dependentSchemas", "unevaluatedItems", "unevaluatedProperties",
    }.ToFrozenSet(StringComparer.Ordinal);

    private readonly Dictionary<string, JsonElement> _members = new(StringComparer.Ordinal);

    public SchemaMembers(PlacedSchema schema)
    {
        Pointer = schema.Location.Pointer;
        var isBefore2019 = schema.Resource.Dialect.IsBefore2019;
        foreach (var member in schema.Element.EnumerateObject())
        {
            if (SchemaKeywords.Refusal(member.Name) is var (why, remedy))
                throw new SchemaRefusedException(Pointer, why, remedy);
            if (isBefore2019 && Since2019.Contains(member.Name))
                continue;
            if (!_members.TryAdd(member.Name, member.Value))
                throw new SchemaRefusedException(Pointer, $"`{member.Name}` is written twice.", "Keep one of them.");
        }

        if (Has("$recursiveAnchor") && Flag("$recursiveAnchor"))
            throw new SchemaRefusedException(Pointer, "`$recursiveAnchor` of draft 2019-09 is not supported.", "Use `$dynamicAnchor` and `$dynamicRef` of 2020-12.");
    }

    public string Pointer { get; }

    public bool Has(string keyword) => _members.ContainsKey(keyword);

    public JsonElement? Find(string keyword) => _members.TryGetValue(keyword, out var value) ? value : null;

    public string? Text(string keyword) => Of(keyword, JsonValueKind.String, "a string")?.GetString();

    public JsonElement? List(string keyword) => Of(keyword, JsonValueKind.Array, "an array");

    public JsonElement? Map(string keyword) => Of(keyword, JsonValueKind.Object, "an object");

    public bool Flag(string keyword) => Find(keyword) switch
    {
        null => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Malformed(keyword, "true or false"),
    };

    /// <summary>A count of at least 0; one beyond what any value can have is as good as none or all.</summary>
    public long? Count(string keyword)
    {
        if (Of(keyword, JsonValueKind.Number, "a whole number of at least 0") is not { } value)
            return null;

        var number = new ExactNumber(JsonMarshal.GetRawUtf8Value(value));
        if (!number.IsInteger || ExactNumber.Compare(number, new ExactNumber("0"u8)) < 0)
            throw Malformed(keyword, "a whole number of at least 0");
        return ExactNumber.Compare(number, new ExactNumber("9000000000000000000"u8)) > 0 ? long.MaxValue : (long)value.GetDecimal();
    }

    public ImmutableArray<string> Names(string keyword) => List(keyword) is { } list ? NamesOf(list, keyword) : [];

    public ImmutableArray<(byte[] Name, ImmutableArray<string> Needs)> NameLists(string keyword, bool passesOverSchemas = false) => Map(keyword) is not { } map
        ? []
        : [.. map.EnumerateObject()
            .Where(one => !(passesOverSchemas && one.Value.ValueKind is JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False))
            .Select(one => (Encoding.UTF8.GetBytes(one.Name), NamesOf(one.Value, keyword)))];

    public ValueTypes? Types()
    {
        switch (Find("type"))
        {
            case null:
                return null;
            case { ValueKind: JsonValueKind.String } one:
                return TypeOf(one);
            case { ValueKind: JsonValueKind.Array } several when several.GetArrayLength() > 0:
                return several.EnumerateArray().Aggregate(ValueTypes.None, (types, one) => types | TypeOf(one));
            default:
                throw Malformed("type", "the name of a type, or a list of them");
        }
    }

    public NumberKeyword? Bounds()
    {
        // Draft 4 wrote `exclusiveMinimum: true` beside `minimum`.
        var (isMinimumExclusive, isMaximumExclusive) = (IsTrue("exclusiveMinimum"), IsTrue("exclusiveMaximum"));
        var (minimum, maximum) = (Number("minimum"), Number("maximum"));
        var bounds = new NumberKeyword
        {
            Minimum = isMinimumExclusive ? null : minimum,
            ExclusiveMinimum = isMinimumExclusive ? minimum : ExclusiveNumber("exclusiveMinimum"),
            Maximum = isMaximumExclusive ? null : maximum,
            ExclusiveMaximum = isMaximumExclusive ? maximum : ExclusiveNumber("exclusiveMaximum"),
            MultipleOf = Number("multipleOf"),
        };
        if (bounds.MultipleOf is { } divisor && ExactNumber.Compare(new ExactNumber(divisor), new ExactNumber("0"u8)) <= 0)
            throw Malformed("multipleOf", "a number greater than 0");
        return (bounds.Minimum ?? bounds.ExclusiveMinimum ?? bounds.Maximum ?? bounds.ExclusiveMaximum ?? bounds.MultipleOf) is null ? null : bounds;
    }

    private bool IsTrue(string keyword) => Find(keyword) is { ValueKind: JsonValueKind.True };

    private byte[]? ExclusiveNumber(string keyword) => Find(keyword) is { ValueKind: JsonValueKind.False } ? null : Number(keyword);

    private byte[]? Number(string keyword) =>
        Of(keyword, JsonValueKind.Number, "a number") is { } value ? JsonMarshal.GetRawUtf8Value(value).ToArray() : null;

    private ValueTypes TypeOf(JsonElement name) => (name.ValueKind == JsonValueKind.String ? name.GetString() : null) switch
    {
        "null" => ValueTypes.Null,
        "boolean" => ValueTypes.Boolean,
        "object" => ValueTypes.Object,
        "array" => ValueTypes.Array,
        "number" => ValueTypes.Number,
        "string" => ValueTypes.String,
        "integer" => ValueTypes.Integer,
        _ => throw Malformed("type", "one of `string`, `integer`, `number`, `boolean`, `object`, `array` and `null`"),
    };

    private ImmutableArray<string> NamesOf(JsonElement list, string keyword) =>
        list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. list.EnumerateArray().Select(item => item.GetString() ?? "").Distinct(StringComparer.Ordinal)]
            : throw Malformed(keyword, "a list of names");

    private JsonElement? Of(string keyword, JsonValueKind kind, string form) => Find(keyword) switch
    {
        null => null,
        { } value when value.ValueKind == kind => value,
        _ => throw Malformed(keyword, form),
    };

    private SchemaRefusedException Malformed(string keyword, string form) =>
        new(Pointer, $"`{keyword}` must be {form}.");
}

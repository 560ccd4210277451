using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Documents;

namespace Harness.Mcp.Core.Missions;

/// <summary>Values for the inputs of a template: read from text by their types, and checked.</summary>
internal static class MissionInputs
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>Reads `k=v` pairs. The object that is returned is valid wherever no problem was added.</summary>
    public static JsonElement Read(MissionTemplate template, ImmutableArray<KeyValuePair<string, string>> given, ProblemList problems)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, text) in given)
        {
            if (!template.Inputs.Any(input => input.Name == name))
                problems.Add(PlaceOf(name), "The mission has no such input.", Suggest.Remedy(name, template.Inputs.Select(input => input.Name)));
            else if (!values.TryAdd(name, text))
                problems.Add(PlaceOf(name), "The input is given twice.", "Give it once.");
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            foreach (var input in template.Inputs)
            {
                if (ReadOne(input, values, problems) is not { } value)
                    continue;
                writer.WritePropertyName(input.Name);
                value.WriteTo(writer);
            }

            writer.WriteEndObject();
        }

        var inputs = JsonElement.Parse(buffer.WrittenSpan);
        foreach (var input in template.Inputs)
            if (inputs.TryGetProperty(input.Name, out var value))
                Validate(input, value, problems);
        return inputs;
    }

    /// <summary>Whether recorded inputs are those that the template declares.</summary>
    public static ImmutableArray<Problem> Check(MissionTemplate template, JsonElement inputs)
    {
        var problems = new ProblemList();
        if (inputs.ValueKind != JsonValueKind.Object)
            return [new Problem(PlaceOf("*"), "The inputs are not an object.")];

        foreach (var property in inputs.EnumerateObject())
            if (!template.Inputs.Any(input => input.Name == property.Name))
                problems.Add(PlaceOf(property.Name), "The mission has no such input.");
        foreach (var input in template.Inputs)
        {
            if (inputs.TryGetProperty(input.Name, out var value))
                Validate(input, value, problems);
            else
                problems.Add(PlaceOf(input.Name), "The input is missing.");
        }

        return problems.ToImmutable();
    }

    private static JsonElement? ReadOne(MissionInput input, Dictionary<string, string> values, ProblemList problems)
    {
        if (!values.TryGetValue(input.Name, out var text))
        {
            if (input.Default is null)
                problems.Add(PlaceOf(input.Name), "The input is missing.", $"Give it as `{input.Name}=…` ({string.Join(" or ", input.Types)}).");
            return input.Default;
        }

        foreach (var type in input.Types)
            if (ReadAs(type, text) is { } value)
                return value;
        problems.Add(PlaceOf(input.Name), $"The value is not of the type {string.Join(" or ", input.Types)}.");
        return null;
    }

    private static JsonElement? ReadAs(string type, string text)
    {
        if (type == "string")
            return JsonElement.Parse($"\"{JsonEncodedText.Encode(text)}\"");
        try
        {
            var value = JsonElement.Parse(text, Strict);
            var fits = type switch
            {
                "integer" or "number" => value.ValueKind == JsonValueKind.Number,
                "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
                "array" => value.ValueKind == JsonValueKind.Array,
                "object" => value.ValueKind == JsonValueKind.Object,
                "null" => value.ValueKind == JsonValueKind.Null,
                _ => false,
            };
            return fits ? value : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static void Validate(MissionInput input, JsonElement value, ProblemList problems)
    {
        foreach (var violation in input.Schema.Validate(value))
        {
            var place = violation.InstancePath.Length == 0 ? "" : $" at {violation.InstancePath}";
            problems.Add(PlaceOf(input.Name), $"The value is not valid{place} (`{violation.Keyword}`): {violation.Message}");
        }
    }

    private static SourcePosition PlaceOf(string input) => new($"input {input}", 0, 0);
}

using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Tests.Reference;

/// <summary>Values as the documentation speaks of them, for the small numbers and texts that the tests use.</summary>
internal static class Values
{
    /// <summary>Equal texts for equal values: a number by its value, a text by its letters, anything else as it is written.</summary>
    public static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => $"number {value.GetDecimal().ToString("G29", CultureInfo.InvariantCulture)}",
        JsonValueKind.String => $"text {value.GetString()}",
        JsonValueKind.Array => $"[{string.Join(", ", value.EnumerateArray().Select(Text))}]",
        _ => value.GetRawText(),
    };

    public static JsonElement? Argument(JsonElement arguments, FieldPath path) => arguments.TryGetProperty(path.Text, out var value) ? value : null;

    /// <summary>The texts and numbers at an argument, lists item by item; null where something there is neither.</summary>
    public static List<string>? Atoms(JsonElement? value)
    {
        if (value is not { } there || there.ValueKind == JsonValueKind.Null)
            return [];
        return AtomsOf(there);
    }

    /// <summary>Of a value that is counted: null is no atom there.</summary>
    public static List<string>? AtomsOf(JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
            return [Text(value)];
        if (value.ValueKind != JsonValueKind.Array)
            return null;
        var atoms = new List<string>();
        foreach (var item in value.EnumerateArray())
        {
            if (AtomsOf(item) is not { } inner)
                return null;
            atoms.AddRange(inner);
        }

        return atoms;
    }

    /// <summary>The atoms that a result brings to an anchor: what is none is passed over.</summary>
    public static IEnumerable<string> Brought(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String or JsonValueKind.Number => [Text(value)],
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Brought),
        _ => [],
    };
}

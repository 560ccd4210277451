using System.Text.Json;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>An OpenAPI document as it was written, and what its references point at. Nothing outside of it is ever read.</summary>
internal sealed class SourceDocument(JsonElement root)
{
    private const int ReferencesInRowMax = 32;

    public JsonElement Root => root;

    /// <summary>The value that stands for <paramref name="value"/>: itself, or what its `$ref` leads to.</summary>
    /// <exception cref="OperationRefusedException">The reference leads out of the document, nowhere, or in a circle.</exception>
    public JsonElement Resolve(JsonElement value)
    {
        for (var count = 0; count < ReferencesInRowMax; count++)
        {
            if (ReferenceOf(value) is not { } reference)
                return value;
            value = At(reference);
        }

        throw new OperationRefusedException("its references go round in a circle.");
    }

    public static string? ReferenceOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("$ref", out var reference) && reference.ValueKind == JsonValueKind.String
            ? reference.GetString()
            : null;

    /// <exception cref="OperationRefusedException">The reference leads out of the document, or nowhere.</exception>
    public JsonElement At(string reference)
    {
        if (reference != "#" && !reference.StartsWith("#/", StringComparison.Ordinal))
            throw new OperationRefusedException($"it refers to `{VisibleText.Escape(reference)}`, and nothing outside of the document is read: bundle it into one file.");
        var value = root;
        foreach (var step in Steps(reference))
        {
            var isThere = value.ValueKind switch
            {
                JsonValueKind.Object => value.TryGetProperty(step, out value),
                JsonValueKind.Array when int.TryParse(step, out var index) && index >= 0 && index < value.GetArrayLength() => (value = value[index]).ValueKind != JsonValueKind.Undefined,
                _ => false,
            };
            if (!isThere)
                throw new OperationRefusedException($"it refers to `{VisibleText.Escape(reference)}`, which is not in the document.");
        }

        return value;
    }

    /// <summary>The last name of a reference, as it was written in the document.</summary>
    public static string LastStep(string reference) => Steps(reference).LastOrDefault() ?? "root";

    private static IEnumerable<string> Steps(string reference) => reference.Split('/').Skip(1)
        .Select(step => Uri.UnescapeDataString(step).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal));
}

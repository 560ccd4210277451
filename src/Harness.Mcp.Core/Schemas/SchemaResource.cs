using System.Text.Json;

namespace Harness.Mcp.Core.Schemas;

/// <summary>A schema that has its own base URI: a document's root, or a subschema with `$id`.</summary>
/// <param name="document">Which document it stands in.</param>
/// <param name="pointer">Where in that document.</param>
internal sealed class SchemaResource(string uri, int document, string pointer, SchemaDialect dialect)
{
    public string Uri { get; } = uri;

    public int Document { get; } = document;

    public string Pointer { get; } = pointer;

    public SchemaDialect Dialect { get; } = dialect;

    /// <summary>Pointers within the document, by name: `$anchor` and `$dynamicAnchor`.</summary>
    public Dictionary<string, string> Anchors { get; } = new(StringComparer.Ordinal);

    public HashSet<string> DynamicAnchors { get; } = new(StringComparer.Ordinal);
}

/// <summary>A place that holds a schema.</summary>
internal readonly record struct SchemaLocation(int Document, string Pointer);

/// <summary>A schema in its place.</summary>
internal readonly record struct PlacedSchema(SchemaLocation Location, JsonElement Element, SchemaResource Resource);

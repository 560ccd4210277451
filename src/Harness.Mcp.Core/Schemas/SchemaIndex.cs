using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Unicode;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Schemas;

/// <summary>Every schema of a document and of the documents it refers to: by place, URI and anchor. Documents come from the resolver alone.</summary>
internal sealed class SchemaIndex
{
    public const int DepthMax = 64;

    private const int SchemasMax = 3_000;

    // A base for schemas without `$id`, so that relative references have something to be resolved against; it is never shown.
    private const string NoBase = "harness://schema/";

    private readonly Func<string, JsonElement?> _resolve;
    private readonly List<JsonElement> _documents = [];
    private readonly Dictionary<SchemaLocation, SchemaResource> _schemas = [];
    private readonly Dictionary<string, SchemaResource> _resources = new(StringComparer.Ordinal);

    public SchemaIndex(JsonElement root, Func<string, JsonElement?> resolve)
    {
        _resolve = resolve;
        Root = new PlacedSchema(new SchemaLocation(0, ""), root, AddDocument(NoBase, root));
    }

    public PlacedSchema Root { get; }

    public IEnumerable<SchemaResource> Resources => _resources.Values.Distinct();

    /// <summary>The subschema at a place below another.</summary>
    public PlacedSchema Child(PlacedSchema parent, string path, JsonElement element)
    {
        var location = parent.Location with { Pointer = parent.Location.Pointer + path };
        return new PlacedSchema(location, element, _schemas.GetValueOrDefault(location) ?? parent.Resource);
    }

    /// <summary>The schema that a reference names.</summary>
    /// <param name="at">Pointer of the reference, for problems.</param>
    /// <param name="dynamicAnchor">The name, where the reference ends at a `$dynamicAnchor`; else null.</param>
    public PlacedSchema Find(SchemaResource from, string reference, string at, out string? dynamicAnchor)
    {
        dynamicAnchor = null;
        var (uri, fragment) = Resolve(from.Uri, reference, at);
        if (!_resources.TryGetValue(uri, out var resource))
            resource = AddDocument(uri, _resolve(uri) ?? throw Unresolvable(at, reference));

        if (fragment.Length == 0)
            return Place(resource, "", at, reference);
        if (fragment[0] == '/')
            return Place(resource, fragment, at, reference);
        if (!resource.Anchors.TryGetValue(fragment, out var pointer))
            throw Unresolvable(at, reference);

        dynamicAnchor = resource.DynamicAnchors.Contains(fragment) ? fragment : null;
        return Place(resource, pointer[resource.Pointer.Length..], at, reference);
    }

    /// <summary>The schema that a resource's `$dynamicAnchor` names.</summary>
    public PlacedSchema Find(SchemaResource resource, string dynamicAnchor) =>
        Place(resource, resource.Anchors[dynamicAnchor][resource.Pointer.Length..], resource.Pointer, "#" + dynamicAnchor);

    private SchemaResource AddDocument(string uri, JsonElement root)
    {
        if (!IsUnicode(root))
            throw new SchemaRefusedException("", "it holds text that is no valid Unicode.", "Remove halves of surrogate pairs.");

        _documents.Add(root);
        var document = _documents.Count - 1;
        var resource = new SchemaResource(uri, document, "", DialectOf(root, SchemaDialect.Latest, ""));
        _resources[uri] = resource;
        Walk(root, resource, new SchemaLocation(document, ""), 0);
        return _schemas[new SchemaLocation(document, "")];
    }

    private void Walk(JsonElement schema, SchemaResource outer, SchemaLocation location, int depth)
    {
        if (depth > DepthMax)
            throw new SchemaRefusedException(location.Pointer, $"it nests more than {DepthMax} deep.", "Nest less deeply.");
        if (_schemas.Count >= SchemasMax)
            throw new SchemaRefusedException("", $"it has more than {SchemasMax} subschemas.", "Simplify it.");

        var resource = schema.ValueKind == JsonValueKind.Object ? Identify(schema, outer, location) : outer;
        if (!_schemas.TryAdd(location, resource) || schema.ValueKind != JsonValueKind.Object)
            return;

        foreach (var member in schema.EnumerateObject())
        {
            var path = $"{location.Pointer}/{Escape(member.Name)}";
            switch (SchemaKeywords.ShapeOf(member.Name, member.Value))
            {
                case SubschemaShape.One:
                    Walk(member.Value, resource, location with { Pointer = path }, depth + 1);
                    break;
                case SubschemaShape.List:
                    var index = 0;
                    foreach (var item in member.Value.EnumerateArray())
                        Walk(item, resource, location with { Pointer = string.Create(CultureInfo.InvariantCulture, $"{path}/{index++}") }, depth + 1);
                    break;
                case SubschemaShape.Map:
                    foreach (var item in member.Value.EnumerateObject())
                    {
                        if (item.Value.ValueKind != JsonValueKind.Array) // `dependencies` may list names.
                            Walk(item.Value, resource, location with { Pointer = $"{path}/{Escape(item.Name)}" }, depth + 1);
                    }

                    break;
            }
        }
    }

    private SchemaResource Identify(JsonElement schema, SchemaResource outer, SchemaLocation location)
    {
        var resource = outer;
        var dialect = DialectOf(schema, outer.Dialect, location.Pointer);
        if (Text(schema, dialect.IdKeyword) is { Length: > 0 } id && !(dialect.IsBefore2019 && schema.TryGetProperty("$ref", out _)))
        {
            var (uri, fragment) = Resolve(outer.Uri, id, location.Pointer);
            if (dialect.IsBefore2019 && id[0] == '#')
            {
                outer.Anchors.TryAdd(fragment, location.Pointer);
            }
            else if (fragment.Length > 0)
            {
                throw new SchemaRefusedException(location.Pointer, "its identifier has a fragment.", "Use `$anchor` to name a place.");
            }
            else
            {
                resource = new SchemaResource(uri, location.Document, location.Pointer, dialect);
                if (!_resources.TryAdd(uri, resource) && _resources[uri] is var known && known.Pointer + known.Document != location.Pointer + location.Document)
                    throw new SchemaRefusedException(location.Pointer, "another subschema has the same identifier.", "Give each `$id` once.");
                _resources[uri] = resource;
            }
        }

        if (!dialect.IsBefore2019)
        {
            if (Text(schema, "$anchor") is { } anchor)
                resource.Anchors.TryAdd(anchor, location.Pointer);
            if (Text(schema, "$dynamicAnchor") is { } dynamicAnchor)
            {
                resource.Anchors.TryAdd(dynamicAnchor, location.Pointer);
                resource.DynamicAnchors.Add(dynamicAnchor);
            }
        }

        return resource;
    }

    private SchemaDialect DialectOf(JsonElement schema, SchemaDialect inherited, string pointer)
    {
        if (schema.ValueKind != JsonValueKind.Object || Text(schema, "$schema") is not { } declared)
            return inherited;
        return SchemaDialect.Of(declared, _resolve) ?? throw new SchemaRefusedException(
            pointer, "its `$schema` names a dialect that is not known here.", "Use `https://json-schema.org/draft/2020-12/schema`, or leave `$schema` out.");
    }

    private PlacedSchema Place(SchemaResource resource, string pointer, string at, string reference)
    {
        var element = _documents[resource.Document];
        foreach (var step in (resource.Pointer + pointer).Split('/').Skip(1))
        {
            var name = step.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member))
                element = member;
            else if (element.ValueKind == JsonValueKind.Array && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < element.GetArrayLength())
                element = element[index];
            else
                throw Unresolvable(at, reference);
        }

        var location = new SchemaLocation(resource.Document, resource.Pointer + pointer);
        if (!_schemas.ContainsKey(location))
            Walk(element, Nearest(location) ?? resource, location, 0); // A place below a keyword that is not known to hold schemas.
        return new PlacedSchema(location, element, _schemas[location]);
    }

    private SchemaResource? Nearest(SchemaLocation location)
    {
        for (var pointer = location.Pointer; pointer.Length > 0;)
        {
            pointer = pointer[..pointer.LastIndexOf('/')];
            if (_schemas.TryGetValue(location with { Pointer = pointer }, out var resource))
                return resource;
        }

        return null;
    }

    private static (string Uri, string Fragment) Resolve(string from, string reference, string at)
    {
        var hash = reference.IndexOf('#', StringComparison.Ordinal);
        var path = hash < 0 ? reference : reference[..hash];
        var fragment = hash < 0 ? "" : Uri.UnescapeDataString(reference[(hash + 1)..]);
        if (path.Length == 0)
            return (from, fragment);
        return Uri.TryCreate(new Uri(from), path, out var uri) ? (uri.AbsoluteUri, fragment) : throw Unresolvable(at, reference);
    }

    private static SchemaRefusedException Unresolvable(string at, string reference) => new(
        at, $"its reference `{(reference.Length <= 200 ? reference : reference[..200] + "…")}` leads nowhere inside the schema, and nothing is fetched.", "Copy what it refers to into `$defs`.");

    // .NET strings are made of names and values further on, and an escaped half of a surrogate pair has none.
    private static bool IsUnicode(JsonElement root)
    {
        var raw = JsonMarshal.GetRawUtf8Value(root);
        if (!Utf8.IsValid(raw))
            return false;
        if (raw.IndexOf("\\ud"u8) < 0 && raw.IndexOf("\\uD"u8) < 0)
            return true;

        var canonical = new ArrayBufferWriter<byte>(raw.Length);
        CanonicalJson.Write(root, canonical);
        for (var index = 0; index < canonical.WrittenCount - 2; index++)
        {
            if (canonical.WrittenSpan[index] != '\\')
                continue;
            if (canonical.WrittenSpan.Slice(index + 1, 2).SequenceEqual("ud"u8))
                return false; // Canonical form escapes no other character so.
            index++;
        }

        return true;
    }

    public static string Escape(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    private static string? Text(JsonElement schema, string keyword) =>
        schema.TryGetProperty(keyword, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

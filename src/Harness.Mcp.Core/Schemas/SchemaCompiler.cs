using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Schemas.Keywords;

namespace Harness.Mcp.Core.Schemas;

/// <summary>Compiles a schema and everything it refers to. For one use.</summary>
internal sealed class SchemaCompiler
{
    private const int NodesMax = 3_000;
    private const int PatternsMax = 512;

    private readonly SchemaIndex _index;
    private readonly Dictionary<SchemaLocation, SchemaNode> _nodes = [];
    private readonly Queue<(PlacedSchema Schema, SchemaNode Node)> _pending = [];
    private readonly Dictionary<string, SchemaPattern> _patterns = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<SchemaResource, SchemaNode>> _dynamicCandidates = new(StringComparer.Ordinal);

    public SchemaCompiler(JsonElement root, Func<string, JsonElement?> resolve) => _index = new SchemaIndex(root, resolve);

    public CompiledSchema Compile()
    {
        var root = NodeOf(_index.Root);
        do
        {
            while (_pending.TryDequeue(out var next))
                CompileNode(next.Schema, next.Node);

            // A resource found last can be the one that a `$dynamicRef` found first leads to.
            foreach (var (name, candidates) in _dynamicCandidates)
            {
                foreach (var resource in _index.Resources.Where(resource => resource.DynamicAnchors.Contains(name) && !candidates.ContainsKey(resource)).ToList())
                    candidates[resource] = NodeOf(_index.Find(resource, name));
            }
        }
        while (_pending.Count > 0);

        return new CompiledSchema(root, _dynamicCandidates.Count > 0);
    }

    private SchemaNode NodeOf(PlacedSchema schema)
    {
        if (_nodes.TryGetValue(schema.Location, out var node))
            return node;
        if (_nodes.Count >= NodesMax)
            throw new SchemaRefusedException("", $"it has more than {NodesMax} subschemas.", "Simplify it.");

        node = new SchemaNode(schema.Resource);
        _nodes.Add(schema.Location, node);
        _pending.Enqueue((schema, node));
        return node;
    }

    private void CompileNode(PlacedSchema schema, SchemaNode node)
    {
        switch (schema.Element.ValueKind)
        {
            case JsonValueKind.True:
                return;
            case JsonValueKind.False:
                node.Complete([new NeverKeyword()], false);
                return;
            case JsonValueKind.Object:
                var members = new SchemaMembers(schema);
                node.Complete(Keywords(schema, members), members.Has("unevaluatedProperties") || members.Has("unevaluatedItems"));
                return;
            default:
                throw new SchemaRefusedException(schema.Location.Pointer, "it is neither an object nor true or false.", "Write a schema here.");
        }
    }

    private ImmutableArray<Keyword> Keywords(PlacedSchema schema, SchemaMembers members)
    {
        var keywords = ImmutableArray.CreateBuilder<Keyword>();
        if (members.Text("$ref") is { } reference)
        {
            keywords.Add(new ReferenceKeyword(NodeOf(_index.Find(schema.Resource, reference, schema.Location.Pointer, out _))));
            if (schema.Resource.Dialect.IsBefore2019)
                return keywords.ToImmutable();
        }

        if (schema.Resource.Dialect.HasValidation)
            AddValueKeywords(members, keywords);
        AddObjectKeywords(schema, members, keywords);
        AddArrayKeywords(schema, members, keywords);
        AddInPlaceKeywords(schema, members, keywords);

        // These judge what the others left, so they come last.
        if (members.Has("unevaluatedProperties"))
            keywords.Add(new UnevaluatedPropertiesKeyword(Sub(schema, members, "unevaluatedProperties")));
        if (members.Has("unevaluatedItems"))
            keywords.Add(new UnevaluatedItemsKeyword(Sub(schema, members, "unevaluatedItems")));
        return keywords.ToImmutable();
    }

    private void AddValueKeywords(SchemaMembers members, ImmutableArray<Keyword>.Builder keywords)
    {
        if (members.Types() is { } types)
            keywords.Add(new TypeKeyword(types));
        if (members.Find("const") is { } one)
            keywords.Add(new EnumKeyword("const", [one]));
        if (members.List("enum") is { } several)
            keywords.Add(new EnumKeyword("enum", [.. several.EnumerateArray()]));

        var number = members.Bounds();
        if (number is not null)
            keywords.Add(number);

        var (lengthMin, lengthMax, pattern) = (members.Count("minLength"), members.Count("maxLength"), members.Text("pattern"));
        if (lengthMin is not null || lengthMax is not null || pattern is not null)
            keywords.Add(new StringKeyword(lengthMin, lengthMax, pattern is null ? null : Pattern(pattern, members.Pointer + "/pattern")));
    }

    private void AddObjectKeywords(PlacedSchema schema, SchemaMembers members, ImmutableArray<Keyword>.Builder keywords)
    {
        var hasValidation = schema.Resource.Dialect.HasValidation;
        var required = hasValidation ? members.Names("required") : [];
        var named = SubMap(schema, members, "properties").ToDictionary(one => one.Name, one => one.Schema, StringComparer.Ordinal);
        var requiredIndex = required.Select((name, index) => (name, index)).ToDictionary(one => one.name, one => one.index, StringComparer.Ordinal);
        var objectKeyword = new ObjectKeyword(
            [.. named.Keys.Union(required, StringComparer.Ordinal).Select(name => new ObjectMember(
                Encoding.UTF8.GetBytes(name), named.GetValueOrDefault(name), requiredIndex.GetValueOrDefault(name, -1)))])
        {
            Patterns = [.. SubMap(schema, members, "patternProperties").Select(one => (Pattern(one.Name, members.Pointer + "/patternProperties"), one.Schema))],
            Additional = SubOrNull(schema, members, "additionalProperties"),
            Names = SubOrNull(schema, members, "propertyNames"),
            CountMin = hasValidation ? members.Count("minProperties") : null,
            CountMax = hasValidation ? members.Count("maxProperties") : null,
        };
        if (named.Count + required.Length + objectKeyword.Patterns.Length > 0
            || (objectKeyword.Additional ?? objectKeyword.Names) is not null || (objectKeyword.CountMin ?? objectKeyword.CountMax) is not null)
            keywords.Add(objectKeyword);

        if (hasValidation && members.NameLists("dependentRequired") is { IsEmpty: false } dependentRequired)
            keywords.Add(new DependentRequiredKeyword("dependentRequired", dependentRequired));
        if (SubMap(schema, members, "dependentSchemas") is { IsEmpty: false } dependentSchemas)
            keywords.Add(DependentSchemas(dependentSchemas));

        // The drafts before 2019-09 had both in one keyword.
        if (members.NameLists("dependencies", passesOverSchemas: true) is { IsEmpty: false } names)
            keywords.Add(new DependentRequiredKeyword("dependencies", names));
        if (SubMap(schema, members, "dependencies", passesOverLists: true) is { IsEmpty: false } schemas)
            keywords.Add(DependentSchemas(schemas));
    }

    private static DependentSchemasKeyword DependentSchemas(ImmutableArray<(string Name, SchemaNode Schema)> schemas) =>
        new([.. schemas.Select(one => (Encoding.UTF8.GetBytes(one.Name), one.Schema))]);

    private void AddArrayKeywords(PlacedSchema schema, SchemaMembers members, ImmutableArray<Keyword>.Builder keywords)
    {
        // `items` with a list is the older spelling of `prefixItems`, and `additionalItems` then of `items`.
        var isOlder = members.Find("items") is { ValueKind: JsonValueKind.Array };
        var hasValidation = schema.Resource.Dialect.HasValidation;
        var array = new ArrayKeyword
        {
            Prefix = SubList(schema, members, isOlder ? "items" : "prefixItems"),
            Rest = SubOrNull(schema, members, isOlder ? "additionalItems" : "items"),
            Contains = SubOrNull(schema, members, "contains"),
            ContainsMin = (hasValidation ? members.Count("minContains") : null) ?? 1,
            ContainsMax = hasValidation ? members.Count("maxContains") : null,
            IsUnique = hasValidation && members.Flag("uniqueItems"),
            CountMin = hasValidation ? members.Count("minItems") : null,
            CountMax = hasValidation ? members.Count("maxItems") : null,
        };
        if (!array.Prefix.IsEmpty || (array.Rest ?? array.Contains) is not null || array.IsUnique || (array.CountMin ?? array.CountMax) is not null)
            keywords.Add(array);
    }

    private void AddInPlaceKeywords(PlacedSchema schema, SchemaMembers members, ImmutableArray<Keyword>.Builder keywords)
    {
        if (members.Text("$dynamicRef") is { } dynamicReference)
            keywords.Add(DynamicReference(schema, dynamicReference));
        if (members.Text("$recursiveRef") is { } recursiveReference)
            keywords.Add(new ReferenceKeyword(NodeOf(_index.Find(schema.Resource, recursiveReference, schema.Location.Pointer, out _))));
        if (SubList(schema, members, "allOf") is { IsEmpty: false } all)
            keywords.Add(new AllOfKeyword(all));
        if (SubList(schema, members, "anyOf") is { IsEmpty: false } any)
            keywords.Add(new AnyOfKeyword(any));
        if (SubList(schema, members, "oneOf") is { IsEmpty: false } one)
            keywords.Add(new OneOfKeyword(one));
        if (SubOrNull(schema, members, "not") is { } not)
            keywords.Add(new NotKeyword(not));
        if (SubOrNull(schema, members, "if") is { } condition)
            keywords.Add(new IfKeyword(condition, SubOrNull(schema, members, "then"), SubOrNull(schema, members, "else")));
    }

    private Keyword DynamicReference(PlacedSchema schema, string reference)
    {
        var target = NodeOf(_index.Find(schema.Resource, reference, schema.Location.Pointer, out var dynamicAnchor));
        if (dynamicAnchor is null)
            return new ReferenceKeyword(target);

        ref var candidates = ref CollectionsMarshal.GetValueRefOrAddDefault(_dynamicCandidates, dynamicAnchor, out _);
        candidates ??= [];
        return new DynamicReferenceKeyword(target, candidates);
    }

    private SchemaPattern Pattern(string written, string pointer)
    {
        if (_patterns.TryGetValue(written, out var pattern))
            return pattern;
        if (_patterns.Count >= PatternsMax)
            throw new SchemaRefusedException("", $"it has more than {PatternsMax} patterns.", "Simplify it.");

        try
        {
            pattern = new SchemaPattern(written, EcmaPattern.Compile(written));
        }
        catch (FormatException failure)
        {
            throw new SchemaRefusedException(pointer, $"the pattern cannot be run: {failure.Message}.", "Write it with classes, groups, alternatives and repetition alone.");
        }

        _patterns.Add(written, pattern);
        return pattern;
    }

    private SchemaNode Sub(PlacedSchema schema, SchemaMembers members, string keyword) =>
        SubOrNull(schema, members, keyword) ?? throw new InvalidOperationException($"`{keyword}` is not there.");

    private SchemaNode? SubOrNull(PlacedSchema schema, SchemaMembers members, string keyword) =>
        members.Find(keyword) is { } element ? NodeOf(_index.Child(schema, "/" + keyword, element)) : null;

    private ImmutableArray<SchemaNode> SubList(PlacedSchema schema, SchemaMembers members, string keyword) => members.List(keyword) is not { } list
        ? []
        : [.. list.EnumerateArray().Select((item, index) => NodeOf(_index.Child(schema, $"/{keyword}/{index}", item)))];

    private ImmutableArray<(string Name, SchemaNode Schema)> SubMap(PlacedSchema schema, SchemaMembers members, string keyword, bool passesOverLists = false) =>
        members.Map(keyword) is not { } map
            ? []
            : [.. map.EnumerateObject()
                .Where(one => !(passesOverLists && one.Value.ValueKind == JsonValueKind.Array))
                .Select(one => (one.Name, NodeOf(_index.Child(schema, $"/{keyword}/{SchemaIndex.Escape(one.Name)}", one.Value))))];
}

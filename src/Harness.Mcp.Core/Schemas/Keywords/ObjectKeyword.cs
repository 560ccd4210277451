using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Harness.Mcp.Core.Schemas.Keywords;

/// <summary>What one name means to an object: the schema of its value, and whether it is required.</summary>
internal sealed record ObjectMember(byte[] Name, SchemaNode? Schema, int RequiredIndex);

/// <summary>
/// Members of objects in one pass: `properties`, `patternProperties`, `additionalProperties`, `propertyNames`, `required` and the counts.
/// </summary>
internal sealed class ObjectKeyword : Keyword
{
    private const int LinearSearchMax = 8;
    private const int StackRequiredMax = 64;

    private readonly ImmutableArray<ObjectMember> _members;
    private readonly Dictionary<byte[], ObjectMember>? _membersByName;
    private readonly int _requiredCount;

    public ObjectKeyword(ImmutableArray<ObjectMember> members)
    {
        _members = members;
        _requiredCount = members.Count(member => member.RequiredIndex >= 0);
        if (members.Length > LinearSearchMax)
            _membersByName = members.ToDictionary(member => member.Name, NameComparer.Instance);
    }

    public ImmutableArray<(SchemaPattern Name, SchemaNode Schema)> Patterns { get; init; } = [];

    public SchemaNode? Additional { get; init; }

    public SchemaNode? Names { get; init; }

    public long? CountMin { get; init; }

    public long? CountMax { get; init; }

    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return true;

        var holds = HasRightCount(value, run);
        var found = _requiredCount <= StackRequiredMax ? stackalloc bool[_requiredCount] : new bool[_requiredCount];
        var index = -1;
        foreach (var property in value.EnumerateObject())
        {
            index++;
            if (!holds && !run.IsCollecting)
                return false;
            if (!run.Charge(1 + Patterns.Length))
                return false;
            holds = IsRight(property, index, run, evaluated, found) && holds;
        }

        if (found.Contains(false))
        {
            holds = false;
            foreach (var member in _members)
            {
                if (member.RequiredIndex >= 0 && !found[member.RequiredIndex])
                    run.ReportMember("required", Encoding.UTF8.GetString(member.Name), "is required");
            }
        }

        return holds;
    }

    private bool IsRight(JsonProperty property, int index, Evaluation run, Evaluated? evaluated, Span<bool> found)
    {
        var name = SchemaText.NameOf(property);
        var member = Find(name);
        if (member?.RequiredIndex >= 0)
            found[member.RequiredIndex] = true;

        var holds = Names is null || IsName(property, run);
        var isKnown = false;
        if (member?.Schema is { } schema)
        {
            isKnown = true;
            holds = Accepts(schema, property, run) && holds;
        }

        foreach (var (pattern, patternSchema) in Patterns)
        {
            if (!run.Charge(name.Length / 32) || !SchemaText.Matches(pattern.Regex, name))
                continue;
            isKnown = true;
            holds = Accepts(patternSchema, property, run) && holds;
        }

        if (!isKnown && Additional is not null)
        {
            isKnown = true;
            holds = Accepts(Additional, property, run) && holds;
        }

        if (isKnown)
            evaluated?.Mark(index);
        return holds;
    }

    private bool HasRightCount(JsonElement value, Evaluation run)
    {
        if (CountMin is null && CountMax is null)
            return true;

        var count = value.GetPropertyCount();
        if (count < CountMin)
            run.Report("minProperties", $"must have at least {CountMin} members");
        if (count > CountMax)
            run.Report("maxProperties", $"must have at most {CountMax} members");
        return !(count < CountMin) && !(count > CountMax);
    }

    // A name is no value of the document, so it becomes a small document of its own.
    private bool IsName(JsonProperty property, Evaluation run)
    {
        var raw = JsonMarshal.GetRawUtf8PropertyName(property);
        if (Names is null || !run.Charge(4 + (raw.Length / 16)))
            return Names is null;

        using var document = JsonDocument.Parse((byte[])[(byte)'"', .. raw, (byte)'"']);
        run.BeginTry();
        var holds = Names.Accepts(document.RootElement, run, null);
        run.EndTry();
        if (!holds && run.IsCollecting)
            run.ReportMember("propertyNames", SchemaText.Shown(property), "is not allowed as a name");
        return holds;
    }

    private ObjectMember? Find(ReadOnlySpan<byte> name)
    {
        if (_membersByName is not null)
            return _membersByName.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out var known) ? known : null;

        foreach (var member in _members)
        {
            if (name.SequenceEqual(member.Name))
                return member;
        }

        return null;
    }

    public static bool Accepts(SchemaNode schema, JsonProperty property, Evaluation run)
    {
        if (!run.IsCollecting)
            return schema.Accepts(property.Value, run, null);

        run.Push(SchemaText.Shown(property));
        var holds = schema.Accepts(property.Value, run, null);
        run.Pop();
        return holds;
    }
}

/// <summary>`dependentRequired` and the lists of `dependencies`: names that must come with a name.</summary>
internal sealed class DependentRequiredKeyword(string keyword, ImmutableArray<(byte[] Name, ImmutableArray<string> Needs)> dependents) : Keyword
{
    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return true;

        var holds = true;
        foreach (var (name, needs) in dependents)
        {
            if (!run.Charge(1 + (value.GetPropertyCount() / 4)))
                return false;
            if (!SchemaText.HasMember(value, name))
                continue;
            foreach (var need in needs)
            {
                if (!run.Charge(1 + (value.GetPropertyCount() / 4)))
                    return false;
                if (SchemaText.HasMember(value, Encoding.UTF8.GetBytes(need)))
                    continue;
                run.ReportMember(keyword, need, "is required together with what else is given");
                holds = false;
            }
        }

        return holds;
    }
}

/// <summary>`dependentSchemas` and the schemas of `dependencies`: what must hold for the object when it has a name.</summary>
internal sealed class DependentSchemasKeyword(ImmutableArray<(byte[] Name, SchemaNode Schema)> dependents) : Keyword
{
    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Object)
            return true;

        var holds = true;
        foreach (var (name, schema) in dependents)
        {
            if (!run.Charge(1 + (value.GetPropertyCount() / 4)))
                return false;
            if (SchemaText.HasMember(value, name))
                holds = schema.Accepts(value, run, evaluated) && holds;
        }

        return holds;
    }
}

/// <summary>`unevaluatedProperties`: what holds for members that no other keyword looked at.</summary>
internal sealed class UnevaluatedPropertiesKeyword(SchemaNode schema) : Keyword
{
    public override bool NeedsTheOthers => true;

    public override bool Holds(JsonElement value, Evaluation run, Evaluated? evaluated)
    {
        if (value.ValueKind != JsonValueKind.Object || evaluated is null)
            return true;

        var holds = true;
        var index = -1;
        foreach (var property in value.EnumerateObject())
        {
            index++;
            if (evaluated[index] || (!holds && !run.IsCollecting))
                continue;
            holds = ObjectKeyword.Accepts(schema, property, run) && holds;
        }

        evaluated.MarkAll();
        return holds;
    }
}

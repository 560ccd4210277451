using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules;

namespace Harness.Mcp.Core.Missions;

/// <summary>The sets of values that the mission is about, by anchor. They grow, never shrink, and stop growing at their bound.</summary>
internal sealed class AnchorSets
{
    private readonly Dictionary<string, AnchorSet> _sets = new(StringComparer.Ordinal);

    public AnchorSets(MissionTemplate template, JsonElement inputs)
    {
        foreach (var anchor in template.Anchors)
        {
            var set = new AnchorSet();
            _sets.Add(anchor.Name, set);
            foreach (var input in anchor.Inputs)
                if (inputs.TryGetProperty(input.Value, out var value))
                    set.AddAtoms(value);
        }
    }

    public AnchorSet this[string anchor] => _sets[anchor];

    /// <summary>
    /// Whether the arguments name things of the mission: at least one anchored argument is there, and every atom of those that are
    /// there is in its set.
    /// </summary>
    public bool Covers(Grant grant, JsonElement arguments)
    {
        var isCarried = false;
        foreach (var anchored in grant.Anchored)
        {
            var keys = new List<string>();
            if (!ValueKey.TryAtoms(arguments, anchored.Path, keys) || !keys.TrueForAll(_sets[anchored.Anchor].Contains))
                return false;
            isCarried |= keys.Count > 0;
        }

        return isCarried;
    }
}

/// <summary>The values of one anchor.</summary>
internal sealed class AnchorSet
{
    private readonly HashSet<string> _keys = new(StringComparer.Ordinal);

    /// <summary>True once a value found no room: a value that is not in the set may be one of those.</summary>
    public bool IsExhausted { get; private set; }

    public bool Contains(string key) => _keys.Contains(key);

    /// <summary>Takes in every atom at the path; what is no atom there names nothing and is passed over.</summary>
    public void AddAtoms(JsonElement result, FieldPath field)
    {
        foreach (var found in field.Select(result))
            AddAtoms(found);
    }

    public void AddAtoms(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    AddAtoms(item);
                break;
            case JsonValueKind.String or JsonValueKind.Number when _keys.Count < MissionBounds.AnchorAtomsMax:
                _keys.Add(ValueKey.Of(value));
                break;
            case JsonValueKind.String or JsonValueKind.Number:
                IsExhausted |= !_keys.Contains(ValueKey.Of(value));
                break;
        }
    }
}

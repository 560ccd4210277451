using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Missions;

/// <summary>The sets of values that the mission is about, by anchor. They grow, never shrink, and stop growing at their bound.</summary>
internal sealed class AnchorSets
{
    private readonly Dictionary<string, AnchorSet> _sets = new(StringComparer.Ordinal);

    public AnchorSets(MissionTemplate template, JsonElement inputs, KeyTable keys)
    {
        foreach (var anchor in template.Anchors)
        {
            var set = new AnchorSet(keys);
            _sets.Add(anchor.Name, set);
            foreach (var input in anchor.Inputs)
                if (inputs.TryGetProperty(input.Value, out var value))
                    set.AddAtoms(value);
        }
    }

    public AnchorSet this[string anchor] => _sets[anchor];

    public void Transfer(StateTransfer state)
    {
        foreach (var (_, set) in _sets.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            set.Transfer(state);
    }
}

/// <summary>The values of one anchor.</summary>
internal sealed class AnchorSet(KeyTable keys)
{
    private readonly HashSet<int> _keys = [];

    /// <summary>True once a value found no room: a value that is not in the set may be one of those.</summary>
    public bool IsExhausted { get; private set; }

    public bool ContainsAll(ReadOnlySpan<int> atoms)
    {
        foreach (var atom in atoms)
            if (!_keys.Contains(atom))
                return false;
        return true;
    }

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
            case JsonValueKind.String or JsonValueKind.Number:
                Add(value);
                break;
        }
    }

    public void Transfer(StateTransfer state)
    {
        state.Numbers(_keys);
        var isExhausted = IsExhausted;
        state.Flag(ref isExhausted);
        IsExhausted = isExhausted;
    }

    private void Add(JsonElement value)
    {
        Span<char> text = stackalloc char[ValueKey.CharsMax];
        var key = text[..ValueKey.Write(value, text)];
        var number = _keys.Count < MissionBounds.AnchorAtomsMax ? keys.Add(key) : keys.Find(key);
        if (number == KeyTable.Unknown || (_keys.Count >= MissionBounds.AnchorAtomsMax && !_keys.Contains(number)))
            IsExhausted = true;
        else
            _keys.Add(number);
    }
}

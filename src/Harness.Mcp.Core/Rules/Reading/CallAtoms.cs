using System.Runtime.InteropServices;
using System.Text.Json;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Core.Rules.Reading;

/// <summary>
/// The atoms at a path of a call's arguments, as numbers: strings and numbers, lists item by item. An argument that is absent, null or
/// an empty list has none.
/// </summary>
internal sealed class CallAtoms(CallReader reader, FieldPath path)
{
    private readonly CallArguments.Named? _name = reader.Arguments.Of(path);
    private readonly List<int> _numbers = [];
    private readonly Dictionary<string, int> _strangers = new(StringComparer.Ordinal);
    private int _round = -1;
    private bool _isKept;
    private bool _areAtoms;

    public FieldPath Path => path;

    /// <summary>Whether something stands at the path, be it null.</summary>
    public bool IsPresent { get; private set; }

    /// <summary>Whether null stands there, and nothing else.</summary>
    public bool IsNull { get; private set; }

    /// <summary>
    /// The proposed call's atoms. Those that nothing remembers have numbers below zero, equal ones the same; they mean something for this call alone.
    /// </summary>
    /// <param name="numbers">Valid until the next call is shown.</param>
    /// <returns>False where something there is no atom, or there are too many.</returns>
    public bool TryFind(ToolCall call, out ReadOnlySpan<int> numbers)
    {
        reader.Show(call);
        if (_round != reader.Round)
            Read(isKept: false);
        numbers = CollectionsMarshal.AsSpan(_numbers);
        return _areAtoms;
    }

    /// <summary>The same of an admitted call.</summary>
    public bool TryFind(ChainCall call, out ReadOnlySpan<int> numbers)
    {
        reader.Show(call);
        if (_round != reader.Round)
            Read(isKept: false);
        numbers = CollectionsMarshal.AsSpan(_numbers);
        return _areAtoms;
    }

    /// <summary>An admitted call's atoms, so that they can be remembered; <see cref="KeyTable.Unknown"/> for those without room.</summary>
    public bool TryKeep(ChainCall call, out ReadOnlySpan<int> numbers)
    {
        reader.Show(call);
        if (_round != reader.Round || !_isKept)
            Read(isKept: true);
        numbers = CollectionsMarshal.AsSpan(_numbers);
        return _areAtoms;
    }

    private void Read(bool isKept)
    {
        _round = reader.Round;
        _isKept = isKept;
        _numbers.Clear();
        if (_strangers.Count > 0)
            _strangers.Clear();
        (IsPresent, IsNull) = (false, false);
        if (_name is not null)
        {
            _areAtoms = !reader.Arguments.TryRead(_name, out var value) || TryTake(value);
            return;
        }

        _areAtoms = true;
        foreach (var found in path.Select(reader.Arguments.Json))
            _areAtoms = _areAtoms && TryTake(found);
    }

    private bool TryTake(JsonElement value)
    {
        // Nearly every argument is one atom, whose number other rules may have asked for.
        if (_name is not null && value.ValueKind is JsonValueKind.String or JsonValueKind.Number
            && reader.Arguments.TryNumber(_name, reader.Table, _isKept, out var number) && (_isKept || number != KeyTable.Unknown))
        {
            IsPresent = true;
            _numbers.Add(number);
            return true;
        }

        IsNull = !IsPresent && value.ValueKind == JsonValueKind.Null;
        IsPresent = true;
        return value.ValueKind == JsonValueKind.Null || TryAdd(value);
    }

    private bool TryAdd(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String or JsonValueKind.Number:
                _numbers.Add(NumberOf(value));
                return _numbers.Count <= MissionBounds.ArgumentAtomsMax;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    if (!TryAdd(item))
                        return false;
                return true;
            default:
                return false;
        }
    }

    private int NumberOf(JsonElement value)
    {
        var number = reader.Arguments.NumberOf(value, reader.Table, _isKept);
        if (_isKept || number != KeyTable.Unknown)
            return number;

        Span<char> room = stackalloc char[ValueKey.CharsMax];
        var key = room[..ValueKey.Write(value, room)];
        var strangers = _strangers.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!strangers.TryGetValue(key, out var stranger))
            strangers[key] = stranger = -1 - _strangers.Count;
        return stranger;
    }
}

using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Rules.Reading;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>The values that one join asks for, computed anew for each question; its buffers stay, so that asking allocates nothing.</summary>
internal sealed class AskedKeys
{
    private readonly JoinPlan _join;
    private readonly RuleActivation _activation;

    // Where the one value that is asked for depends on the call alone, all rules that ask for it share it.
    private readonly CallAnswer? _shared;
    private HashedValue[] _values = new HashedValue[1];
    private HashSet<CelValue>? _met;

    public AskedKeys(JoinPlan join, RuleActivation activation)
    {
        (_join, _activation) = (join, activation);
        if (join is { Kind: not JoinKind.KeyAmongAsked, AskedText: { } text })
            (_shared, Count) = (activation.Calls.AnswerOf(text), 1);
    }

    public int Count { get; private set; }

    public ref readonly HashedValue this[int place]
    {
        get
        {
            if (_shared is not null)
                return ref _shared.Of(_join.Asked, _activation);
            return ref _values[place];
        }
    }

    /// <summary>Computes the values. False where they cannot be computed, so that the join errs for every link.</summary>
    public bool Read()
    {
        if (_shared is not null)
            return !_shared.Of(_join.Asked, _activation).IsError;

        Count = 0;
        var asked = _join.Asked.Evaluate(_activation);
        if (asked.IsError)
            return false;
        if (_join.Kind != JoinKind.KeyAmongAsked)
        {
            Add(asked);
            return true;
        }

        switch (asked.Kind)
        {
            case CelKind.List:
                var list = asked.AsList;
                for (var index = 0; index < list.Count; index++)
                    AddOnce(list[index]);
                return true;
            case CelKind.Map:
                foreach (var key in asked.AsMap.Keys)
                    Add(key);
                return true;
            default:
                return false;
        }
    }

    public bool Contains(in CelValue key)
    {
        for (var place = 0; place < Count; place++)
            if (this[place].Value.Equals(key))
                return true;
        return false;
    }

    private void AddOnce(in CelValue value)
    {
        if (Count == 0)
            _met?.Clear();
        if ((_met ??= []).Add(value))
            Add(value);
    }

    private void Add(in CelValue value)
    {
        if (Count == _values.Length)
            Array.Resize(ref _values, Count * 2);
        _values[Count++] = new HashedValue(value);
    }
}

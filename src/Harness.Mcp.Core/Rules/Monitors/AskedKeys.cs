using Harness.Mcp.Core.Expressions;
using Harness.Mcp.Core.Rules.Reading;

namespace Harness.Mcp.Core.Rules.Monitors;

/// <summary>The values that one join asks for, computed anew for each question; its buffers stay, so that asking allocates nothing.</summary>
internal sealed class AskedKeys(JoinPlan join, RuleActivation activation)
{
    private readonly CallAnswer? _shared = join.AskedText is { } text ? activation.Calls.AnswerOf(text) : null;
    private HashedValue[] _values = new HashedValue[1];
    private HashSet<CelValue>? _met;
    private bool _isShared;

    public int Count { get; private set; }

    public ref readonly HashedValue this[int place]
    {
        get
        {
            if (_isShared)
                return ref _shared!.Hashed();
            return ref _values[place];
        }
    }

    /// <summary>Computes the values. False where they cannot be computed, so that the join errs for every link.</summary>
    public bool Read()
    {
        Count = 0;
        _isShared = false;
        var asked = _shared is null ? join.Asked.Evaluate(activation) : _shared.Of(join.Asked, activation);
        if (asked.IsError)
            return false;
        if (join.Kind != JoinKind.KeyAmongAsked)
        {
            Count = 1;
            _isShared = _shared is not null;
            if (!_isShared)
                _values[0] = new HashedValue(asked);
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

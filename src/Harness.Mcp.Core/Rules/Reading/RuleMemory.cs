using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Rules.Reading;

/// <summary>
/// What all rules of one mission keep of its chain together, in bytes, roughly: an upper estimate of what the objects take. Past the bound nothing
/// is given out, and who asked for more must deny what it can no longer tell.
/// </summary>
internal sealed class RuleMemory
{
    public long Bytes { get; private set; }

    public bool TryTake(long bytes)
    {
        if (Bytes + bytes > MissionBounds.RuleBytesMax)
            return false;
        Bytes += bytes;
        return true;
    }

    public void Return(long bytes) => Bytes -= bytes;

    /// <summary>What the rules read back takes no room again: it had its room when it was saved.</summary>
    public void Transfer(StateTransfer state)
    {
        var bytes = Bytes;
        state.Number(ref bytes);
        Bytes = bytes;
    }
}

/// <summary>What one rule remembers by key, at most <see cref="MissionBounds.RuleKeysMax"/> keys.</summary>
internal sealed class KeyMap<T>(RuleMemory memory)
{
    // A dictionary's entry with its share of the buckets and of the room to grow, and what stands in it.
    private const int EntryBytes = 96;

    private readonly Dictionary<int, T> _values = [];

    public bool IsEmpty => _values.Count == 0;

    public bool TryGet(int key, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T value) => _values.TryGetValue(key, out value);

    /// <param name="transfer">Writes a value, or reads one.</param>
    public void Transfer(StateTransfer state, Func<StateTransfer, T, T> transfer) => state.Map(_values, transfer);

    /// <returns>False where there is no room for another key.</returns>
    public bool TrySet(int key, T value)
    {
        if (key == KeyTable.Unknown)
            return false;
        if (!_values.ContainsKey(key) && (_values.Count >= MissionBounds.RuleKeysMax || !memory.TryTake(EntryBytes)))
            return false;
        _values[key] = value;
        return true;
    }
}

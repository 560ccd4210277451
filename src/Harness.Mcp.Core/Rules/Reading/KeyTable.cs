using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.Core.Rules.Reading;

/// <summary>
/// Numbers for the keys (<see cref="ValueKey"/>) that one mission's rules remember, so that each key is kept once and rules look up integers. A
/// number stays what it is for the mission's life. Bounded: past the bound a key gets no number, and who wanted to remember it must deny what it can no longer tell.
/// </summary>
internal sealed class KeyTable
{
    /// <summary>No key has this number.</summary>
    public const int Unknown = -1;

    // What an entry takes besides the key's letters: the string's head, the entry, and its share of the buckets.
    private const int EntryBytes = 64;

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _known;
    private readonly Dictionary<(int, int), int> _pairs = [];
    private int _count;

    public KeyTable() => _known = _numbers.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>What the keys take, by an upper estimate.</summary>
    public long Bytes { get; private set; }

    /// <summary>Writes the keys in the order of their numbers, or reads them back.</summary>
    public void Transfer(StateTransfer state)
    {
        var keys = new (string? Text, int First, int Second)[_count];
        foreach (var (text, number) in _numbers)
            keys[number] = (text, 0, 0);
        foreach (var ((first, second), number) in _pairs)
            keys[number] = (null, first, second);

        // What the mission's inputs brought is there already.
        var place = 0;
        state.Ordered(keys, Transferred, key =>
        {
            var number = key.Text is null ? Add(key.First, key.Second) : Add(key.Text);
            if (number != place++)
                throw StateTransfer.Malformed("its keys are in another order");
        });
    }

    private static (string? Text, int First, int Second) Transferred(StateTransfer state, (string? Text, int First, int Second) key)
    {
        state.Text(ref key.Text);
        if (key.Text is not null)
            return key;
        state.Number(ref key.First);
        state.Number(ref key.Second);
        return key;
    }

    /// <returns>The key's number, or <see cref="Unknown"/> where nothing remembers it.</returns>
    public int Find(ReadOnlySpan<char> key) => _known.TryGetValue(key, out var number) ? number : Unknown;

    /// <returns>The key's number, or <see cref="Unknown"/> where there is no room for it.</returns>
    public int Add(ReadOnlySpan<char> key)
    {
        if (_known.TryGetValue(key, out var known))
            return known;

        if (!TryTake(EntryBytes + (sizeof(char) * (long)key.Length)))
            return Unknown;
        _known[key] = _count;
        return _count++;
    }

    /// <summary>The same for two keys taken together, which is a key too.</summary>
    public int Find(int first, int second) => _pairs.TryGetValue((first, second), out var number) ? number : Unknown;

    /// <inheritdoc cref="Find(int, int)"/>
    public int Add(int first, int second)
    {
        if (first == Unknown || second == Unknown)
            return Unknown;
        if (_pairs.TryGetValue((first, second), out var known))
            return known;
        if (!TryTake(EntryBytes))
            return Unknown;
        _pairs.Add((first, second), _count);
        return _count++;
    }

    private bool TryTake(long bytes)
    {
        if (_count >= MissionBounds.KeysMax || Bytes + bytes > MissionBounds.KeyBytesMax)
            return false;
        Bytes += bytes;
        return true;
    }
}

using Harness.Mcp.Core.Missions;

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

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
    private long _bytes;

    public KeyTable() => _known = _numbers.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <returns>The key's number, or <see cref="Unknown"/> where nothing remembers it.</returns>
    public int Find(ReadOnlySpan<char> key) => _known.TryGetValue(key, out var number) ? number : Unknown;

    /// <returns>The key's number, or <see cref="Unknown"/> where there is no room for it.</returns>
    public int Add(ReadOnlySpan<char> key)
    {
        if (_known.TryGetValue(key, out var known))
            return known;

        var bytes = EntryBytes + (sizeof(char) * (long)key.Length);
        if (_numbers.Count >= MissionBounds.KeysMax || _bytes + bytes > MissionBounds.KeyBytesMax)
            return Unknown;
        _bytes += bytes;
        _known[key] = _numbers.Count;
        return _numbers.Count - 1;
    }
}

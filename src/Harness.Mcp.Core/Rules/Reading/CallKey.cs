using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Rules.Reading;

/// <summary>One key for the values of some arguments, as a number of the mission's <see cref="KeyTable"/>.</summary>
/// <param name="paths">Paths of names alone.</param>
internal sealed class CallKey(CallReader reader, ImmutableArray<FieldPath> paths)
{
    private readonly ImmutableArray<CallArguments.Named?> _names =
        [.. paths.Select(path => path.Root is { } root && root.Length == path.Text.Length ? reader.Arguments.Of(root) : null)];

    private int _round = -1;
    private int _number;
    private FieldPath? _missing;

    public ImmutableArray<FieldPath> Paths => paths;

    /// <summary>The number of the proposed call's key.</summary>
    /// <param name="missing">An argument that the call lacks, so that it has no key; else null.</param>
    /// <returns><see cref="KeyTable.Unknown"/> where nothing remembers the key, or there is none.</returns>
    public int Find(ToolCall call, out FieldPath? missing)
    {
        reader.Show(call);
        if (_round != reader.Round)
            Read(isKept: false);
        missing = _missing;
        return _number;
    }

    /// <summary>The number of an admitted call's key, so that it can be remembered.</summary>
    /// <param name="hasKey">False where the call lacks an argument.</param>
    /// <returns><see cref="KeyTable.Unknown"/> where there is no key, or no room to remember it.</returns>
    public int Keep(ChainCall call, out bool hasKey)
    {
        reader.Show(call);
        if (_round != reader.Round || _number == KeyTable.Unknown)
            Read(isKept: true);
        hasKey = _missing is null;
        return _number;
    }

    private void Read(bool isKept)
    {
        _round = reader.Round;
        _number = KeyTable.Unknown;
        _missing = null;
        Span<char> one = stackalloc char[ValueKey.CharsMax];
        if (paths.Length == 1)
        {
            if (!TryRead(0, out var value))
                return;
            _number = Number(one[..ValueKey.Write(value, one)], isKept);
            return;
        }

        var joined = new JoinedText(stackalloc char[4 * ValueKey.CharsMax]);
        for (var place = 0; place < paths.Length; place++)
        {
            if (!TryRead(place, out var value))
                return;
            joined.Add(one[..ValueKey.Write(value, one)]);
        }

        _number = Number(joined.Text, isKept);
    }

    private int Number(ReadOnlySpan<char> key, bool isKept) => isKept ? reader.Table.Add(key) : reader.Table.Find(key);

    private bool TryRead(int place, out JsonElement value)
    {
        if (_names[place] is { } name)
        {
            if (reader.Arguments.TryRead(name, out value))
                return true;
        }
        else if (ValueKey.Find(reader.Arguments.Json, paths[place]) is { } found)
        {
            value = found;
            return true;
        }

        value = default;
        _missing = paths[place];
        return false;
    }

    /// <summary>Keys one after the other, each with its length before it, so that no two lists of keys read alike.</summary>
    private ref struct JoinedText(Span<char> room)
    {
        private Span<char> _room = room;
        private int _length;

        public readonly ReadOnlySpan<char> Text => _room[.._length];

        public void Add(ReadOnlySpan<char> key)
        {
            if (_length + key.Length + 16 > _room.Length)
            {
                var more = new char[(2 * _room.Length) + key.Length + 16];
                Text.CopyTo(more);
                _room = more;
            }

            key.Length.TryFormat(_room[_length..], out var digits, provider: CultureInfo.InvariantCulture);
            _length += digits;
            _room[_length++] = ':';
            key.CopyTo(_room[_length..]);
            _length += key.Length;
        }
    }
}

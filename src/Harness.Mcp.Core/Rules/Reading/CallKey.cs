using System.Collections.Immutable;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Rules.Reading;

/// <summary>One key for the values of some arguments, as a number of the mission's <see cref="KeyTable"/>.</summary>
/// <param name="paths">Paths of names alone.</param>
internal sealed class CallKey(CallReader reader, ImmutableArray<FieldPath> paths)
{
    private readonly ImmutableArray<CallArguments.Named?> _names =
        [.. paths.Select(reader.Arguments.Of)];

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
        var number = paths.IsEmpty ? Number("", isKept) : KeyTable.Unknown;
        for (var place = 0; place < paths.Length; place++)
        {
            if (!TryNumber(place, isKept, out var next))
            {
                _missing = paths[place];
                return;
            }

            number = place == 0 ? next : isKept ? reader.Table.Add(number, next) : reader.Table.Find(number, next);
        }

        _number = number;
    }

    private int Number(ReadOnlySpan<char> key, bool isKept) => isKept ? reader.Table.Add(key) : reader.Table.Find(key);

    private bool TryNumber(int place, bool isKept, out int number)
    {
        if (_names[place] is { } name)
            return reader.Arguments.TryNumber(name, reader.Table, isKept, out number);
        number = KeyTable.Unknown;
        if (ValueKey.Find(reader.Arguments.Json, paths[place]) is not { } found)
            return false;
        number = reader.Arguments.NumberOf(found, reader.Table, isKept);
        return true;
    }
}

using System.Collections.Immutable;
using System.Text.Json;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Rules;

/// <summary>
/// The keys of one proposed call's arguments (<see cref="ValueKey"/>), each worked out once however many rules ask for it.
/// </summary>
internal sealed class CallKeys(JsonElement arguments)
{
    // Rules of one mission join by few different arguments; beyond these a key is worked out again.
    private const int KnownMax = 16;

    private readonly List<Joined> _joined = [];
    private readonly List<Atoms> _atoms = [];

    /// <summary>One key for the values at all of <paramref name="paths"/>, or null where the arguments lack one of them.</summary>
    public string? Join(ImmutableArray<FieldPath> paths, out FieldPath? missing)
    {
        foreach (var known in _joined)
        {
            if (!known.Paths.AsSpan().SequenceEqual(paths.AsSpan()))
                continue;
            missing = known.Missing;
            return known.Key;
        }

        var key = ValueKey.Joined(arguments, paths.AsSpan(), out missing);
        if (_joined.Count < KnownMax)
            _joined.Add(new Joined(paths, key, missing));
        return key;
    }

    /// <summary>The keys of all atoms at a path, as <see cref="ValueKey.TryAtoms(JsonElement, FieldPath, List{string})"/> finds them. Nobody may change the list.</summary>
    /// <returns>False where something there is no atom.</returns>
    public bool TryAtoms(FieldPath path, out List<string> keys)
    {
        foreach (var known in _atoms)
        {
            if (!known.Path.Equals(path))
                continue;
            keys = known.Keys;
            return known.AreAtoms;
        }

        keys = [];
        var areAtoms = ValueKey.TryAtoms(arguments, path, keys);
        if (_atoms.Count < KnownMax)
            _atoms.Add(new Atoms(path, keys, areAtoms));
        return areAtoms;
    }

    private readonly record struct Joined(ImmutableArray<FieldPath> Paths, string? Key, FieldPath? Missing);

    private readonly record struct Atoms(FieldPath Path, List<string> Keys, bool AreAtoms);
}

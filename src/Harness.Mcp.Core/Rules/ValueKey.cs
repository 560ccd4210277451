using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;

namespace Harness.Mcp.Core.Rules;

/// <summary>
/// Values of arguments and results as keys of hash tables: two values have one key exactly when they are equal. Strings compare
/// letter by letter, numbers by their exact value (1 is 1.0), and a string never equals a number. Long values are hashed, so that keys stay short.
/// </summary>
internal static class ValueKey
{
    private const int BytesMax = 128;

    public static string Of(JsonElement value)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        if (value.ValueKind == JsonValueKind.String && raw.Length <= BytesMax && !raw.Contains((byte)'\\'))
            return Encoding.UTF8.GetString(raw); // Canonical as it stands.

        var canonical = new ArrayBufferWriter<byte>(BytesMax);
        CanonicalJson.Write(value, canonical);
        return canonical.WrittenCount <= BytesMax
            ? Encoding.UTF8.GetString(canonical.WrittenSpan)
            : Digest.Of(canonical.WrittenSpan).Value; // Starts as no JSON text does, so it never meets a short key.
    }

    /// <summary>One key for the values at all of <paramref name="paths"/>, or null where the arguments lack one of them.</summary>
    public static string? Joined(JsonElement arguments, ReadOnlySpan<FieldPath> paths, out FieldPath? missing)
    {
        missing = null;
        var joined = "";
        foreach (var path in paths)
        {
            if (Find(arguments, path) is not { } value)
            {
                missing = path;
                return null;
            }

            var key = Of(value);
            joined = paths.Length == 1 ? key : string.Create(CultureInfo.InvariantCulture, $"{joined}{key.Length}:{key}");
        }

        return joined;
    }

    /// <summary>The value at a path of names alone.</summary>
    public static JsonElement? Find(JsonElement arguments, FieldPath path)
    {
        if (IsOneName(path))
            return arguments.TryGetProperty(path.Text, out var member) ? member : null;
        foreach (var found in path.Select(arguments))
            return found;
        return null;
    }

    /// <summary>
    /// Adds the keys of all atoms at <paramref name="path"/>: strings and numbers, lists item by item. A value that is absent, null or an empty list has none.
    /// </summary>
    /// <returns>False where something there is no atom (an object, true, a null in a list), or there are too many.</returns>
    public static bool TryAtoms(JsonElement value, FieldPath path, List<string> keys)
    {
        if (IsOneName(path) && value.ValueKind == JsonValueKind.Object)
            return !value.TryGetProperty(path.Text, out var member) || member.ValueKind == JsonValueKind.Null || TryAtoms(member, keys);
        foreach (var found in path.Select(value))
            if (found.ValueKind != JsonValueKind.Null && !TryAtoms(found, keys))
                return false;
        return true;
    }

    public static bool TryAtoms(JsonElement value, List<string> keys)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String or JsonValueKind.Number:
                keys.Add(Of(value));
                return keys.Count <= MissionBounds.ArgumentAtomsMax;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                    if (!TryAtoms(item, keys))
                        return false;
                return true;
            default:
                return false;
        }
    }

    // Nearly every path is one name, which needs no walk.
    private static bool IsOneName(FieldPath path) => path.Root is { } root && root.Length == path.Text.Length;
}

using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Rules;

/// <summary>
/// Values of arguments and results as keys of hash tables: two values have one key exactly when they are equal. Strings compare
/// letter by letter, numbers by their exact value (1 is 1.0), and a string never equals a number. Long values are hashed, so that keys stay short.
/// </summary>
internal static class ValueKey
{
    /// <summary>The longest key.</summary>
    public const int CharsMax = 128;

    public static string Of(JsonElement value)
    {
        Span<char> key = stackalloc char[CharsMax];
        return new string(key[..Write(value, key)]);
    }

    /// <param name="key">Has room for <see cref="CharsMax"/>.</param>
    /// <returns>How long the key is.</returns>
    public static int Write(JsonElement value, Span<char> key)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        if (value.ValueKind == JsonValueKind.String && raw.Length <= CharsMax && !raw.Contains((byte)'\\'))
            return Encoding.UTF8.GetChars(raw, key); // Canonical as it stands.

        var canonical = new ArrayBufferWriter<byte>(CharsMax);
        CanonicalJson.Write(value, canonical);
        if (canonical.WrittenCount <= CharsMax)
            return Encoding.UTF8.GetChars(canonical.WrittenSpan, key);
        var digest = Digest.Of(canonical.WrittenSpan).Value; // Starts as no JSON text does, so it never meets a short key.
        digest.CopyTo(key);
        return digest.Length;
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

    // Nearly every path is one name, which needs no walk.
    private static bool IsOneName(FieldPath path) => path.Root is { } root && root.Length == path.Text.Length;
}

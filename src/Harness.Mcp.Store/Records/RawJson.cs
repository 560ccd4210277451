using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Harness.Mcp.Store.Records;

/// <summary>
/// Copies a JSON value as it was spelled: digits, escapes and key order stay, only white space between tokens goes. Reading a number
/// as a double, or a string as UTF-16, could change what was decided on.
/// </summary>
internal static class RawJson
{
    /// <exception cref="ArgumentException">The value is undefined, or nests deeper than <paramref name="depthMax"/>.</exception>
    public static void Write(Utf8JsonWriter writer, string key, JsonElement value, int depthMax)
    {
        if (value.ValueKind == JsonValueKind.Undefined)
            throw new ArgumentException($"`{key}` of the link has no value.", nameof(value));

        var raw = JsonMarshal.GetRawUtf8Value(value);
        var compact = ArrayPool<byte>.Shared.Rent(raw.Length);
        try
        {
            var length = Compact(raw, compact, key, depthMax);
            writer.WritePropertyName(key);
            writer.WriteRawValue(compact.AsSpan(0, length), skipInputValidation: true);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(compact, clearArray: true);
        }
    }

    private static int Compact(ReadOnlySpan<byte> raw, Span<byte> compact, string key, int depthMax)
    {
        var length = 0;
        var depth = 0;
        for (var position = 0; position < raw.Length;)
        {
            var token = raw[position];
            if (token == '"')
            {
                var text = raw.Slice(position, StringLength(raw[position..]));
                text.CopyTo(compact[length..]);
                length += text.Length;
                position += text.Length;
                continue;
            }

            position++;
            if (token is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
                continue;

            compact[length++] = token;
            depth += token switch
            {
                (byte)'{' or (byte)'[' => 1,
                (byte)'}' or (byte)']' => -1,
                _ => 0,
            };
            if (depth > depthMax)
                throw new ArgumentException($"`{key}` of the link nests deeper than {depthMax} levels.", nameof(raw));
        }

        return length;
    }

    /// <summary>Bytes of the string that <paramref name="raw"/> starts with, both quotes included.</summary>
    private static int StringLength(ReadOnlySpan<byte> raw)
    {
        var position = 1;
        while (true)
        {
            position += raw[position..].IndexOfAny((byte)'"', (byte)'\\');
            if (raw[position] == '"')
                return position + 1;
            position += 2;
        }
    }
}

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Core.Provenance;

/// <summary>Reads strings and numbers of JSON as characters into one buffer, without a .NET string for each.</summary>
internal sealed class JsonTexts
{
    private char[] _buffer = new char[512];

    public ReadOnlySpan<char> Name(JsonProperty property) => Decoded(JsonMarshal.GetRawUtf8PropertyName(property));

    /// <summary>The characters of a string, or the digits of a number.</summary>
    public ReadOnlySpan<char> Scalar(JsonElement value)
    {
        var raw = JsonMarshal.GetRawUtf8Value(value);
        if (value.ValueKind == JsonValueKind.String)
            return Decoded(raw[1..^1]);
        return raw.ContainsAny((byte)'e', (byte)'E') && value.TryGetDecimal(out var number)
            ? number.ToString(CultureInfo.InvariantCulture)
            : Decoded(raw);
    }

    // Half a surrogate pair becomes U+FFFD, and a value that holds one is equal to nothing.
    private ReadOnlySpan<char> Decoded(ReadOnlySpan<byte> raw)
    {
        if (raw.Contains((byte)'\\'))
            raw = JsonText.Unescape(raw);
        if (_buffer.Length < raw.Length)
            _buffer = new char[raw.Length * 2];
        return _buffer.AsSpan(0, Encoding.UTF8.GetChars(raw, _buffer));
    }
}

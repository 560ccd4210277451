using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace Harness.Mcp.Commands;

/// <summary>How the command line writes the JSON of a link.</summary>
internal static class ChainWords
{
    /// <summary>In UTF-16 code units; `harness chain export` has the whole.</summary>
    private const int JsonLengthMax = 160;

    public static string Json(JsonElement value)
    {
        // The bytes are a backend's or an agent's, and need not be valid Unicode.
        var text = Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(value));
        if (text.Length <= JsonLengthMax)
            return text;

        var end = char.IsHighSurrogate(text[JsonLengthMax - 1]) ? JsonLengthMax - 1 : JsonLengthMax;
        return $"{text[..end]}…";
    }
}

using System.Collections.Immutable;
using static Harness.Mcp.Core.Expressions.CelType;
using static Harness.Mcp.Core.Expressions.Functions.Define;

namespace Harness.Mcp.Core.Expressions.Functions;

internal static class Encoders
{
    public static ImmutableArray<CelFunction> All { get; } = [
        Global("base64.encode", [Bytes], CelType.String, arguments => CelValue.Of(Convert.ToBase64String(arguments[0].AsBytes)), isLinear: true),
        Global("base64.decode", [CelType.String], Bytes, arguments => Decode(arguments[0].AsString), isLinear: true),
    ];

    // Padding may be left out.
    private static CelValue Decode(string text)
    {
        var padded = text.Length % 4 == 0 ? text : text.PadRight(text.Length + 4 - (text.Length % 4), '=');
        var bytes = new byte[padded.Length / 4 * 3];
        return Convert.TryFromBase64String(padded, bytes, out var written) ? CelValue.Of(bytes[..written]) : CelValue.Error("not base64");
    }
}

using System.Text;
using System.Text.Json;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>
/// Puts arguments into a path. What a service or a proxy before it could read as another path is refused and not merely encoded: some decode
/// before they route.
/// </summary>
internal static class PathExpansion
{
    private const int DecodingsMax = 8;

    /// <summary>Whether the document's own path can be used: each expression has its parameter, and nothing in it moves.</summary>
    /// <exception cref="OperationRefusedException">It cannot.</exception>
    public static void Check(RequestShape request)
    {
        if (!request.Path.StartsWith('/') || request.Path.AsSpan().ContainsAny("?#\\"))
            throw new OperationRefusedException("its path is no path: it does not begin with a slash, or has a query or a fragment.");
        var pieces = Pieces(request.Path);
        foreach (var piece in pieces)
            if (piece.IsExpression && ParameterOf(request, piece.Text) is null)
                throw new OperationRefusedException($"its path names `{VisibleText.Escape(piece.Text)}`, and no parameter does.");
        if (request.Parameters.FirstOrDefault(parameter => parameter.Place == ParameterPlace.Path && !pieces.Exists(piece => piece.IsExpression && piece.Text == parameter.Name)) is { } stray)
            throw new OperationRefusedException($"its parameter `{VisibleText.Escape(stray.Name)}` stands nowhere in its path.");
        if (Moves($"{request.Base.AbsolutePath}{string.Concat(pieces.Select(piece => piece.IsExpression ? "x" : piece.Text))}"))
            throw new OperationRefusedException("its path has `.` or `..` in it.");
    }

    /// <summary>The path, encoded, with the arguments in it; without what it is put behind.</summary>
    /// <exception cref="ArgumentRefusedException">An argument would make it another path.</exception>
    public static string Expand(RequestShape request, JsonElement arguments)
    {
        var path = new StringBuilder();
        foreach (var (text, isExpression) in Pieces(request.Path))
        {
            if (!isExpression)
            {
                path.Append(EncodeLiteral(text));
                continue;
            }

            var parameter = ParameterOf(request, text)!;
            if (!arguments.TryGetProperty(parameter.Argument, out var value) || value.ValueKind == JsonValueKind.Null)
                throw new ArgumentRefusedException($"The argument `{parameter.Argument}` is missing.");
            var expanded = ParameterText.InPath(parameter, value);
            if (IsEmpty(value) || HoldsPath(expanded))
                throw new ArgumentRefusedException($"The argument `{parameter.Argument}` becomes part of a path: it must not be empty, nor hold `/`, `\\` or control characters, encoded or not.");
            path.Append(expanded);
        }

        var whole = path.ToString();
        return Moves(whole) ? throw new ArgumentRefusedException("The arguments would put `.` or `..` into the path.") : whole;
    }

    private static ApiParameter? ParameterOf(RequestShape request, string name) =>
        request.Parameters.FirstOrDefault(parameter => parameter.Place == ParameterPlace.Path && parameter.Name == name);

    private static List<(string Text, bool IsExpression)> Pieces(string path)
    {
        var pieces = new List<(string, bool)>();
        var rest = path.AsSpan();
        while (rest.IndexOf('{') is var start and >= 0)
        {
            var end = rest[start..].IndexOf('}');
            if (end < 0)
                throw new OperationRefusedException("its path has a brace that is not closed.");
            pieces.Add((rest[..start].ToString(), false));
            pieces.Add((rest.Slice(start + 1, end - 1).ToString(), true));
            rest = rest[(start + end + 1)..];
        }

        pieces.Add((rest.ToString(), false));
        return pieces;
    }

    /// <summary>What a document writes plainly is encoded where an address needs that; its own escapes stay.</summary>
    private static string EncodeLiteral(string text) => string.Concat(text.EnumerateRunes().Select(rune =>
        rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || "-._~/%!$&'()*+,;=:@".Contains((char)rune.Value, StringComparison.Ordinal)) ? rune.ToString() : Uri.EscapeDataString(rune.ToString())));

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.ValueEquals(""u8),
        JsonValueKind.Array => value.GetArrayLength() == 0 || value.EnumerateArray().Any(IsEmpty),
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    private static bool HoldsPath(string expanded) => Decoded(expanded) is not { } text || text.Any(character => character is '/' or '\\' or < ' ' or '\x7f');

    /// <summary>Whether a segment of the path leads elsewhere, however often it is decoded; what follows a `;` does not count, as some servers see it.</summary>
    private static bool Moves(string path) =>
        Decoded(path) is not { } text || text.Split('/', '\\').Any(segment => segment.Split(';')[0] is "." or "..");

    /// <summary>The text once no decoding changes it any more; null where it never ends.</summary>
    private static string? Decoded(string text)
    {
        for (var count = 0; count < DecodingsMax; count++)
        {
            var decoded = Uri.UnescapeDataString(text);
            if (string.Equals(decoded, text, StringComparison.Ordinal))
                return text;
            text = decoded;
        }

        return null;
    }
}

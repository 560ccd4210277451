using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// Reads one JSON value the one way in which no two parsers can disagree about it: UTF-8, no comments, no trailing bytes, no
/// duplicate keys at any depth, bounded depth and number of keys. Numbers keep their exact text.
/// </summary>
internal static class StrictJson
{
    public const int DepthMax = 64;

    private static readonly JsonDocumentOptions Options = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
        MaxDepth = DepthMax,
    };

    /// <param name="fault">What is wrong, for the sender; null where a value is returned.</param>
    public static JsonElement? Parse(ReadOnlySpan<byte> bytes, int keysMax, out string? fault)
    {
        if (!Utf8.IsValid(bytes))
        {
            fault = "The body is not UTF-8: encode it as UTF-8.";
            return null;
        }

        try
        {
            fault = Scan(bytes, keysMax);
            return fault is null ? JsonElement.Parse(bytes, Options) : null;
        }
        catch (JsonException syntax)
        {
            fault = syntax.LineNumber is { } line && syntax.BytePositionInLine is { } position
                ? $"The body is not one JSON value as this endpoint reads it (line {line + 1}, byte {position + 1}): send one object, at most {DepthMax} levels deep, without duplicate keys, comments or anything after it."
                : $"The body is not one JSON value as this endpoint reads it: send one object, at most {DepthMax} levels deep, without duplicate keys, comments or anything after it.";
            return null;
        }
    }

    private static string? Scan(ReadOnlySpan<byte> bytes, int keysMax)
    {
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = DepthMax, CommentHandling = JsonCommentHandling.Disallow });
        var keys = 0;

        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && ++keys > keysMax)
            {
                return $"The body has more than {keysMax} keys: send less at once.";
            }

            if (reader.ValueIsEscaped && !IsWellFormed(ref reader))
            {
                return "The body has an escape that is no character (half of a surrogate pair): send whole characters.";
            }
        }

        return null;
    }

    private static bool IsWellFormed(ref Utf8JsonReader reader)
    {
        // The reader checks syntax alone; only unescaping finds half a surrogate pair.
        var buffer = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        try
        {
            reader.CopyString(buffer);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}

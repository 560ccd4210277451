using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// Reads one JSON value the one way in which no two parsers can disagree about it: UTF-8, no comments, no trailing bytes, no
/// duplicate keys at any depth, no key that JavaScript gives a meaning of its own, bounded depth and number of keys. Numbers keep their
/// exact text; the first on which parsers do not agree is told.
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
    /// <param name="oddNumber">The first number that not every parser reads alike (<see cref="NumberText"/>); null where there is none.</param>
    /// <returns>A value that holds nothing of <paramref name="bytes"/>.</returns>
    public static JsonElement? Parse(ReadOnlySequence<byte> bytes, int keysMax, out string? fault, out string? oddNumber)
    {
        // What lies in pieces, since it is large, is put together once, and the value reads from there.
        var whole = bytes.IsSingleSegment ? null : bytes.ToArray();
        return Parse(whole ?? bytes.FirstSpan, whole, keysMax, out fault, out oddNumber);
    }

    /// <inheritdoc cref="Parse(ReadOnlySequence{byte}, int, out string?, out string?)"/>
    public static JsonElement? Parse(ReadOnlySpan<byte> bytes, int keysMax, out string? fault, out string? oddNumber) =>
        Parse(bytes, owned: null, keysMax, out fault, out oddNumber);

    /// <param name="owned">The same bytes where nobody else will change them; else null.</param>
    private static JsonElement? Parse(ReadOnlySpan<byte> bytes, byte[]? owned, int keysMax, out string? fault, out string? oddNumber)
    {
        oddNumber = null;
        if (!Utf8.IsValid(bytes))
        {
            fault = "The body is not UTF-8: encode it as UTF-8.";
            return null;
        }

        try
        {
            fault = Scan(bytes, keysMax, out oddNumber);
            if (fault is not null)
                return null;
            return owned is null ? JsonElement.Parse(bytes, Options) : JsonDocument.Parse(owned, Options).RootElement;
        }
        catch (JsonException syntax)
        {
            fault = syntax.LineNumber is { } line && syntax.BytePositionInLine is { } position
                ? $"The body is not one JSON value as this endpoint reads it (line {line + 1}, byte {position + 1}): send one object, at most {DepthMax} levels deep, without duplicate keys, comments or anything after it."
                : $"The body is not one JSON value as this endpoint reads it: send one object, at most {DepthMax} levels deep, without duplicate keys, comments or anything after it.";
            return null;
        }
    }

    private static string? Scan(ReadOnlySpan<byte> bytes, int keysMax, out string? oddNumber)
    {
        oddNumber = null;
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = DepthMax, CommentHandling = JsonCommentHandling.Disallow });
        var keys = 0;

        while (reader.Read())
        {
            // First of all: what compares or reads text throws where it is no text.
            if (reader.ValueIsEscaped && !IsWellFormed(ref reader))
            {
                return "The body has an escape that is no character (half of a surrogate pair): send whole characters.";
            }

            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                if (++keys > keysMax) return $"The body has more than {keysMax} keys: send less at once.";
                if (reader.ValueTextEquals("__proto__"u8)) return "The body has a key `__proto__`, which some parsers drop and others obey: leave it out.";
            }
            else if (reader.TokenType == JsonTokenType.Number && oddNumber is null && !NumberText.IsReadAlike(reader.ValueSpan))
            {
                oddNumber = Encoding.ASCII.GetString(reader.ValueSpan[..Math.Min(reader.ValueSpan.Length, NumberText.CharsMax + 1)]);
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

using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Proxy.Backends.Large;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>
/// A service's success that is too large for memory, as the answer of its call: one text, or the bytes of a resource where it is none. The body is never taken
/// for JSON, since what nobody has parsed could end the answer before its end.
/// </summary>
internal sealed class LargeAnswerForm(long id, ApiOperation operation, HttpResponseMessage response) : ISpoolForm
{
    /// <summary>No byte becomes more, and three bytes become four of base64.</summary>
    private const int EscapedMax = 6;

    /// <summary>Longest beginning of a character, or of three bytes, that waits for the rest.</summary>
    private const int WaitingMax = 3;

    private readonly bool _isText = IsText(response);
    private byte[] _waiting = [];

    /// <summary>Whether the answer can go without being read: it succeeded, and its document did not promise what it is not.</summary>
    public static bool IsFit(ApiOperation operation, HttpResponseMessage response) =>
        response.IsSuccessStatusCode && (operation.Answer.Schema is null || MediaTypes.IsJson(response.Content.Headers.ContentType?.MediaType ?? ""));

    public ReadOnlyMemory<byte> Begin() => Written(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("jsonrpc"u8, "2.0"u8);
        writer.WriteNumber("id"u8, id);
        writer.WriteStartObject("result"u8);
        AnswerWriter.WriteMeta(writer, response);
        writer.WriteStartArray("content"u8);
        writer.WriteStartObject();
        writer.WriteString("type"u8, _isText ? "text"u8 : "resource"u8);
        if (!_isText)
        {
            writer.WriteStartObject("resource"u8);
            writer.WriteString("uri"u8, $"openapi:/{operation.Tool}");
            writer.WriteString("mimeType"u8, response.Content.Headers.ContentType?.MediaType ?? "application/octet-stream");
        }

        writer.WritePropertyName(_isText ? "text"u8 : "blob"u8);
        writer.WriteRawValue("\""u8, skipInputValidation: true);
    });

    public ReadOnlyMemory<byte> Take(ReadOnlySpan<byte> piece) => Encode([.. _waiting, .. piece], isLast: false);

    public ReadOnlyMemory<byte> End() => (byte[])[.. Encode(_waiting, isLast: true).Span, .. _isText ? "\"}]}}"u8 : "\"}}]}}"u8];

    private ReadOnlyMemory<byte> Encode(ReadOnlySpan<byte> bytes, bool isLast)
    {
        var encoded = new byte[(bytes.Length * EscapedMax) + WaitingMax + 1];
        var status = _isText
            ? JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(bytes, encoded, out var taken, out var written, isLast)
            : Base64.EncodeToUtf8(bytes, encoded, out taken, out written, isLast);
        if (status is not (OperationStatus.Done or OperationStatus.NeedMoreData) || bytes.Length - taken > WaitingMax)
            throw new InvalidOperationException("A piece of the body could not be written.");
        _waiting = bytes[taken..].ToArray();
        return encoded.AsMemory(0, written);
    }

    private static bool IsText(HttpResponseMessage response) =>
        response.Content.Headers.ContentType is { MediaType: { } type } given
        && (MediaTypes.IsJson(type) || MediaTypes.IsText(type))
        && given.CharSet?.Trim('"').ToLowerInvariant() is null or "utf-8" or "utf8" or "us-ascii";

    private static byte[] Written(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, PooledJson.Options))
            write(writer);
        return buffer.WrittenSpan.ToArray();
    }
}

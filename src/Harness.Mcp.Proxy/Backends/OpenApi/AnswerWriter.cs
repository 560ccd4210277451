using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Core.Json;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>Writes the answer of a service as the result of a tool.</summary>
internal static class AnswerWriter
{
    /// <summary>Characters of the body that an error shows.</summary>
    public const int ErrorTextMax = 16 * 1024;

    /// <summary>Where a result says how the service answered.</summary>
    public const string AnswerKey = "harness-mcp/answer";

    /// <summary>Headers that tell a caller what to do next.</summary>
    private static readonly string[] TellingHeaders = ["Location", "Retry-After", "ETag", "Link"];

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="body">The whole body, within the bound of the backend.</param>
    public static JsonElement Write(ApiOperation operation, HttpResponseMessage response, byte[] body)
    {
        var code = (int)response.StatusCode;
        var type = response.Content.Headers.ContentType;
        if (code is < 200 or >= 300)
            return Result(response, writer => WriteError(writer, response, Text(type?.CharSet, body)));
        if (body.Length == 0 || code is 204 or 205)
            return Empty(operation, response);
        if (type?.MediaType is not { } mediaType)
            return Result(response, writer => WriteContent(writer, operation, "application/octet-stream", null, body));
        return MediaTypes.IsJson(mediaType)
            ? Json(operation, response, body)
            : Unfit(operation, response, mediaType) ?? Result(response, writer => WriteContent(writer, operation, mediaType, type.CharSet, body));
    }

    /// <summary>Writes what a result says of how the service answered.</summary>
    public static void WriteMeta(Utf8JsonWriter writer, HttpResponseMessage response)
    {
        writer.WriteStartObject("_meta"u8);
        writer.WriteStartObject(AnswerKey);
        writer.WriteNumber("status"u8, (int)response.StatusCode);
        foreach (var name in TellingHeaders)
            if (response.Headers.TryGetValues(name, out var values))
                writer.WriteString(name.ToLowerInvariant(), VisibleText.Escape(string.Join(", ", values)));
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static JsonElement Json(ApiOperation operation, HttpResponseMessage response, byte[] body)
    {
        JsonElement value;
        try
        {
            using var document = JsonDocument.Parse(WholeCharacters.Of(WithoutMark(body)), Strict);
            value = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return Mismatch(response, "is no JSON that can be read", Text("utf-8", body));
        }

        var shape = operation.Answer;
        var isWrapped = shape.IsWrapped || (shape.Schema is null && value.ValueKind != JsonValueKind.Object);
        var structured = isWrapped ? Wrapped(value) : value;
        if (shape.Schema?.Validate(structured) is [var violation, ..])
            return Mismatch(response, $"is not as its document says ({VisibleText.Escape(violation.ToString() ?? "")})", Text("utf-8", body));
        return Result(response, writer =>
        {
            WriteTexts(writer, structured.GetRawText());
            writer.WritePropertyName("structuredContent"u8);
            structured.WriteTo(writer);
        });
    }

    private static JsonElement Empty(ApiOperation operation, HttpResponseMessage response) => operation.Answer.Schema is null
        ? Result(response, writer => WriteTexts(writer, $"{Status(response)}, without a body."))
        : Mismatch(response, "has no body, where its document describes one", null);

    private static JsonElement? Unfit(ApiOperation operation, HttpResponseMessage response, string mediaType) => operation.Answer.Schema is null
        ? null
        : Mismatch(response, $"is `{VisibleText.Escape(mediaType)}`, where its document describes JSON", null);

    /// <summary>A success that clients could not take for what the tool's output schema promises.</summary>
    private static JsonElement Mismatch(HttpResponseMessage response, string what, string? body) => Result(response, writer =>
    {
        writer.WriteBoolean("isError"u8, true);
        WriteTexts(writer, $"{Status(response)}: the service carried the call out, but its answer {what}.{Shown(body)}");
    });

    private static void WriteError(Utf8JsonWriter writer, HttpResponseMessage response, string? body)
    {
        writer.WriteBoolean("isError"u8, true);
        var place = (int)response.StatusCode is >= 300 and < 400
            ? $" The answer points to `{VisibleText.Escape(response.Headers.Location?.OriginalString ?? "another address")}`, and no redirect is followed."
            : response.Headers.RetryAfter is { } pause ? $" Try again after: {VisibleText.Escape(pause.ToString())}." : "";
        WriteTexts(writer, $"{Status(response)}.{place}{Shown(body)}");
    }

    private static void WriteContent(Utf8JsonWriter writer, ApiOperation operation, string mediaType, string? charset, byte[] body)
    {
        if (MediaTypes.IsText(mediaType) && Text(charset, body) is { } text)
        {
            WriteTexts(writer, text);
            return;
        }

        writer.WriteStartArray("content"u8);
        writer.WriteStartObject();
        if (MediaTypes.IsImage(mediaType))
        {
            writer.WriteString("type"u8, "image"u8);
            writer.WriteBase64String("data"u8, body);
            writer.WriteString("mimeType"u8, mediaType);
        }
        else
        {
            writer.WriteString("type"u8, "resource"u8);
            writer.WriteStartObject("resource"u8);
            writer.WriteString("uri"u8, $"openapi:/{operation.Tool}");
            writer.WriteString("mimeType"u8, mediaType);
            writer.WriteBase64String("blob"u8, body);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter writer, string text)
    {
        writer.WriteStartArray("content"u8);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "text"u8);
        writer.WriteString("text"u8, text);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static JsonElement Result(HttpResponseMessage response, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, PooledJson.Options))
        {
            writer.WriteStartObject();
            members(writer);
            WriteMeta(writer, response);
            writer.WriteEndObject();
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static JsonElement Wrapped(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, PooledJson.Options))
        {
            writer.WriteStartObject();
            writer.WritePropertyName(AnswerShape.WrappingMember);
            value.WriteTo(writer);
            writer.WriteEndObject();
        }

        return JsonElement.Parse(buffer.WrittenSpan);
    }

    private static string Status(HttpResponseMessage response)
    {
        var code = ((int)response.StatusCode).ToString(CultureInfo.InvariantCulture);
        return Enum.IsDefined(response.StatusCode) ? $"HTTP {code} ({Words(response.StatusCode)})" : $"HTTP {code}";
    }

    /// <summary>The status in words of ours: the service's own reason phrase is not repeated.</summary>
    private static string Words(HttpStatusCode status) => status == HttpStatusCode.OK
        ? "OK"
        : string.Concat(status.ToString().Select((character, index) => index > 0 && char.IsUpper(character) ? $" {char.ToLowerInvariant(character)}" : $"{character}"));

    private static string Shown(string? body) => string.IsNullOrWhiteSpace(body) ? "" : $"\n{(body.Length > ErrorTextMax ? $"{body[..ErrorTextMax]}…" : body)}";

    /// <summary>The text of a body; null where its characters cannot be told.</summary>
    private static string? Text(string? charset, byte[] body)
    {
        try
        {
            var name = charset?.Trim('"').ToLowerInvariant();
            return name switch
            {
                null or "utf-8" or "utf8" or "us-ascii" => StrictUtf8.GetString(WithoutMark(body).Span),
                "iso-8859-1" => Encoding.Latin1.GetString(body),
                _ => null,
            };
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static ReadOnlyMemory<byte> WithoutMark(byte[] body) => body is [0xEF, 0xBB, 0xBF, ..] ? body.AsMemory(3) : body;
}

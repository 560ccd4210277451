using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>Reads the one message of a POST: plain JSON of bounded size, cut off while it arrives where it is larger.</summary>
internal static class RequestBody
{
    /// <returns>The message or response, or the error and the id to echo with it, where one could be read.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<(AgentMessage? Message, AgentResponse? Response, JsonElement? Id, WireError? Error)> ReadAsync(HttpContext http, WireOptions options)
    {
        if (!IsPlainJson(http.Request))
        {
            return (null, null, null, new WireError(StatusCodes.Status415UnsupportedMediaType, WireError.InvalidRequest, "The body must be application/json in UTF-8, without content encoding."));
        }

        if (await ReadWholeAsync(http, options.BodyBytesMax) is not { } body)
        {
            return (null, null, null, new WireError(StatusCodes.Status413PayloadTooLarge, WireError.InvalidRequest, $"The body is larger than {options.BodyBytesMax} bytes: send less at once."));
        }

        var parsed = StrictJson.Parse(body, options.KeysMax, out var fault, out var oddNumber);
        http.Request.BodyReader.AdvanceTo(body.End);
        if (parsed is not { } root)
        {
            return (null, null, null, new WireError(StatusCodes.Status400BadRequest, WireError.ParseError, fault!));
        }

        if (AgentResponse.IsMeant(root))
        {
            // An answer that not every parser reads alike is none: whoever asked is told so.
            var response = AgentResponse.Read(root, out var malformed);
            return (null, response is not null && oddNumber is not null ? response with { Fault = NumberText.Complaint(oddNumber) } : response, null, malformed);
        }

        var message = AgentMessage.Read(root, out var id, out var error);
        if (message is null || oddNumber is null) return (message, null, id, error);
        return message is { IsRequest: true, Method: Methods.CallTool }
            ? (message with { OddNumber = oddNumber }, null, id, null)
            : (null, null, id, WireError.Params(NumberText.Complaint(oddNumber)));
    }

    private static bool IsPlainJson(HttpRequest request) =>
        request.Headers.ContentEncoding.Count == 0
        && (request.ContentType is "application/json" or "application/json; charset=utf-8" // As nearly all write it, who need not be parsed.
            || (MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
                && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
                && (!type.Charset.HasValue || type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase))));

    /// <returns>The body, which the reader still holds; null where it is too large, of which no more than the cap was read.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<ReadOnlySequence<byte>?> ReadWholeAsync(HttpContext http, int max)
    {
        if (http.Request.ContentLength > max) return null;
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit) limit.MaxRequestBodySize = null;

        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            if (read.Buffer.Length > max)
            {
                reader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted) return read.Buffer;
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}

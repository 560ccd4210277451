using Harness.Mcp.Proxy.Backends.OAuth;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>What a status other than 200 says of a request: a JSON-RPC error in its body counts first.</summary>
internal static class HttpRefusal
{
    private const int BodyBytesMax = 64 * 1024;

    /// <summary>Statuses by which a server says that it did not take the request up.</summary>
    private static readonly HashSet<int> NotTakenUp = [400, 401, 403, 404, 405, 406, 411, 413, 414, 415, 421, 426, 429, 431];

    /// <param name="hadSession">Whether the request named a session: a 404, or a 400 that answers no id, then says that it is gone.</param>
    public static async Task<ExchangeEnd> ReadAsync(HttpResponseMessage response, long id, bool hadSession, CancellationToken cancellationToken)
    {
        var code = (int)response.StatusCode;
        if (code is >= 200 and < 300)
            return new ExchangeEnd.Unreadable($"The backend answered a request with HTTP {code}.");
        if (code is >= 300 and < 400)
            return new ExchangeEnd.NotSent($"The backend answered with a redirect (HTTP {code}), which is never followed.");

        if (code is 401 or 403)
            return new ExchangeEnd.NotSent(response.RequestMessage?.Options.TryGetValue(AuthorizationHandler.Reason, out var reason) == true
                ? $"The backend refused the request (HTTP {code}). {reason}"
                : $"The backend refused the proxy's credentials (HTTP {code}).");

        if (await ReadErrorAsync(response.Content, cancellationToken) is { Error: { } error } refusal
            && (refusal.Id == id || (refusal.Id is null && !hadSession && code < 500)))
            return new ExchangeEnd.Error(error);
        if (hadSession && code is 400 or 404)
            return new ExchangeEnd.NotSent($"The backend does not know the session any more (HTTP {code}).") { SessionGone = true, Status = code };
        return NotTakenUp.Contains(code)
            ? new ExchangeEnd.NotSent($"The backend refused the request (HTTP {code}).") { Status = code }
            : new ExchangeEnd.Lost($"The backend failed (HTTP {code}).") { Status = code };
    }

    private static async Task<RpcMessage.Response?> ReadErrorAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await using var body = await content.ReadAsStreamAsync(cancellationToken);

        // Servers that answer every request with an event stream put a refusal into its first event.
        var text = HttpWire.IsEventStream(content)
            ? await new SseReader(body, BodyBytesMax).ReadAsync(cancellationToken)
            : await ReadStartAsync(body, cancellationToken);
        return text is not null && RpcMessage.TryRead(text, out var message) ? message as RpcMessage.Response : null;
    }

    private static async Task<byte[]> ReadStartAsync(Stream body, CancellationToken cancellationToken)
    {
        var buffer = new byte[BodyBytesMax];
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return buffer[..length];
    }
}

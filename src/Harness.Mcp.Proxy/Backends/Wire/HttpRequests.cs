using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Proxy.Backends.Wire;

/// <summary>What both HTTP transports send: requests with the proxy's own headers, and what it means when one breaks off.</summary>
/// <param name="client">Shared by all wires of the backend; not disposed here.</param>
internal sealed class HttpRequests(BackendConnection.Http connection, HttpMessageInvoker client)
{
    /// <summary>How long a request may take that nobody waits for.</summary>
    public static readonly TimeSpan CourtesyLimit = TimeSpan.FromSeconds(2);

    private const string VersionHeader = "MCP-Protocol-Version";

    /// <param name="era">The revision that the message speaks; null where none is agreed on.</param>
    /// <param name="body">One whole message; null for a request without any.</param>
    public HttpRequestMessage New(HttpMethod method, Uri to, EraSettled? era, ReadOnlyMemory<byte>? body)
    {
        var request = new HttpRequestMessage(method, to);
        foreach (var (name, value) in connection.Headers)
            request.Headers.TryAddWithoutValidation(name, value.Value);
        request.Headers.TryAddWithoutValidation("Accept", body is null ? "text/event-stream" : "application/json, text/event-stream");
        if (body is { } bytes)
        {
            request.Content = new ReadOnlyMemoryContent(bytes);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        }

        if (era is { HasVersionHeader: true })
            request.Headers.TryAddWithoutValidation(VersionHeader, era.ProtocolVersion);
        return request;
    }

    /// <summary>The answer as soon as its headers are there.</summary>
    /// <exception cref="HttpRequestException">There is none.</exception>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        client.SendAsync(request, cancellationToken);

    /// <summary>Sends what has no answer. Where the backend is gone, the next request finds out.</summary>
    public async Task TrySendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await SendAsync(request, cancellationToken);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException)
        {
        }
    }

    /// <summary>Ends an exchange whose request broke off: as not sent where no connection came about, else by what had left.</summary>
    public static void Fail(Exchange exchange, Exception failure)
    {
        if (Unreachable(failure) is { } why)
            exchange.Finish(new ExchangeEnd.NotSent(why));
        else
            exchange.Fail("The connection to the backend broke off.");
    }

    /// <summary>Why no connection came about; null where one did.</summary>
    public static string? Unreachable(Exception failure) =>
        failure is HttpRequestException
        {
            HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
        } http
            ? $"The backend cannot be reached ({http.HttpRequestError})."
            : null;

    public static async Task CancelAsync(CancellationTokenSource source)
    {
        try
        {
            await source.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It ended at this moment.
        }
    }
}

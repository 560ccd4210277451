using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Harness.Mcp.Proxy.Backends.Probing;

/// <summary>Stands between a wire and the network, and notes how the last message sent there ended.</summary>
internal sealed class HttpWitness(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>What broke the last exchange; null where it was answered.</summary>
    public HttpRequestException? Failure { get; private set; }

    /// <summary>The status of the last answer; null where there was none.</summary>
    public HttpStatusCode? Status { get; private set; }

    public string? MediaType { get; private set; }

    /// <summary>Where a redirect leads.</summary>
    public Uri? Location { get; private set; }

    public SocketError? SocketError => (Failure?.InnerException as SocketException)?.SocketErrorCode;

    public string? TlsFailure => (Failure?.InnerException as AuthenticationException)?.Message;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (request.Method == HttpMethod.Post)
                (Failure, Status, MediaType, Location) = (null, response.StatusCode, response.Content.Headers.ContentType?.MediaType, response.Headers.Location);
            return response;
        }
        catch (HttpRequestException failure) when (request.Method == HttpMethod.Post)
        {
            (Failure, Status, MediaType, Location) = (failure, null, null, null);
            throw;
        }
    }
}

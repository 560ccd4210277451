using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.Probing;

/// <summary>
/// Stands between a wire and the network, and notes how the last request that tells something ended: the last message, or the event stream of the
/// old transport. Beside such a stream the answer to a message tells nothing where it is a success.
/// </summary>
internal sealed class HttpWitness(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private bool _isAsked;
    private bool _hasStream;

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
            if (Tells(request, response))
                (Failure, Status, MediaType, Location) = (null, response.StatusCode, response.Content.Headers.ContentType?.MediaType, response.Headers.Location);
            return response;
        }
        catch (HttpRequestException failure) when (request.Method == HttpMethod.Post || !_isAsked)
        {
            (Failure, Status, MediaType, Location) = (failure, null, null, null);
            throw;
        }
    }

    /// <summary>A stream that was asked for after a message was refused tells something only where it is there.</summary>
    private bool Tells(HttpRequestMessage request, HttpResponseMessage response)
    {
        if (request.Method == HttpMethod.Get)
        {
            _hasStream = response.StatusCode == HttpStatusCode.OK && HttpWire.IsEventStream(response.Content);
            return _hasStream || !_isAsked;
        }

        _isAsked = true;
        return request.Method == HttpMethod.Post && !(_hasStream && response.IsSuccessStatusCode);
    }
}

using System.Net.Http.Headers;

namespace Harness.Mcp.Proxy.Backends.OAuth;

/// <summary>
/// Puts the proxy's token on each request to a backend, and answers what the backend asks for instead. A request that was refused for want of a
/// token was not carried out, so it is sent once more; where no token is to be had, the refusal stands.
/// </summary>
internal sealed class AuthorizationHandler(BackendAuthorization authorization, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>Why no token was to be had, beside the refusal.</summary>
    public static readonly HttpRequestOptionsKey<string> Reason = new("harness.oauth.reason");

    /// <summary>A first token, and one with more rights.</summary>
    private const int AnswersMax = 2;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // INVARIANT: a token leaves for its backend alone.
        if (!authorization.IsFor(request.RequestUri))
            return await base.SendAsync(request, cancellationToken);
        var token = authorization.Current;
        for (var answers = 0; ; answers++)
        {
            request.Headers.Authorization = token is { } held ? new AuthenticationHeaderValue("Bearer", held.Value) : null;
            var response = await base.SendAsync(request, cancellationToken);
            if (Challenge.Of(response) is not { } challenge || answers == AnswersMax)
                return response;
            try
            {
                token = await authorization.AnswerAsync(challenge, token, cancellationToken);
            }
            catch (OAuthException failure)
            {
                request.Options.Set(Reason, failure.Message);
                response.RequestMessage = request;
                return response;
            }

            response.Dispose();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            authorization.Dispose();
        base.Dispose(disposing);
    }
}

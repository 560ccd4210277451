using System.Net;
using Harness.Mcp.Proxy.Backends.OAuth;

namespace Harness.Mcp.ConformanceClient;

/// <summary>Signs in where nobody needs to be asked: the suite's authorization servers send the browser back at once.</summary>
internal sealed class RedirectFollower : ISignIn
{
    public Uri Redirect { get; } = new("http://127.0.0.1:49152/callback");

    public async Task<Uri> SignInAsync(Uri authorization, CancellationToken cancellationToken)
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var browser = new HttpClient(handler);
        using var answer = await browser.GetAsync(authorization, cancellationToken);
        return answer.StatusCode == HttpStatusCode.Redirect && answer.Headers.Location is { } back
            ? back
            : throw new InvalidOperationException($"The authorization server answered {answer.StatusCode}.");
    }
}

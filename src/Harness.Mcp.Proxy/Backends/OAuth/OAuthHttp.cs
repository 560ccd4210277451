using System.Net;
using System.Text.Json;
using Harness.Mcp.Proxy.Backends.OpenApi;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.OAuth;

/// <summary>
/// Requests to authorization servers and for metadata: bounded in size and time, without redirects, and only to hosts that the owner named or that
/// are public. Plain http is for this machine alone.
/// </summary>
internal sealed class OAuthHttp : IDisposable
{
    private const int BodyBytesMax = 256 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    private readonly HttpMessageInvoker _client;
    private readonly TimeSpan _limit;
    private readonly TimeProvider _time;

    /// <param name="named">The hosts that the owner wrote down.</param>
    /// <param name="limit">Longest time for one request.</param>
    /// <param name="forward">The forward proxy that requests go by; null for none.</param>
    public OAuthHttp(IReadOnlySet<string> named, TimeSpan limit, TimeProvider time, IWebProxy? forward = null)
    {
        _client = HttpWire.NewClient(EgressGuard.NewHandler(named, limit, forward));
        _limit = limit;
        _time = time;
    }

    /// <summary>The object at an address; null where there is none (404 or the like).</summary>
    /// <exception cref="OAuthException">It cannot be had.</exception>
    public async Task<JsonElement?> GetAsync(Uri address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        var (status, body) = await SendAsync(request, cancellationToken);
        return status switch
        {
            HttpStatusCode.OK => body ?? throw new OAuthException($"`{Shown(address)}` does not answer with a JSON object."),
            HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.Gone or HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => null,
            _ => throw new OAuthException($"`{Shown(address)}` answers with HTTP {(int)status}."),
        };
    }

    /// <summary>Status and object of the answer; the object is null where the body is none.</summary>
    /// <exception cref="OAuthException">There is no answer.</exception>
    public async Task<(HttpStatusCode Status, JsonElement? Body)> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var address = request.RequestUri ?? throw new ArgumentException("The request has no address.", nameof(request));
        if (!IsSafe(address))
            throw new OAuthException($"`{Shown(address)}` is no https address.");
        using var patience = new CancellationTokenSource(_limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            using var response = await _client.SendAsync(request, either.Token);
            await using var stream = await response.Content.ReadAsStreamAsync(either.Token);
            return (response.StatusCode, ToObject(await BoundedBody.ReadAsync(stream, response.Content.Headers.ContentLength, BodyBytesMax, either.Token)));
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new OAuthException($"`{Shown(address)}` cannot be reached or read.");
        }
    }

    /// <summary>https, or plain http on this machine.</summary>
    public static bool IsSafe(Uri address) => address.UserInfo.Length == 0 && (address.Scheme == "https" || (address.Scheme == "http" && address.IsLoopback));

    public static string Shown(Uri address) => VisibleText.Escape(address.GetLeftPart(UriPartial.Path));

    public void Dispose() => _client.Dispose();

    private static JsonElement? ToObject(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(WholeCharacters.Of(body), Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

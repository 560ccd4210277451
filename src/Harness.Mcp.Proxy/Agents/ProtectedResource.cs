using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Harness.Mcp.Proxy.Agents;

/// <summary>What a client must know to get a token for an endpoint: the metadata of RFC 9728, and the challenge that points to it.</summary>
internal sealed class ProtectedResource(IOptions<AgentAuthenticationOptions> options)
{
    public const string WellKnown = "/.well-known/oauth-protected-resource";

    private readonly AgentAuthenticationOptions _options = options.Value;

    /// <summary>The metadata of the endpoint at a path; null for a path that is no agent endpoint.</summary>
    public object? Metadata(HttpRequest request, string path) => !IsEndpoint(path) ? null : new
    {
        resource = Url(request, path),
        authorization_servers = new[] { _options.Issuer },
        scopes_supported = Scopes,
        bearer_methods_supported = new[] { "header" },
    };

    /// <param name="error">Null where no token was sent: RFC 6750 wants no error code then.</param>
    /// <param name="description">What was wrong, in ASCII without quotes.</param>
    public string Challenge(HttpRequest request, string? error = null, string? description = null)
    {
        var challenge = $"Bearer resource_metadata=\"{Url(request, WellKnown + EndpointPath(request))}\", scope=\"{_options.Scope}\"";
        if (error is not null)
            challenge += $", error=\"{error}\"";
        return description is null ? challenge : challenge + $", error_description=\"{description}\"";
    }

    /// <summary>
    /// The URL of the endpoint a request is sent to, as RFC 8707 audience; null where no public address is configured, since the request's
    /// own `Host` header proves nothing.
    /// </summary>
    public string? Audience(HttpRequest request) => _options.PublicUrl is null ? null : Url(request, EndpointPath(request));

    /// <summary>Whether an audience could be that of one of our endpoints.</summary>
    public bool CouldBeAudience(string audience) =>
        _options.PublicUrl is { } url && audience.StartsWith(url.TrimEnd('/') + "/", StringComparison.Ordinal);

    private string[] Scopes => _options.Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private string Url(HttpRequest request, string path) =>
        (_options.PublicUrl?.TrimEnd('/') ?? $"{request.Scheme}://{request.Host.ToUriComponent()}") + path;

    private static string EndpointPath(HttpRequest request) => IsEndpoint(request.Path.Value ?? "") ? request.Path.ToUriComponent() : "";

    // `/mcp`, `/m/{mission}/mcp`, and the root for clients that look there.
    private static bool IsEndpoint(string path) =>
        path is "" or "/mcp" || (path.Split('/') is ["", "m", { Length: > 0 and <= 64 } mission, "mcp"] && mission.All(c => char.IsAsciiLetterOrDigit(c) || c is '-'));
}

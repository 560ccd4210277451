using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// Refuses requests that a web page could have made a browser send: those addressed to a foreign host name (DNS rebinding) or
/// coming from a foreign origin.
/// </summary>
internal sealed class HostGuard
{
    private static readonly string[] Loopback = ["localhost", "127.0.0.1", "[::1]"];

    private readonly HashSet<string> _hosts;
    private readonly HashSet<string> _origins;

    // Nearly all requests name the same host, whose name is then not read out of its header again.
    private volatile string? _allowedBefore;

    public HostGuard(IOptions<WireOptions> options)
    {
        var settings = options.Value;
        _hosts = new(settings.AllowedHosts.Count > 0 ? settings.AllowedHosts : Loopback, StringComparer.OrdinalIgnoreCase);
        _origins = new(settings.AllowedOrigins, StringComparer.OrdinalIgnoreCase);
    }

    public WireError? Check(HttpRequest request)
    {
        if (!IsAllowed(request.Host))
        {
            return new WireError(
                StatusCodes.Status403Forbidden,
                WireError.InvalidRequest,
                $"Host `{WireError.Quote(request.Host.Host)}` is not served here: use one of {string.Join(", ", _hosts)}, or add it to Wire:AllowedHosts.");
        }

        var origins = request.Headers.Origin;
        if (origins.Count == 0 || (origins.Count == 1 && IsAllowed(origins[0] ?? ""))) return null;

        return new WireError(
            StatusCodes.Status403Forbidden,
            WireError.InvalidRequest,
            $"Origin `{WireError.Quote(origins.ToString())}` may not call this endpoint: add it to Wire:AllowedOrigins if it is yours.");
    }

    private bool IsAllowed(HostString host)
    {
        if (host.Value is { } written && string.Equals(written, _allowedBefore, StringComparison.Ordinal)) return true;
        if (!_hosts.Contains(host.Host)) return false;
        _allowedBefore = host.Value;
        return true;
    }

    private bool IsAllowed(string origin) =>
        _origins.Contains(origin)
        || (Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            && string.Equals(uri.GetLeftPart(UriPartial.Authority), origin, StringComparison.OrdinalIgnoreCase)
            && _hosts.Contains(uri.Host));
}

using System.Net;
using System.Net.Sockets;
using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Proxy.Backends.Probing;

/// <summary>Why an endpoint over HTTP cannot be used, and what its owner can do.</summary>
internal static class HttpDiagnosis
{
    /// <param name="why">What the wire says of it.</param>
    /// <param name="isSilent">The time was over.</param>
    public static ProbeResult.Failed Of(BackendConnection.Http http, HttpWitness seen, string why, bool isSilent)
    {
        var place = $"{http.Endpoint.Host}:{http.Endpoint.Port}";
        if (isSilent && seen.Status is null)
            return new ProbeResult.Failed(ProbeCause.Silent, why, $"See that `{place}` is the right address and no firewall stands between.");
        if (seen.Failure is { } failure)
            return OfFailure(http, seen, failure, place);

        var status = seen.Status ?? HttpStatusCode.OK;
        var code = (int)status;
        return status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.ProxyAuthenticationRequired => OfCredentials(http, code, why),
            HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.Gone => new(
                ProbeCause.NoEndpoint, $"The server has no MCP endpoint at `{http.Endpoint.AbsolutePath}` (HTTP {code}).", RemedyForPath(http)),
            _ when code is >= 300 and < 400 => OfRedirect(http, seen, code),
            _ when code >= 500 => new(ProbeCause.ServerError, $"The server reports a failure of its own (HTTP {code}).", "Look at the server's log."),
            _ when code == 200 && seen.MediaType is not ("application/json" or "text/event-stream") => new(
                ProbeCause.NotMcp, $"What answers does not speak MCP: it sends `{VisibleText.Escape(seen.MediaType ?? "something without a type")}`.", RemedyForPath(http)),
            _ when isSilent => new(ProbeCause.Silent, why, "Look at the server's log; a longer time can be given by `timeouts.connect`."),
            _ => new(ProbeCause.Protocol, why, http.Form == HttpForm.Sse
                ? "See that `url` is the address of the server's event stream, mostly `/sse`; where it speaks Streamable HTTP, take `transport` away."
                : "See that `url` is the address of a Streamable HTTP endpoint; look for a newer version of the server, or tell its authors."),
        };
    }

    private static ProbeResult.Failed OfFailure(BackendConnection.Http http, HttpWitness seen, HttpRequestException failure, string place)
    {
        if (failure.HttpRequestError == HttpRequestError.NameResolutionError)
            return new(ProbeCause.HostUnknown, $"Nobody knows the host `{VisibleText.Escape(http.Endpoint.Host)}`.", "Look for a slip of the pen in `url`, and see that this machine can look names up.");
        if (failure.HttpRequestError == HttpRequestError.SecureConnectionError || seen.TlsFailure is not null)
            return OfTls(http, seen.TlsFailure ?? failure.Message);
        if (seen.SocketError == SocketError.ConnectionRefused)
            return new(ProbeCause.Unreachable, $"Nothing listens at `{place}`.", "Start the server, or correct host and port in `url`.");
        if (failure.HttpRequestError == HttpRequestError.ConnectionError)
            return new(ProbeCause.Unreachable, $"No connection to `{place}`: {VisibleText.Escape(failure.InnerException?.Message ?? failure.Message)}.", "See that the address is right and no firewall stands between.");
        return new(
            ProbeCause.NotMcp, $"What listens at `{place}` does not speak HTTP as it should: {VisibleText.Escape(failure.Message)}",
            http.Endpoint.Scheme == "http" ? "If it speaks TLS, write `https://`; else correct the port." : "Correct the port.");
    }

    private static ProbeResult.Failed OfTls(BackendConnection.Http http, string why) =>
        why.Contains("frame", StringComparison.OrdinalIgnoreCase) || why.Contains("unexpected EOF", StringComparison.OrdinalIgnoreCase)
            ? new(ProbeCause.Tls, $"What listens at `{http.Endpoint.Host}:{http.Endpoint.Port}` does not speak TLS.", "Correct the port, or write `http://` where the server is on this machine.")
            : new(
                ProbeCause.Tls, $"The server's certificate is not accepted: {VisibleText.Escape(why)}",
                "Write the host as the certificate names it, and have this machine trust the authority that signed it (its system store, or the file that SSL_CERT_FILE names). The check is never left out.");

    private static ProbeResult.Failed OfCredentials(BackendConnection.Http http, int code, string why)
    {
        if (http.OAuth is not null)
            return new(ProbeCause.Credentials, why, "See that `oauth` in its file is what the authorization server knows; where a person must sign in, do it by `harness servers login`.");
        if (http.Headers.IsEmpty)
            return new(
                ProbeCause.Credentials, $"The server wants credentials (HTTP {code}).",
                "Get a token for the proxy, set it as a variable of the proxy's environment, and add \"headers\": { \"Authorization\": \"Bearer ${env:NAME}\" }; where the server takes OAuth tokens, write `oauth` into its file instead.");
        return new(
            ProbeCause.Credentials, $"The server refuses the credentials of the proxy, which it sends as {string.Join(", ", http.Headers.Keys.Order(StringComparer.Ordinal).Select(name => $"`{name}`"))} (HTTP {code}).",
            "See that the variable they come from holds a token that is for this server and has not expired.");
    }

    private static ProbeResult.Failed OfRedirect(BackendConnection.Http http, HttpWitness seen, int code)
    {
        var to = seen.Location is { } location ? VisibleText.Escape(new Uri(http.Endpoint, location).ToString()) : null;
        return new(
            ProbeCause.Redirected, to is null ? $"The server redirects (HTTP {code}), which is never followed." : $"The server redirects to `{to}` (HTTP {code}), which is never followed.",
            "Write the address that answers by itself into `url`; a redirect to a sign-in page means that the server wants credentials.");
    }

    private static string RemedyForPath(BackendConnection.Http http) => (http.Form, http.Endpoint.AbsolutePath) switch
    {
        (HttpForm.Sse, _) => "Over the old transport `sse` the address is that of the server's event stream, mostly `/sse`; where it speaks Streamable HTTP, take `transport` away.",
        (HttpForm.Streamable, var path) when path.EndsWith("/sse", StringComparison.Ordinal) =>
            "Paths that end in `/sse` are mostly of the old HTTP+SSE transport: write \"transport\": \"sse\" (deprecated), or the server's Streamable HTTP endpoint, mostly `/mcp`.",
        (_, "/") => "Write the whole address with its path, mostly `/mcp`.",
        _ => "Look the path up in the server's documentation; mostly it is `/mcp`.",
    };
}

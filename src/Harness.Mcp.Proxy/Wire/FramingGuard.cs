using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Harness.Mcp.Proxy.Wire;

/// <summary>
/// Refuses HTTP/1.1 requests whose end two readers could see in different places, by which a request can be hidden in another one's body behind
/// a server in front. The HTTP server refuses most of them; here is what it is lenient about.
/// </summary>
internal static class FramingGuard
{
    /// <summary>Where the server puts a length that came beside a transfer encoding.</summary>
    private const string OtherLength = "X-Content-Length";

    /// <summary>Lines end in CR LF, and a length is digits alone.</summary>
    public static void Apply(KestrelServerOptions kestrel)
    {
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);

        kestrel.RequestHeaderEncodingSelector = static name => name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase) ? DigitsEncoding.Instance : null!;
    }

    public static WireError? Check(HttpContext http)
    {
        var encoding = http.Request.Headers.TransferEncoding;
        if (encoding.Count == 0) return null;
        if (encoding.Count == 1 && string.Equals(encoding[0], "chunked", StringComparison.OrdinalIgnoreCase) && !http.Request.Headers.ContainsKey(OtherLength)) return null;

        http.Response.Headers.Connection = "close";
        return WireError.Malformed("Where the body ends is not clear: send either Content-Length or `Transfer-Encoding: chunked`, and no other encoding.");
    }
}

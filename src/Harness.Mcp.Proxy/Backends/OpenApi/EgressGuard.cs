using System.Net;
using System.Net.Sockets;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.OpenApi;

/// <summary>
/// Connects to hosts that the backend's owner names, wherever they are, and to others only where they are public: a document must not
/// point the proxy at its own machine or network. What counts is the address that the name leads to at that moment, and no other is used.
/// </summary>
internal static class EgressGuard
{
    /// <param name="named">Hosts that the owner wrote down, in lower case.</param>
    /// <param name="forward">The forward proxy that requests go by; null for none.</param>
    public static HttpMessageHandler NewHandler(IReadOnlySet<string> named, TimeSpan connectLimit, IWebProxy? forward = null)
    {
        var handler = HttpWire.NewHandler(connectLimit, forward);
        handler.ConnectCallback = async (context, cancellationToken) =>
        {
            var host = context.DnsEndPoint.Host.ToLowerInvariant().Trim('[', ']');
            var all = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken);
            IPAddress[] allowed = named.Contains(host) || context.InitialRequestMessage.RequestUri is { } address && ByProxy(forward, address) ? all : [.. all.Where(IsPublic)];
            if (allowed.Length == 0)
                throw new HttpRequestException(HttpRequestError.ConnectionError, "The document's server is not a public address, and its owner names it nowhere.");
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(allowed, context.DnsEndPoint.Port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        };

        return forward is null ? handler : new NamedHostsAlone(handler, named, forward);
    }

    private static bool ByProxy(IWebProxy? forward, Uri address) => forward?.IsBypassed(address) == false && forward.GetProxy(address) is { } by && by != address;

    /// <summary>Whether an address is reached over the public network: not this machine, not a private, local, shared or reserved range.</summary>
    public static bool IsPublic(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return IsPublic(bytes);
        if (address.IsIPv4MappedToIPv6 || bytes.AsSpan(0, 12).SequenceEqual((ReadOnlySpan<byte>)[0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0]))
            return IsPublic(bytes.AsSpan(12)); // ::ffff:a.b.c.d and 64:ff9b::a.b.c.d
        if (bytes is [0x20, 0x02, ..])
            return IsPublic(bytes.AsSpan(2, 4)); // 6to4

        // Of IPv6 only global unicast (2000::/3) is public, without the ranges for protocols and documents.
        return (bytes[0] & 0xE0) == 0x20 && bytes is not [0x20, 0x01, < 0x02, ..] and not [0x20, 0x01, 0x0d, 0xb8, ..] and not [0x3f, 0xff, ..];
    }

    private static bool IsPublic(ReadOnlySpan<byte> address) => address switch
    {
        [0 or 10 or 127, ..] => false,
        [100, >= 64 and < 128, ..] => false,
        [169, 254, ..] => false,
        [172, >= 16 and < 32, ..] => false,
        [192, 168, ..] or [192, 0, 0, ..] or [192, 0, 2, ..] or [192, 88, 99, ..] => false,
        [198, 18 or 19, ..] or [198, 51, 100, ..] or [203, 0, 113, ..] => false,
        [>= 224, ..] => false,
        _ => true,
    };

    /// <summary>A forward proxy looks names up itself, where nothing can be checked: so only hosts that the owner wrote down are reached by it.</summary>
    private sealed class NamedHostsAlone(HttpMessageHandler inner, IReadOnlySet<string> named, IWebProxy forward) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            request.RequestUri is { } address && ByProxy(forward, address) && !named.Contains(address.Host.ToLowerInvariant().Trim('[', ']'))
                ? throw new HttpRequestException(HttpRequestError.ConnectionError, "By a forward proxy only hosts are reached that the backend's owner names.")
                : base.SendAsync(request, cancellationToken);
    }
}

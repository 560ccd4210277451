using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Wire;

namespace Harness.Mcp.Proxy.Backends.OAuth;

/// <summary>Puts the proxy's access tokens before what carries requests to a backend.</summary>
/// <param name="StateFolder">Where registrations and what a person's sign-in gave are kept.</param>
/// <param name="SignIn">Brings a person to sign in; null where nobody can be asked.</param>
internal sealed record BackendClients(string StateFolder, TimeProvider Time, ISignIn? SignIn = null)
{
    /// <summary>A client for a backend, over <paramref name="inner"/>.</summary>
    public HttpMessageInvoker New(BackendConfig config, HttpMessageHandler inner) =>
        HttpWire.NewClient(Access(config) is { } access ? new AuthorizationHandler(access, inner) : inner);

    /// <summary>The proxy's access to a backend; null where its file has no `oauth`.</summary>
    public BackendAuthorization? Access(BackendConfig config) => config.Connection switch
    {
        BackendConnection.Http { OAuth: { } terms } http => For(config.Id, http.Endpoint, terms, config.Limits),
        BackendConnection.OpenApi { OAuth: { } terms, Base: { } under } => For(config.Id, under, terms, config.Limits),
        _ => null,
    };

    private BackendAuthorization For(BackendId backend, Uri endpoint, OAuthTerms terms, BackendLimits limits)
    {
        var named = new HashSet<string>(StringComparer.Ordinal) { HostOf(endpoint) };
        if (terms.Issuer is { } issuer)
            named.Add(HostOf(new Uri(issuer)));
        return new BackendAuthorization(backend, endpoint, terms, new OAuthStateFile(StateFolder, backend.Value), new OAuthHttp(named, limits.Connect, Time), Time, SignIn);
    }

    private static string HostOf(Uri address) => address.Host.ToLowerInvariant().Trim('[', ']');
}

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
        BackendConnection.Http { OAuth: { } terms } http => For(config, http.Endpoint, terms),
        BackendConnection.OpenApi { OAuth: { } terms, Base: { } under } => For(config, under, terms),
        _ => null,
    };

    private BackendAuthorization For(BackendConfig config, Uri endpoint, OAuthTerms terms)
    {
        var named = new HashSet<string>(StringComparer.Ordinal) { HostOf(endpoint) };
        if (terms.Issuer is { } issuer)
            named.Add(HostOf(new Uri(issuer)));
        var http = new OAuthHttp(named, config.Limits.Connect, Time, config.Connection.ForwardProxy);
        return new BackendAuthorization(config.Id, endpoint, terms, new OAuthStateFile(StateFolder, config.Id.Value), http, Time, SignIn);
    }

    private static string HostOf(Uri address) => address.Host.ToLowerInvariant().Trim('[', ']');
}

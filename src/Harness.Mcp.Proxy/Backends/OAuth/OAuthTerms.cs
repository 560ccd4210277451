using System.Collections.Immutable;
using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Proxy.Backends.OAuth;

/// <summary>How the proxy comes to a token.</summary>
internal enum OAuthGrant
{
    /// <summary>By its own credentials; no person takes part.</summary>
    ClientCredentials,

    /// <summary>A person signs in once (`harness servers login`), and the proxy renews the token from then on.</summary>
    AuthorizationCode,
}

/// <summary>How the proxy gets access tokens for a backend, as its owner says.</summary>
/// <param name="ClientId">As the authorization server knows the proxy: an id, or the https address of a client ID metadata document. Null where the proxy registers itself.</param>
/// <param name="Issuer">The one authorization server that may see the credentials; null where they can be shown to any, since each gets its own.</param>
/// <param name="Scopes">Asked for beside what the backend asks for.</param>
/// <param name="MayRegister">The proxy may register itself (dynamic client registration).</param>
internal sealed record OAuthTerms(
    OAuthGrant Grant, string? ClientId, Secret? ClientSecret, Secret? PrivateKey, string? Issuer, ImmutableArray<string> Scopes, bool MayRegister)
{
    /// <summary>Whether the client id is the address of a document that describes the client.</summary>
    public bool HasMetadataDocument => ClientId is not null && ClientId.StartsWith("https://", StringComparison.Ordinal);
}

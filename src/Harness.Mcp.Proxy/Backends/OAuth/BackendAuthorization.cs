using System.Collections.Immutable;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Proxy.Backends.OAuth;

/// <summary>The proxy's access to one backend: its token, kept in memory, and how a new one is had. Tokens are never logged, and leave for the backend alone.</summary>
/// <param name="signIn">Brings a person to sign in; null where nobody can be asked.</param>
internal sealed class BackendAuthorization(
    BackendId backend, Uri endpoint, OAuthTerms terms, OAuthStateFile file, OAuthHttp http, TimeProvider time, ISignIn? signIn) : IDisposable
{
    /// <summary>A token is renewed when this much of its life is left.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(30);

    /// <summary>Where the browser would come back to, for a registration that nobody signs in by.</summary>
    private static readonly Uri NoRedirect = new("http://127.0.0.1/callback");

    private readonly SemaphoreSlim _asking = new(1);
    private readonly OAuthDiscovery _discovery = new(endpoint, http);
    private readonly OAuthClients _clients = new(terms, http);
    private readonly TokenEndpoint _tokens = new(terms, http, time);
    private Held? _held;

    /// <summary>The token at hand; null where there is none that lasts.</summary>
    public Secret? Current => Volatile.Read(ref _held) is { } held && (held.Token.Expires is not { } expires || time.GetUtcNow() < expires - Margin) ? held.Token.Access : null;

    /// <summary>Whether an address is of the backend's own origin.</summary>
    public bool IsFor(Uri? address) => address is not null && address.Scheme == endpoint.Scheme && address.Authority == endpoint.Authority;

    /// <summary>Gets a token that the backend may take.</summary>
    /// <param name="refused">The token that it refused; null for none.</param>
    /// <exception cref="OAuthException">There is none; the message says what to do.</exception>
    public async Task<Secret> AnswerAsync(Challenge challenge, Secret? refused, CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken);
        try
        {
            if (!challenge.IsForRights && Current is { } newer && newer != refused)
                return newer;
            var held = _held;
            var asked = held?.Asked ?? [];
            if (challenge.IsForRights && challenge.Scopes.All(scope => asked.Contains(scope)))
                throw new OAuthException("The backend wants rights that were asked for already and are not given.");

            var resource = await _discovery.ResourceAsync(challenge.Metadata, cancellationToken);
            var issuer = IssuerOf(resource);
            var server = await _discovery.ServerAsync(issuer, cancellationToken);
            var isSame = held?.Issuer == issuer;
            var wanted = Scope.Union(isSame ? asked : [], terms.Scopes, challenge.Scopes.IsEmpty ? resource.Scopes : challenge.Scopes);
            var token = await GetAsync(server, resource, challenge, refused, wanted, isSignIn: false, cancellationToken);
            Volatile.Write(ref _held, new Held(issuer, token, wanted));
            return token.Access;
        }
        finally
        {
            _asking.Release();
        }
    }

    /// <summary>Lets a person sign in, whether or not the backend refused anything yet.</summary>
    /// <returns>The issuer, and the scopes that were given.</returns>
    /// <exception cref="OAuthException">It came to nothing; the message says why.</exception>
    public async Task<(string Issuer, ImmutableArray<string> Scopes)> SignInAsync(CancellationToken cancellationToken)
    {
        var state = file.Read();
        var challenge = new Challenge(true, state.WantedScopes, state.Metadata);
        var resource = await _discovery.ResourceAsync(state.Metadata, cancellationToken);
        var server = await _discovery.ServerAsync(IssuerOf(resource), cancellationToken);
        var wanted = Scope.Union(terms.Scopes, challenge.Scopes.IsEmpty ? resource.Scopes : challenge.Scopes);
        var token = await GetAsync(server, resource, challenge, null, wanted, isSignIn: true, cancellationToken);
        return (server.Issuer, token.Scopes);
    }

    public void Dispose()
    {
        _asking.Dispose();
        http.Dispose();
    }

    /// <summary>The authorization server that may be asked: what a backend says must not choose who sees our credentials.</summary>
    private string IssuerOf(ProtectedResource resource) => terms.Issuer is not { } named
        ? resource.Issuers[0]
        : resource.Issuers.Contains(named, StringComparer.Ordinal)
            ? named
            : throw new OAuthException($"The backend wants tokens of `{VisibleText.Escape(resource.Issuers[0])}`, and its owner's file names the issuer `{VisibleText.Escape(named)}`.");

    private async Task<OAuthToken> GetAsync(
        AuthorizationServer server,
        ProtectedResource resource,
        Challenge challenge,
        Secret? refused,
        ImmutableArray<string> wanted,
        bool isSignIn,
        CancellationToken cancellationToken)
    {
        var state = file.Read();
        var known = state.Issuers.GetValueOrDefault(server.Issuer);
        var registered = known is { ClientId: { } id, Method: { } method } ? new OAuthClient(id, known.ClientSecret is { } secret ? new Secret(secret) : null, method) : null;
        if (terms.Grant == OAuthGrant.ClientCredentials)
        {
            var own = await _clients.AtAsync(server, registered, NoRedirect, cancellationToken);
            var form = new Dictionary<string, string>(StringComparer.Ordinal) { ["grant_type"] = "client_credentials" };
            var token = await _tokens.AskAsync(server, own, resource.Resource, WithScopes(form, wanted), wanted, cancellationToken);
            Keep(state, server, own, token, null, wanted);
            return token;
        }

        if (!isSignIn && KeptOf(known, refused, wanted) is { } kept)
            return kept;
        if (!isSignIn && known?.RefreshToken is { } renewing && wanted.All(known.Scopes.Contains)
            && await TryRenewAsync(server, await _clients.AtAsync(server, registered, NoRedirect, cancellationToken), resource, renewing, known.Scopes, state, cancellationToken) is { } renewed)
            return renewed;

        // A token that lasts is only asked for where the server offers it.
        var scopes = server.Scopes.Contains("offline_access")
            ? Scope.Union(wanted, known?.Scopes ?? [], state.WantedScopes, ["offline_access"])
            : [.. Scope.Union(wanted, known?.Scopes ?? [], state.WantedScopes).Where(scope => scope != "offline_access")];
        if (signIn is null)
        {
            file.Write(state with { WantedScopes = scopes, Metadata = challenge.Metadata });
            throw new OAuthException($"A person must sign in: `harness servers login {backend}`.");
        }

        var client = await _clients.AtAsync(server, registered, signIn.Redirect, cancellationToken);
        var code = await new AuthorizationCode(server, client, resource.Resource, scopes).RunAsync(signIn, cancellationToken);
        var issued = await _tokens.AskAsync(server, client, resource.Resource, code, scopes, cancellationToken);
        Keep(state with { WantedScopes = [], Metadata = null }, server, client, issued, issued.Refresh?.Value, scopes);
        return issued;
    }

    /// <summary>The token that an earlier sign-in gave, where it lasts, reaches, and was not just refused.</summary>
    private OAuthToken? KeptOf(IssuerState? known, Secret? refused, ImmutableArray<string> wanted) =>
        known is { AccessToken: { } access } && access != refused?.Value && wanted.All(known.Scopes.Contains) && (known.Expires is not { } expires || time.GetUtcNow() < expires - Margin)
            ? new OAuthToken(new Secret(access), null, known.Expires, known.Scopes)
            : null;

    private async Task<OAuthToken?> TryRenewAsync(
        AuthorizationServer server, OAuthClient client, ProtectedResource resource, string refresh, ImmutableArray<string> scopes, OAuthState state, CancellationToken cancellationToken)
    {
        try
        {
            var form = new Dictionary<string, string>(StringComparer.Ordinal) { ["grant_type"] = "refresh_token", ["refresh_token"] = refresh };
            var token = await _tokens.AskAsync(server, client, resource.Resource, form, scopes, cancellationToken);
            Keep(state, server, client, token, token.Refresh?.Value ?? refresh, scopes);
            return token;
        }
        catch (OAuthException)
        {
            return null; // It was taken back or has expired: a person signs in again.
        }
    }

    /// <summary>Keeps what cannot be had again without a person, and a registration. Credentials that stand in the environment are not copied.</summary>
    private void Keep(OAuthState state, AuthorizationServer server, OAuthClient client, OAuthToken token, string? refresh, ImmutableArray<string> scopes)
    {
        var isOurs = terms.ClientId == client.Id;
        if (isOurs && terms.Grant == OAuthGrant.ClientCredentials)
            return;
        var isOfPerson = terms.Grant == OAuthGrant.AuthorizationCode;
        file.Write(state with
        {
            Issuers = state.Issuers.SetItem(server.Issuer, new IssuerState(
                client.Id, isOurs ? null : client.Secret?.Value, client.Method, isOfPerson ? token.Access.Value : null, isOfPerson ? token.Expires : null, refresh, scopes)),
        });
    }

    private static Dictionary<string, string> WithScopes(Dictionary<string, string> form, ImmutableArray<string> scopes)
    {
        if (!scopes.IsEmpty)
            form["scope"] = string.Join(' ', scopes);
        return form;
    }

    /// <param name="Asked">Scopes that were asked for: what is challenged later is asked for beside them.</param>
    private sealed record Held(string Issuer, OAuthToken Token, ImmutableArray<string> Asked);
}

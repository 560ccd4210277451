using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;

namespace Harness.Mcp.Proxy.Backends.OAuth;

/// <summary>Brings a person to an authorization server and back.</summary>
internal interface ISignIn
{
    /// <summary>Where the person's browser comes back to: an address of this machine.</summary>
    Uri Redirect { get; }

    /// <summary>The address by which the browser came back, with its query.</summary>
    /// <param name="authorization">Where the person signs in.</param>
    Task<Uri> SignInAsync(Uri authorization, CancellationToken cancellationToken);
}

/// <summary>One sign-in: the authorization code flow with PKCE (S256), a state of its own, and the issuer checked (RFC 9207).</summary>
internal sealed class AuthorizationCode(AuthorizationServer server, OAuthClient client, string resource, ImmutableArray<string> scopes)
{
    private readonly string _verifier = Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(32));
    private readonly string _state = Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(16));

    /// <summary>The form that asks for the token.</summary>
    /// <exception cref="OAuthException">Nobody signed in, or the answer is not this server's.</exception>
    public async Task<Dictionary<string, string>> RunAsync(ISignIn signIn, CancellationToken cancellationToken)
    {
        if (server.Authorization is not { } endpoint)
            throw new OAuthException($"Nobody can sign in at `{VisibleText.Escape(server.Issuer)}`: it has no authorization endpoint.");
        if (!server.ChallengeMethods.Contains("S256"))
            throw new OAuthException($"The authorization server `{VisibleText.Escape(server.Issuer)}` does not say that it checks PKCE by S256, without which a code could be stolen.");

        var answer = Query(await signIn.SignInAsync(Address(endpoint, signIn.Redirect), cancellationToken));
        if (answer.GetValueOrDefault("state") != _state)
            throw new OAuthException("The answer to the sign-in is not for this one (its `state` is another).");
        CheckIssuer(answer.GetValueOrDefault("iss"));
        if (answer.TryGetValue("error", out var error))
            throw new OAuthException($"The sign-in was refused: `{VisibleText.Escape(error)}`.");
        return answer.TryGetValue("code", out var code) && code.Length > 0
            ? new(StringComparer.Ordinal) { ["grant_type"] = "authorization_code", ["code"] = code, ["redirect_uri"] = signIn.Redirect.ToString(), ["code_verifier"] = _verifier }
            : throw new OAuthException("The answer to the sign-in holds no code.");
    }

    /// <summary>Compared as texts, whether or not the server promised to send it: an answer from elsewhere would hand our code to somebody else.</summary>
    private void CheckIssuer(string? issuer)
    {
        if (issuer is null ? server.SendsIssuer : !string.Equals(issuer, server.Issuer, StringComparison.Ordinal))
            throw new OAuthException(issuer is null
                ? "The answer to the sign-in does not name its issuer, though the authorization server promised it."
                : $"The answer to the sign-in comes from another issuer, `{VisibleText.Escape(issuer)}`.");
    }

    private Uri Address(Uri endpoint, Uri redirect)
    {
        var query = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["response_type"] = "code",
            ["client_id"] = client.Id,
            ["redirect_uri"] = redirect.ToString(),
            ["state"] = _state,
            ["code_challenge"] = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(_verifier))),
            ["code_challenge_method"] = "S256",
            ["resource"] = resource,
        };
        if (!scopes.IsEmpty)
            query["scope"] = string.Join(' ', scopes);
        var added = string.Join('&', query.Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value)}"));
        return new UriBuilder(endpoint) { Query = endpoint.Query.Length > 1 ? $"{endpoint.Query[1..]}&{added}" : added }.Uri;
    }

    private static Dictionary<string, string> Query(Uri address)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in address.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = part.Split('=', 2);
            var value = pair.Length == 2 ? Uri.UnescapeDataString(pair[1].Replace('+', ' ')) : "";
            if (!found.TryAdd(Uri.UnescapeDataString(pair[0]), value))
                throw new OAuthException("The answer to the sign-in says something twice.");
        }

        return found;
    }
}

using System.Collections.Immutable;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Harness.Mcp.Proxy.Backends.Configuration;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Harness.Mcp.Proxy.Backends.OAuth;

/// <summary>A token as it was issued.</summary>
/// <param name="Expires">Null where the server does not say it.</param>
internal sealed record OAuthToken(Secret Access, Secret? Refresh, DateTimeOffset? Expires, ImmutableArray<string> Scopes);

/// <summary>Asks an authorization server for tokens.</summary>
internal sealed class TokenEndpoint(OAuthTerms terms, OAuthHttp http, TimeProvider time)
{
    private const int TokenLengthMax = 64 * 1024;

    private static readonly TimeSpan AssertionLife = TimeSpan.FromMinutes(1);

    /// <param name="form">The grant; client and resource are added.</param>
    /// <param name="asked">The scopes that hold where the answer names none.</param>
    /// <exception cref="OAuthException">None was issued.</exception>
    public async Task<OAuthToken> AskAsync(
        AuthorizationServer server, OAuthClient client, string resource, Dictionary<string, string> form, ImmutableArray<string> asked, CancellationToken cancellationToken)
    {
        form["resource"] = resource;
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Token);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        switch (client.Method)
        {
            case "client_secret_basic":
                var pair = $"{Uri.EscapeDataString(client.Id)}:{Uri.EscapeDataString(client.Secret?.Value ?? "")}";
                request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
                break;
            case "private_key_jwt":
                form["client_id"] = client.Id;
                form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                form["client_assertion"] = Assertion(server, client);
                break;
            default:
                form["client_id"] = client.Id;
                if (client is { Method: "client_secret_post", Secret: { } secret })
                    form["client_secret"] = secret.Value;
                break;
        }

        request.Content = new FormUrlEncodedContent(form);
        var (status, body) = await http.SendAsync(request, cancellationToken);
        return (int)status is >= 200 and < 300 && body is { } answer
            ? Read(answer, asked)
            : throw new OAuthException($"The authorization server `{VisibleText.Escape(server.Issuer)}` issued no token (HTTP {(int)status}{ErrorOf(body)}).");
    }

    /// <summary>The server's own error, for people; empty for none.</summary>
    public static string ErrorOf(JsonElement? body)
    {
        if (body is not { } answer || !answer.TryGetProperty("error", out var error) || error.ValueKind != JsonValueKind.String)
            return "";
        var text = VisibleText.Escape(error.GetString() ?? "");
        return $", `{(text.Length > 80 ? text[..80] : text)}`";
    }

    private OAuthToken Read(JsonElement answer, ImmutableArray<string> asked)
    {
        if (Text(answer, "access_token") is not { Length: > 0 and <= TokenLengthMax } access || access.AsSpan().ContainsAnyExceptInRange('!', '~'))
            throw new OAuthException("The authorization server answered without a token that can be sent.");
        if (!string.Equals(Text(answer, "token_type"), "Bearer", StringComparison.OrdinalIgnoreCase))
            throw new OAuthException("The authorization server issued a token of a type that is not spoken here.");
        DateTimeOffset? expires = answer.TryGetProperty("expires_in", out var seconds) && seconds.ValueKind == JsonValueKind.Number && seconds.TryGetDouble(out var life) && life is > 0 and < 1e9
            ? time.GetUtcNow().AddSeconds(life)
            : null;
        return new OAuthToken(
            new Secret(access),
            Text(answer, "refresh_token") is { Length: > 0 and <= TokenLengthMax } refresh ? new Secret(refresh) : null,
            expires,
            Text(answer, "scope") is { } scopes ? Scope.Split(scopes) : asked);
    }

    /// <summary>Says who we are by our key (RFC 7523), to this server alone and for a minute.</summary>
    private string Assertion(AuthorizationServer server, OAuthClient client)
    {
        var key = PrivateKey.Read(terms.PrivateKey?.Value ?? "") ?? throw new OAuthException("`privateKey` is no private key in PEM.");
        using (key.Algorithm)
        {
            var now = time.GetUtcNow().UtcDateTime;
            return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
            {
                Issuer = client.Id,
                Audience = server.Issuer,
                IssuedAt = now,
                NotBefore = now,
                Expires = now + AssertionLife,
                Claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["sub"] = client.Id, ["jti"] = Base64UrlEncoder.Encode(RandomNumberGenerator.GetBytes(16)) },
                SigningCredentials = new SigningCredentials(key.Key, key.Name) { CryptoProviderFactory = new CryptoProviderFactory { CacheSignatureProviders = false } },
            });
        }
    }

    private static string? Text(JsonElement value, string member) =>
        value.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}

/// <summary>A private key in PEM (PKCS#8, PKCS#1 or SEC1), and the algorithm that goes with it.</summary>
internal sealed record PrivateKey(SecurityKey Key, string Name, AsymmetricAlgorithm Algorithm)
{
    /// <summary>Null where it is none.</summary>
    public static PrivateKey? Read(string pem)
    {
        var elliptic = ECDsa.Create();
        try
        {
            elliptic.ImportFromPem(pem);
            var name = elliptic.KeySize switch { 256 => SecurityAlgorithms.EcdsaSha256, 384 => SecurityAlgorithms.EcdsaSha384, _ => SecurityAlgorithms.EcdsaSha512 };
            return new PrivateKey(new ECDsaSecurityKey(elliptic), name, elliptic);
        }
        catch (Exception failure) when (failure is ArgumentException or CryptographicException)
        {
            elliptic.Dispose();
        }

        var rsa = RSA.Create();
        try
        {
            rsa.ImportFromPem(pem);
            return new PrivateKey(new RsaSecurityKey(rsa), SecurityAlgorithms.RsaSha256, rsa);
        }
        catch (Exception failure) when (failure is ArgumentException or CryptographicException)
        {
            rsa.Dispose();
            return null;
        }
    }
}

using System.Net.Http.Json;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using OpenIddict.Abstractions;
using OpenIddict.Server;

namespace Harness.Mcp.Proxy.Tests.Agents;

/// <summary>
/// A real OpenID Connect server (OpenIddict) on loopback. It gives any client a token by client credentials, for the audience asked for as
/// `token_for`, and lends its signing key for tokens that it would never issue itself.
/// </summary>
internal sealed class IdentityProvider : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly RSA _rsa;
    private readonly HttpClient _http = new();

    private IdentityProvider(WebApplication app, RSA rsa)
    {
        _app = app;
        _rsa = rsa;
        Issuer = app.Urls.First() + "/";
    }

    public string Issuer { get; }

    public static async Task<IdentityProvider> StartAsync()
    {
        var rsa = RSA.Create(2048);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddOpenIddict().AddServer(options =>
        {
            options.EnableDegradedMode().SetTokenEndpointUris("token").AllowClientCredentialsFlow();
            options.AddSigningKey(Key(rsa)).AddEphemeralEncryptionKey().DisableAccessTokenEncryption();
            options.UseAspNetCore().DisableTransportSecurityRequirement();
            options.AddEventHandler<OpenIddictServerEvents.ValidateTokenRequestContext>(handler => handler.UseInlineHandler(_ => default));
            options.AddEventHandler<OpenIddictServerEvents.HandleTokenRequestContext>(handler => handler.UseInlineHandler(context =>
            {
                var identity = new ClaimsIdentity("Bearer");
                identity.SetClaim(OpenIddictConstants.Claims.Subject, context.Request.ClientId);
                identity.SetResources((string?)context.Request["token_for"] ?? "");
                context.SignIn(new ClaimsPrincipal(identity));
                return default;
            }));
        });

        var app = builder.Build();
        app.UseAuthentication();
        await app.StartAsync();
        return new IdentityProvider(app, rsa);
    }

    /// <summary>A token as the server issues it.</summary>
    public async Task<string> TokenAsync(string client, string audience)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = client,
            ["client_secret"] = "any",
            ["token_for"] = audience,
        });
        using var answer = await _http.PostAsync(new Uri(Issuer + "token"), form);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return body.TryGetProperty("access_token", out var token) ? token.GetString()! : throw new InvalidOperationException(body.ToString());
    }

    /// <summary>A token signed with the server's key, with one thing as the server would never have it.</summary>
    public string Forged(string client, string audience, string type = "at+jwt", string? issuer = null, bool expires = true, RSA? key = null)
    {
        var descriptor = new SecurityTokenDescriptor
        {
            Issuer = issuer ?? Issuer,
            TokenType = type,
            Claims = new Dictionary<string, object> { ["sub"] = client, ["client_id"] = client, ["aud"] = audience },
            Expires = expires ? DateTime.UtcNow.AddMinutes(5) : null,
            SigningCredentials = new SigningCredentials(Key(key ?? _rsa), SecurityAlgorithms.RsaSha256),
        };
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }

    public string Unsigned(string client, string audience) => Encoded("""{"alg":"none","typ":"at+jwt"}""") + "." + Payload(client, audience) + ".";

    /// <summary>The public key, abused as the secret of a symmetric signature.</summary>
    public string SignedWithThePublicKey(string client, string audience)
    {
        var signed = Encoded("""{"alg":"HS256","typ":"at+jwt","kid":"test"}""") + "." + Payload(client, audience);
        return signed + "." + Base64UrlEncoder.Encode(HMACSHA256.HashData(_rsa.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(signed)));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _http.Dispose();
        _rsa.Dispose();
    }

    private string Payload(string client, string audience) => Encoded(JsonSerializer.Serialize(
        new { iss = Issuer, aud = audience, sub = client, client_id = client, exp = DateTimeOffset.UtcNow.AddMinutes(5).ToUnixTimeSeconds() }));

    private static string Encoded(string json) => Base64UrlEncoder.Encode(json);

    private static RsaSecurityKey Key(RSA rsa) => new(rsa) { KeyId = "test" };
}

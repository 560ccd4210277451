using System.Text.Json;
using System.Text.Json.Nodes;
using Harness.Mcp.Proxy.Backends.Configuration;

namespace Harness.Mcp.Proxy.Backends.OAuth;

/// <summary>The proxy as one authorization server knows it.</summary>
/// <param name="Method">How it proves itself to the token endpoint: `none`, `client_secret_basic`, `client_secret_post` or `private_key_jwt`.</param>
internal sealed record OAuthClient(string Id, Secret? Secret, string Method);

/// <summary>Who the proxy is to an authorization server: registered by hand, by its metadata document, or by itself where its owner lets it.</summary>
internal sealed class OAuthClients(OAuthTerms terms, OAuthHttp http)
{
    private static readonly string[] ByPreference = ["client_secret_basic", "client_secret_post"];

    /// <param name="known">What an earlier registration with this very server gave; null for none.</param>
    /// <exception cref="OAuthException">The server knows no such client.</exception>
    public async Task<OAuthClient> AtAsync(AuthorizationServer server, OAuthClient? known, Uri redirect, CancellationToken cancellationToken)
    {
        if (terms.ClientId is { } id && (!terms.HasMetadataDocument || server.TakesMetadataDocuments))
            return new OAuthClient(id, terms.ClientSecret, MethodOf(server));
        if (!terms.MayRegister)
            throw new OAuthException($"The authorization server `{VisibleText.Escape(server.Issuer)}` takes no client ID metadata document: register the proxy there, and write its `clientId`.");
        return known ?? await RegisterAsync(server, redirect, cancellationToken);
    }

    private string MethodOf(AuthorizationServer server)
    {
        if (terms.PrivateKey is not null)
            return "private_key_jwt";
        if (terms.ClientSecret is null)
            return "none";
        return ByPreference.FirstOrDefault(method => server.AuthMethods.IsEmpty || server.AuthMethods.Contains(method))
            ?? throw new OAuthException($"The authorization server `{VisibleText.Escape(server.Issuer)}` takes no client secret.");
    }

    private async Task<OAuthClient> RegisterAsync(AuthorizationServer server, Uri redirect, CancellationToken cancellationToken)
    {
        if (server.Registration is not { } endpoint)
            throw new OAuthException($"The authorization server `{VisibleText.Escape(server.Issuer)}` registers nobody by itself: register the proxy there, and write its `clientId`.");
        var isInteractive = terms.Grant == OAuthGrant.AuthorizationCode;
        var wanted = isInteractive && (server.AuthMethods.IsEmpty || server.AuthMethods.Contains("none"))
            ? "none"
            : ByPreference.FirstOrDefault(method => server.AuthMethods.IsEmpty || server.AuthMethods.Contains(method)) ?? "client_secret_basic";
        var description = new JsonObject
        {
            ["client_name"] = "Harness.Mcp",
            ["application_type"] = "native",
            ["redirect_uris"] = new JsonArray(redirect.ToString()),
            ["grant_types"] = isInteractive ? new JsonArray("authorization_code", "refresh_token") : new JsonArray("client_credentials"),
            ["token_endpoint_auth_method"] = wanted,
        };
        if (isInteractive)
            description["response_types"] = new JsonArray("code");

        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new StringContent(description.ToJsonString(), System.Text.Encoding.UTF8, "application/json") };
        var (status, body) = await http.SendAsync(request, cancellationToken);
        if ((int)status is < 200 or >= 300 || body is not { } answer || Text(answer, "client_id") is not { Length: > 0 } id)
            throw new OAuthException($"The authorization server `{VisibleText.Escape(server.Issuer)}` did not register the proxy (HTTP {(int)status}{TokenEndpoint.ErrorOf(body)}).");
        var secret = Text(answer, "client_secret");
        var method = Text(answer, "token_endpoint_auth_method") ?? wanted;
        return method is "none" or "client_secret_basic" or "client_secret_post" && (method == "none" || secret is not null)
            ? new OAuthClient(id, secret is null ? null : new Secret(secret), method)
            : throw new OAuthException($"The authorization server `{VisibleText.Escape(server.Issuer)}` registered the proxy with `{VisibleText.Escape(method)}`, which is not spoken here.");
    }

    private static string? Text(JsonElement value, string member) =>
        value.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;
}

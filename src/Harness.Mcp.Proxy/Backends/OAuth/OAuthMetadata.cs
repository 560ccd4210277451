using System.Collections.Immutable;
using System.Text.Json;

namespace Harness.Mcp.Proxy.Backends.OAuth;

/// <summary>What a backend says of itself as a protected resource (RFC 9728).</summary>
/// <param name="Resource">The identifier that tokens are for (RFC 8707).</param>
internal sealed record ProtectedResource(string Resource, ImmutableArray<string> Issuers, ImmutableArray<string> Scopes);

/// <summary>What an authorization server says of itself (RFC 8414, OpenID Connect Discovery).</summary>
internal sealed record AuthorizationServer(
    string Issuer,
    Uri Token,
    Uri? Authorization,
    Uri? Registration,
    ImmutableArray<string> AuthMethods,
    ImmutableArray<string> Scopes,
    ImmutableArray<string> ChallengeMethods,
    bool SendsIssuer,
    bool TakesMetadataDocuments);

/// <summary>Finds out, from a refusal alone, who issues tokens for a backend.</summary>
internal sealed class OAuthDiscovery(Uri endpoint, OAuthHttp http)
{
    /// <exception cref="OAuthException">The backend does not describe itself, or describes another.</exception>
    public async Task<ProtectedResource> ResourceAsync(string? challenged, CancellationToken cancellationToken)
    {
        foreach (var address in ResourceAddresses(challenged))
            if (await http.GetAsync(address, cancellationToken) is { } found)
                return Read(found);
        throw new OAuthException("The backend wants a token and does not say who issues them (it has no protected resource metadata).");
    }

    /// <exception cref="OAuthException">There is no such authorization server, or it calls itself otherwise.</exception>
    public async Task<AuthorizationServer> ServerAsync(string issuer, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(issuer, UriKind.Absolute, out var address) || !OAuthHttp.IsSafe(address) || address.Query.Length > 0 || address.Fragment.Length > 0)
            throw new OAuthException($"The authorization server `{VisibleText.Escape(issuer)}` is no https address.");
        var origin = address.GetLeftPart(UriPartial.Authority);
        var path = address.AbsolutePath.TrimEnd('/');
        string[] places = path.Length == 0
            ? ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"]
            : [$"/.well-known/oauth-authorization-server{path}", $"/.well-known/openid-configuration{path}", $"{path}/.well-known/openid-configuration"];
        foreach (var place in places)
            if (await http.GetAsync(new Uri(origin + place), cancellationToken) is { } found)
                return Read(found, issuer);
        throw new OAuthException($"The authorization server `{VisibleText.Escape(issuer)}` publishes no metadata.");
    }

    private IEnumerable<Uri> ResourceAddresses(string? challenged)
    {
        var origin = endpoint.GetLeftPart(UriPartial.Authority);
        if (challenged is not null)
        {
            // Only the backend itself describes itself: a challenge must not lead elsewhere.
            if (!Uri.TryCreate(challenged, UriKind.Absolute, out var address) || !string.Equals(address.GetLeftPart(UriPartial.Authority), origin, StringComparison.OrdinalIgnoreCase))
                throw new OAuthException($"The backend's challenge points to metadata of another origin: `{VisibleText.Escape(challenged)}`.");
            return [address];
        }

        const string Place = "/.well-known/oauth-protected-resource";
        var path = endpoint.AbsolutePath.TrimEnd('/');
        return path.Length == 0 ? [new Uri(origin + Place)] : [new Uri(origin + Place + path), new Uri(origin + Place)];
    }

    private ProtectedResource Read(JsonElement metadata)
    {
        var resource = Text(metadata, "resource") ?? "";
        if (!Uri.TryCreate(resource, UriKind.Absolute, out var named) || !Covers(named))
            throw new OAuthException($"The backend's metadata is for another resource, `{VisibleText.Escape(resource)}`.");
        var issuers = Texts(metadata, "authorization_servers");
        return issuers.IsEmpty
            ? throw new OAuthException("The backend's metadata names no authorization server.")
            : new ProtectedResource(resource, issuers, Texts(metadata, "scopes_supported"));
    }

    /// <summary>Whether the endpoint is the resource, or lies under it.</summary>
    private bool Covers(Uri resource)
    {
        var (under, path) = (resource.AbsolutePath.TrimEnd('/'), endpoint.AbsolutePath.TrimEnd('/'));
        return string.Equals(resource.GetLeftPart(UriPartial.Authority), endpoint.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase)
            && (string.Equals(under, path, StringComparison.Ordinal) || path.StartsWith(under + "/", StringComparison.Ordinal));
    }

    private static AuthorizationServer Read(JsonElement metadata, string issuer)
    {
        // RFC 8414 section 3.3: compared as texts, character by character.
        if (!string.Equals(Text(metadata, "issuer"), issuer, StringComparison.Ordinal))
            throw new OAuthException($"The metadata of `{VisibleText.Escape(issuer)}` calls itself `{VisibleText.Escape(Text(metadata, "issuer") ?? "")}`.");
        return new AuthorizationServer(
            issuer,
            Place(metadata, "token_endpoint") ?? throw new OAuthException($"The authorization server `{VisibleText.Escape(issuer)}` has no token endpoint."),
            Place(metadata, "authorization_endpoint"),
            Place(metadata, "registration_endpoint"),
            Texts(metadata, "token_endpoint_auth_methods_supported"),
            Texts(metadata, "scopes_supported"),
            Texts(metadata, "code_challenge_methods_supported"),
            IsTrue(metadata, "authorization_response_iss_parameter_supported"),
            IsTrue(metadata, "client_id_metadata_document_supported"));
    }

    private static Uri? Place(JsonElement metadata, string member)
    {
        if (Text(metadata, member) is not { } text)
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var address) && OAuthHttp.IsSafe(address) && address.Fragment.Length == 0
            ? address
            : throw new OAuthException($"The authorization server's `{member}` is no https address.");
    }

    private static string? Text(JsonElement metadata, string member) =>
        metadata.TryGetProperty(member, out var text) && text.ValueKind == JsonValueKind.String ? text.GetString() : null;

    private static bool IsTrue(JsonElement metadata, string member) => metadata.TryGetProperty(member, out var flag) && flag.ValueKind == JsonValueKind.True;

    private static ImmutableArray<string> Texts(JsonElement metadata, string member) =>
        metadata.TryGetProperty(member, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString() ?? "")]
            : [];
}

using Harness.Mcp.Core.Documents;
using Harness.Mcp.Proxy.Backends.OAuth;

namespace Harness.Mcp.Proxy.Backends.Configuration;

/// <summary>Reads how the proxy gets access tokens for a backend.</summary>
internal static class OAuthForm
{
    private const string EnvironmentOnly = "Set a variable of the proxy's environment, and write `${env:NAME}`.";

    /// <summary>Null where the file says nothing of it, or not rightly.</summary>
    public static OAuthTerms? Read(MapReader file, ServersConfigSurroundings surroundings, List<Problem> problems)
    {
        if (file.Map("oauth") is not { } map)
            return null;
        var before = problems.Count;
        var reader = new MapReader(map, "`oauth`", problems);
        var grant = reader.Choice("grant", ("client-credentials", OAuthGrant.ClientCredentials), ("authorization-code", OAuthGrant.AuthorizationCode)) ?? OAuthGrant.ClientCredentials;
        var clientId = Resolved(reader, map, "clientId", surroundings, problems);
        var secret = Secret(reader, map, "clientSecret", surroundings, problems);
        var key = Secret(reader, map, "privateKey", surroundings, problems);
        var issuer = Resolved(reader, map, "issuer", surroundings, problems);
        var scopes = reader.Texts("scopes");
        var mayRegister = reader.Flag("register");
        reader.RefuseUnknown();

        foreach (var scope in scopes)
            if (scope.Text.Length is 0 or > 256 || scope.Text.AsSpan().ContainsAnyExceptInRange('!', '~'))
                problems.Add(new Problem(scope.Position, $"`{scope.Text}` is no scope.", "Write one scope in each text, without spaces."));
        if (issuer is not null && !(Uri.TryCreate(issuer, UriKind.Absolute, out var address) && OAuthHttp.IsSafe(address)))
            problems.Add(new Problem(map["issuer"]!.Position, "`issuer` is no https address.", "Write it exactly as the authorization server does, for example `https://login.corp.example`."));
        if (key is not null && PrivateKey.Read(key.Value.Value) is not { } usable)
            problems.Add(new Problem(map["privateKey"]!.Position, "`privateKey` is no private key in PEM.", "Let the variable hold the whole PEM of an RSA or elliptic curve key."));
        else if (key is not null)
            PrivateKey.Read(key.Value.Value)?.Algorithm.Dispose();

        var terms = new OAuthTerms(grant, clientId, secret, key, issuer, [.. scopes.Select(scope => scope.Text)], mayRegister);
        CheckTogether(terms, map, problems);
        return problems.Count > before ? null : terms;
    }

    private static void CheckTogether(OAuthTerms terms, DocumentNode.Map map, List<Problem> problems)
    {
        if (map["clientId"] is null && !terms.MayRegister)
            problems.Add(new Problem(map.Position, "`oauth` has no `clientId`.", "Register the proxy with the authorization server, and write its id; or write \"register\": true, to let it register itself."));
        if (terms.ClientSecret is not null && terms.PrivateKey is not null)
            problems.Add(new Problem(map["privateKey"]!.Position, "Both `clientSecret` and `privateKey` stand here.", "Keep the one that the authorization server knows."));
        if (terms.ClientSecret is not null && terms.HasMetadataDocument)
            problems.Add(new Problem(map["clientSecret"]!.Position, "A client that its metadata document describes has no secret.", "Remove it, or write the id of a registered client."));
        if (terms.ClientSecret is not null && map["issuer"] is null)
            problems.Add(new Problem(map["clientSecret"]!.Position, "`clientSecret` needs `issuer`: a backend must not choose who is shown the secret.", "Name the authorization server that issued it."));
        if (terms is { Grant: OAuthGrant.ClientCredentials, ClientSecret: null, PrivateKey: null, MayRegister: false } && map["clientSecret"] is null && map["privateKey"] is null && map["clientId"] is not null)
            problems.Add(new Problem(map.Position, "Without a person, `oauth` needs credentials of the proxy.", "Write `clientSecret` or `privateKey`, or \"grant\": \"authorization-code\" and let somebody sign in by `harness servers login`."));
    }

    private static string? Resolved(MapReader reader, DocumentNode.Map map, string key, ServersConfigSurroundings surroundings, List<Problem> problems) =>
        reader.RequiredWhereGiven(key) is { } text
            ? EnvironmentReferences.Resolve(new DocumentNode.Scalar(map[key]!.Position, text, ScalarKind.String), ReferenceStyle.Own, surroundings, problems)
            : null;

    private static Secret? Secret(MapReader reader, DocumentNode.Map map, string key, ServersConfigSurroundings surroundings, List<Problem> problems)
    {
        if (reader.RequiredWhereGiven(key) is not { } text)
            return null;
        var at = map[key]!.Position;
        if (!text.StartsWith("${env:", StringComparison.Ordinal) || !text.EndsWith('}'))
        {
            problems.Add(new Problem(at, $"`{key}` must come from the environment: the file is for a team to read.", EnvironmentOnly));
            return null;
        }

        var value = EnvironmentReferences.Resolve(new DocumentNode.Scalar(at, text, ScalarKind.String), ReferenceStyle.Own, surroundings, problems);
        return value is null ? null : new Secret(value);
    }
}

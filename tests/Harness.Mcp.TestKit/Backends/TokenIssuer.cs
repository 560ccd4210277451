using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Harness.Mcp.TestKit.Backends;

/// <summary>
/// An authorization server beside the service that it protects, on one origin: it describes itself, sends browsers back at once, and issues tokens for
/// what is asked. A test can let tokens end, and ask for more scopes.
/// </summary>
public sealed class TokenIssuer
{
    private static readonly string[] First = ["read"];
    private static readonly string[] All = ["read", "write", "offline_access"];
    private static readonly string[] Challenges = ["S256"];

    private readonly ConcurrentQueue<IReadOnlyDictionary<string, string>> _asked = new();
    private readonly ConcurrentDictionary<string, string[]> _tokens = new();
    private int _last;

    /// <summary>The forms that came to the token endpoint, with the `Authorization` header beside them.</summary>
    public ImmutableArray<IReadOnlyDictionary<string, string>> Asked => [.. _asked];

    /// <summary>How long tokens last.</summary>
    public int SecondsOfLife { get; set; } = 3600;

    /// <summary>The scope that requests of a method need, beside `read`.</summary>
    public (string Method, string Scope)? Needs { get; set; }

    /// <summary>Ends every token that was issued.</summary>
    public void Revoke() => _tokens.Clear();

    internal void Map(WebApplication app)
    {
        app.Use(async (context, next) =>
        {
            if (!context.Request.Path.StartsWithSegments("/contacts", StringComparison.Ordinal) || Allows(context))
                await next(context);
        });
        app.MapGet("/.well-known/oauth-protected-resource", (HttpRequest request) => Results.Json(new { resource = Root(request), authorization_servers = new[] { Root(request) }, scopes_supported = First })).ExcludeFromDescription();
        app.MapGet("/.well-known/oauth-authorization-server", (HttpRequest request) => Results.Json(new
        {
            issuer = Root(request),
            token_endpoint = Root(request) + "/token",
            authorization_endpoint = Root(request) + "/authorize",
            code_challenge_methods_supported = Challenges,
            authorization_response_iss_parameter_supported = true,
            scopes_supported = All,
        })).ExcludeFromDescription();
        app.MapGet("/authorize", (HttpRequest request) => Results.Redirect(
            $"{request.Query["redirect_uri"]}?code={Uri.EscapeDataString(request.Query["scope"].ToString())}&state={request.Query["state"]}&iss={Uri.EscapeDataString(Root(request))}")).ExcludeFromDescription();
        app.MapPost("/token", IssueAsync).ExcludeFromDescription();
    }

    private static string Root(HttpRequest request) => $"{request.Scheme}://{request.Host}";

    private async Task<IResult> IssueAsync(HttpRequest request)
    {
        var form = (await request.ReadFormAsync()).ToDictionary(field => field.Key, field => field.Value.ToString());
        _asked.Enqueue(new Dictionary<string, string>(form) { ["Authorization"] = request.Headers.Authorization.ToString() });
        var token = $"token-{Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture)}";

        // The code is what was asked for, and what renews a token is too.
        var scopes = form["grant_type"] switch { "authorization_code" => form["code"], "refresh_token" => form["refresh_token"], _ => form.GetValueOrDefault("scope", "") };
        _tokens[token] = scopes.Split(' ');
        return Results.Json(new { access_token = token, token_type = "bearer", expires_in = SecondsOfLife, refresh_token = form["grant_type"] == "client_credentials" ? null : scopes });
    }

    private bool Allows(HttpContext context)
    {
        var given = context.Request.Headers.Authorization.ToString();
        if (!given.StartsWith("Bearer ", StringComparison.Ordinal) || !_tokens.TryGetValue(given["Bearer ".Length..], out var scopes))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = $"Bearer resource_metadata=\"{Root(context.Request)}/.well-known/oauth-protected-resource\"";
            return false;
        }

        if (Needs is not { } needed || needed.Method != context.Request.Method || scopes.Contains(needed.Scope))
            return true;
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        context.Response.Headers.WWWAuthenticate = $"Bearer error=\"insufficient_scope\", scope=\"{needed.Scope}\"";
        return false;
    }
}

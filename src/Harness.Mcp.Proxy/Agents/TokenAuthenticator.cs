using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Harness.Mcp.Proxy.Agents;

/// <summary>Takes the agent from an access token of the configured issuer.</summary>
internal sealed class TokenAuthenticator(
    RegisteredAgents agents,
    ProtectedResource resource,
    IOptions<AgentAuthenticationOptions> options,
    IOptionsMonitor<JwtBearerOptions> jwtOptions,
    TimeProvider time,
    ILogger<TokenAuthenticator> logger) : IAgentAuthenticator
{
    public const string Scheme = "Harness.Agents";

    public async ValueTask<AgentAuthentication> AuthenticateAsync(HttpContext http)
    {
        var hasToken = http.Request.Headers.Authorization.Count > 0;
        AuthenticateResult result;
        try
        {
            // JwtBearer would call every token invalid while it has no keys, and send clients to sign in again for nothing.
            if (hasToken && jwtOptions.Get(Scheme).ConfigurationManager is { } issuerMetadata)
                await issuerMetadata.GetConfigurationAsync(http.RequestAborted);
            result = await http.AuthenticateAsync(Scheme);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            AgentsLog.IssuerUnreachable(logger, failure);
            return new AgentAuthentication.Refused("The identity provider cannot be reached to check the token. Try again later.");
        }
        finally
        {
            // INVARIANT: nothing behind this line has the agent's token, so nothing can forward it.
            http.Request.Headers.Remove("Authorization");
        }

        if (!result.Succeeded)
            return Challenge(http, hasToken, result.Failure);

        string? Claim(string type) => result.Principal.FindFirst(type)?.Value;

        var audiences = result.Principal.FindAll("aud").Select(claim => claim.Value);
        if (!audiences.Any(audience => audience == options.Value.Audience || audience == resource.Audience(http.Request)))
        {
            AgentsLog.TokenRefused(logger, "its audience is another endpoint.");
            return new AgentAuthentication.Challenge(resource.Challenge(http.Request, "invalid_token", "The token is for another audience."));
        }

        var (issuer, subject, client) = (options.Value.Issuer ?? "", Claim("sub"), Claim("client_id") ?? Claim("azp"));
        if (agents.Current.Find(issuer, subject, client) is not { } agent)
        {
            AgentsLog.AgentUnregistered(logger, issuer, subject, client);
            return new AgentAuthentication.Refused("This identity is not registered as an agent of this proxy. Ask the proxy's owner to add it to `agents/`; another token or another sign-in will not help.");
        }

        if (agent.RefusalOn(DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime)) is { } why)
        {
            AgentsLog.AgentRefused(logger, agent.Id, why);
            return new AgentAuthentication.Refused(why);
        }

        AgentPrincipal.Set(http, agent);
        return new AgentAuthentication.Agent(agent);
    }

    private AgentAuthentication.Challenge Challenge(HttpContext http, bool hasToken, Exception? failure)
    {
        if (!hasToken)
            return new AgentAuthentication.Challenge(resource.Challenge(http.Request));

        var why = failure switch
        {
            null => "The Authorization header holds no Bearer token.",
            SecurityTokenExpiredException => "The token has expired.",
            SecurityTokenInvalidAudienceException => "The token is for another audience.",
            SecurityTokenInvalidIssuerException => "The token is of another issuer.",
            SecurityTokenInvalidTypeException => "The token is no access token (typ at+jwt).",
            SecurityTokenSignatureKeyNotFoundException => "The token is signed with a key that the issuer does not publish.",
            _ => "The token is not valid.",
        };
        AgentsLog.TokenRefused(logger, why);
        return new AgentAuthentication.Challenge(resource.Challenge(http.Request, "invalid_token", why));
    }

    /// <summary>What JwtBearer checks: signature by a key of the issuer, exact issuer and audience, expiry, and the type `at+jwt` of RFC 9068.</summary>
    public static void Configure(JwtBearerOptions jwt, AgentAuthenticationOptions options, ProtectedResource resource, TimeProvider time)
    {
        jwt.MetadataAddress = options.MetadataAddressOrDefault;
        jwt.RequireHttpsMetadata = options.IsHttpsMetadataRequired;
        jwt.MapInboundClaims = false;
        jwt.SaveToken = false;
        jwt.TimeProvider = time;
        jwt.TokenValidationParameters = new TokenValidationParameters
        {
            ValidTypes = ["at+jwt", "application/at+jwt"],
            ValidAlgorithms =
            [
                SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
                SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
                SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
            ],
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            LifetimeValidator = (notBefore, expires, _, _) => Holds(notBefore, expires, time.GetUtcNow().UtcDateTime, options.ClockSkew),
            ValidateIssuerSigningKey = true,
            IssuerValidator = (issuer, _, _) => issuer == options.Issuer
                ? issuer
                : throw new SecurityTokenInvalidIssuerException("The issuer is not the configured one."),
            AudienceValidator = (audiences, _, _) => audiences.Any(audience => audience == options.Audience || resource.CouldBeAudience(audience))
                ? true
                : throw new SecurityTokenInvalidAudienceException("The audience is not this proxy."),
            NameClaimType = "sub",
        };
    }

    private static bool Holds(DateTime? notBefore, DateTime? expires, DateTime now, TimeSpan skew)
    {
        if (expires is not { } end)
            throw new SecurityTokenNoExpirationException("The token never expires.");
        if (now - skew >= end)
            throw new SecurityTokenExpiredException("The token has expired.") { Expires = end };
        return notBefore is not { } start || now + skew >= start ? true : throw new SecurityTokenNotYetValidException("The token is not valid yet.");
    }
}

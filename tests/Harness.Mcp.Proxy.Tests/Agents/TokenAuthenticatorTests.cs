using System.Security.Cryptography;
using System.Text.Json;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Agents;

public sealed class TokenAuthenticatorTests(TokenAuthenticatorTests.Parts parts) : IClassFixture<TokenAuthenticatorTests.Parts>
{
    private readonly IdentityProvider _provider = parts.Provider;
    private readonly AgentEndpoint _endpoint = parts.Endpoint;

    [Fact]
    public async Task AGoodToken_NamesTheAgent_AndGoesNoFurther()
    {
        var (status, _, body) = await _endpoint.GetAsync("/mcp", await _provider.TokenAsync("soc-client", AgentEndpoint.Audience));

        Assert.Equal((200, "soc token: claims:soc"), (status, body));
    }

    [Fact]
    public async Task AToken_ForTheVeryEndpoint_IsAccepted_ThereAlone()
    {
        var token = await _provider.TokenAsync("soc-client", "https://harness.corp.example:8443/m/demo-abc/mcp");

        Assert.Equal(200, (await _endpoint.GetAsync("/m/demo-abc/mcp", token)).Status);
        var elsewhere = await _endpoint.GetAsync("/m/other-abc/mcp", token);
        Assert.Equal(401, elsewhere.Status);
        Assert.Contains("another audience", elsewhere.Challenge, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoToken_IsChallenged_WithoutAnErrorCode()
    {
        var (status, challenge, _) = await _endpoint.GetAsync("/m/demo-abc/mcp");

        Assert.Equal(401, status);
        Assert.Equal("Bearer resource_metadata=\"https://harness.corp.example:8443/.well-known/oauth-protected-resource/m/demo-abc/mcp\", scope=\"mcp tools\"", challenge);
    }

    [Theory]
    [InlineData("wrong audience", "The token is for another audience.")]
    [InlineData("audience with a slash", "The token is for another audience.")]
    [InlineData("typ JWT", "The token is no access token (typ at+jwt).")]
    [InlineData("no typ", "The token is no access token (typ at+jwt).")]
    [InlineData("other issuer", "The token is of another issuer.")]
    [InlineData("other key", "The token is not valid.")]
    [InlineData("unsigned", "The token is not valid.")]
    [InlineData("public key as secret", "The token is not valid.")]
    [InlineData("never expires", "The token is not valid.")]
    [InlineData("no JWT", "The token is not valid.")]
    public async Task ABadToken_IsChallenged(string flaw, string why)
    {
        const string client = "soc-client";
        using var otherKey = RSA.Create(2048);
        var token = flaw switch
        {
            "wrong audience" => await _provider.TokenAsync(client, "https://other.corp.example"),
            "audience with a slash" => await _provider.TokenAsync(client, AgentEndpoint.Audience + "/"),
            "typ JWT" => _provider.Forged(client, AgentEndpoint.Audience, type: "JWT"),
            "no typ" => _provider.Forged(client, AgentEndpoint.Audience, type: ""),
            "other issuer" => _provider.Forged(client, AgentEndpoint.Audience, issuer: "https://id.evil.example/"),
            "other key" => _provider.Forged(client, AgentEndpoint.Audience, key: otherKey),
            "unsigned" => _provider.Unsigned(client, AgentEndpoint.Audience),
            "public key as secret" => _provider.SignedWithThePublicKey(client, AgentEndpoint.Audience),
            "never expires" => _provider.Forged(client, AgentEndpoint.Audience, expires: false),
            _ => "abc",
        };

        var (status, challenge, body) = await _endpoint.GetAsync("/mcp", token);

        Assert.Equal((401, ""), (status, body));
        Assert.EndsWith($"error=\"invalid_token\", error_description=\"{why}\"", challenge, StringComparison.Ordinal);
        Assert.Equal(200, (await _endpoint.GetAsync("/mcp", _provider.Forged(client, AgentEndpoint.Audience))).Status);
    }

    [Fact]
    public async Task AnExpiredToken_IsChallenged()
    {
        var token = await _provider.TokenAsync("soc-client", AgentEndpoint.Audience);

        await using var later = await Parts.StartEndpointAsync(_provider, new LaterTime());
        var (status, challenge, _) = await later.GetAsync("/mcp", token);

        Assert.Equal(401, status);
        Assert.Contains("The token has expired.", challenge, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherScheme_IsChallenged()
    {
        Assert.Equal(401, (await _endpoint.GetAsync("/mcp", "c29jOnNvYw==", scheme: "Basic")).Status);
    }

    [Theory]
    [InlineData("nobody", "not registered")]
    [InlineData("idle-client", "Agent `idle` is switched off. Ask its owner, soc@corp.example.")]
    [InlineData("late-client", "The registration of agent `late` was to be reviewed by 2020-01-01, and was not.")]
    public async Task AGoodToken_OfAnAgentThatMayDoNothing_IsRefused_WithoutAChallenge(string client, string why)
    {
        var (status, challenge, body) = await _endpoint.GetAsync("/mcp", await _provider.TokenAsync(client, AgentEndpoint.Audience));

        Assert.Equal((403, ""), (status, challenge));
        Assert.Contains(why, body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "https://harness.corp.example:8443")]
    [InlineData("/mcp", "https://harness.corp.example:8443/mcp")]
    [InlineData("/m/demo-abc/mcp", "https://harness.corp.example:8443/m/demo-abc/mcp")]
    public async Task Metadata_NamesTheIssuer_ForEachEndpoint(string path, string resource)
    {
        var (status, _, body) = await _endpoint.GetAsync("/.well-known/oauth-protected-resource" + path);

        Assert.Equal(200, status);
        var metadata = JsonElement.Parse(body);
        Assert.Equal(resource, metadata.GetProperty("resource").GetString());
        Assert.Equal(_provider.Issuer, Assert.Single(metadata.GetProperty("authorization_servers").EnumerateArray()).GetString());
        Assert.Equal(["mcp", "tools"], metadata.GetProperty("scopes_supported").EnumerateArray().Select(scope => scope.GetString()));
    }

    [Fact]
    public async Task Metadata_ExistsForEndpointsAlone()
    {
        Assert.Equal(404, (await _endpoint.GetAsync("/.well-known/oauth-protected-resource/m/a%22b/mcp")).Status);
        Assert.Equal(404, (await _endpoint.GetAsync("/.well-known/oauth-protected-resource/admin")).Status);
    }

    [Fact]
    public async Task NobodyPasses_WhileTheIssuerIsAway()
    {
        var provider = await IdentityProvider.StartAsync();
        await using var endpoint = await Parts.StartEndpointAsync(provider, TimeProvider.System);
        var token = await provider.TokenAsync("soc-client", AgentEndpoint.Audience);
        await provider.DisposeAsync();

        var (status, challenge, body) = await endpoint.GetAsync("/mcp", token);

        Assert.Equal((403, ""), (status, challenge));
        Assert.Contains("cannot be reached", body, StringComparison.Ordinal);
    }

    /// <summary>One identity provider and one endpoint for all tests of the class.</summary>
    public sealed class Parts : IAsyncLifetime
    {
        private IdentityProvider? _provider;
        private AgentEndpoint? _endpoint;

        internal IdentityProvider Provider => _provider ?? throw new InvalidOperationException("Not started.");

        internal AgentEndpoint Endpoint => _endpoint ?? throw new InvalidOperationException("Not started.");

        public async ValueTask InitializeAsync()
        {
            _provider = await IdentityProvider.StartAsync();
            _endpoint = await StartEndpointAsync(_provider, TimeProvider.System);
        }

        public async ValueTask DisposeAsync()
        {
            await Endpoint.DisposeAsync();
            await Provider.DisposeAsync();
        }

        internal static Task<AgentEndpoint> StartEndpointAsync(IdentityProvider provider, TimeProvider time) => AgentEndpoint.StartAsync(
            new Dictionary<string, string?>
            {
                ["Issuer"] = provider.Issuer,
                ["Audience"] = AgentEndpoint.Audience,
                ["PublicUrl"] = "https://harness.corp.example:8443",
                ["Scope"] = "mcp tools",
            },
            [
                AgentEndpoint.Agent("soc", $"issuer: {provider.Issuer}\nclient: soc-client"),
                AgentEndpoint.Agent("idle", $"issuer: {provider.Issuer}\nclient: idle-client\nactive: false"),
                AgentEndpoint.Agent("late", $"issuer: {provider.Issuer}\nclient: late-client", "review-by: 2020-01-01"),
            ],
            time);
    }

    private sealed class LaterTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow().AddHours(2);
    }
}

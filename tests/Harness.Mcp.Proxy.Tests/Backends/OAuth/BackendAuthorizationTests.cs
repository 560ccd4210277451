using System.Text;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Backends.OAuth;
using Harness.Mcp.Proxy.Tests.Backends.OpenApi;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends.OAuth;

public sealed class BackendAuthorizationTests
{
    private const string ByCredentials = """
        "oauth": { "clientId": "harness", "clientSecret": "${env:OAUTH_TEST_SECRET}", "issuer": "{root}" }
        """;

    private const string ByPerson = """
        "oauth": { "grant": "authorization-code", "clientId": "harness" }
        """;

    private const string One = """{ "id": 1 }""";
    private const string New = """{ "body": { "name": "Cem", "email": null, "balance": 1 } }""";

    private readonly TokenIssuer _issuer = new();

    public BackendAuthorizationTests() => Environment.SetEnvironmentVariable("OAUTH_TEST_SECRET", "s3cr:t+");

    [Fact]
    public async Task Token_IsHadByTheProxysCredentials_ForThisBackend_AndUsedAgain()
    {
        await using var world = await ServiceWorld.StartAsync(more: ByCredentials, issuer: _issuer);

        var first = await world.ResultAsync("getContact", One);
        await world.ResultAsync("getContact", One);

        var asked = Assert.Single(_issuer.Asked);
        Assert.Equal(("client_credentials", "read", world.Service.Root.GetLeftPart(UriPartial.Authority)), (asked["grant_type"], asked["scope"], asked["resource"]));
        Assert.Equal("harness:s3cr%3At%2B", Encoding.UTF8.GetString(Convert.FromBase64String(asked["Authorization"]["Basic ".Length..])));
        Assert.False(asked.ContainsKey("client_secret"));
        Assert.DoesNotContain("token-1", first.GetRawText(), StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(world.State, "oauth", "api.json"))); // Nothing needs keeping.
        Assert.All(world.Service.Requests.Where(request => request.Target.StartsWith("/openapi", StringComparison.Ordinal)), request => Assert.False(request.Headers.ContainsKey("Authorization")));
    }

    [Fact]
    public async Task Token_IsRenewed_BeforeItEnds_AndWhenItIsTakenBack()
    {
        _issuer.SecondsOfLife = 10; // Less than the margin: each call asks anew.
        await using var world = await ServiceWorld.StartAsync(more: ByCredentials, issuer: _issuer);
        await world.ResultAsync("getContact", One);
        _issuer.SecondsOfLife = 3600;
        await world.ResultAsync("getContact", One);
        _issuer.Revoke();

        Assert.Equal("Ada", (await world.ResultAsync("getContact", One)).GetProperty("structuredContent").GetProperty("name").GetString());
        Assert.Equal(3, _issuer.Asked.Length);
    }

    [Fact]
    public async Task MissingRights_AreAskedForBesideThoseOfBefore_AndTheEffectHappensOnce()
    {
        _issuer.Needs = ("POST", "write");
        await using var world = await ServiceWorld.StartAsync(more: ByCredentials, issuer: _issuer);
        await world.ResultAsync("getContact", One);

        Assert.False((await world.ResultAsync("createContact", New)).TryGetProperty("isError", out _));

        Assert.Equal(["read", "read write"], _issuer.Asked.Select(asked => asked["scope"]));
        Assert.Equal(3, world.Service.Contacts.Length);
    }

    [Fact]
    public async Task RightsThatAreNeverGiven_AreAskedForOnce_AndTheRefusalStands()
    {
        _issuer.Needs = ("POST", "read "); // No scope is called so.
        await using var world = await ServiceWorld.StartAsync(more: ByCredentials, issuer: _issuer);

        var refused = await world.ResultAsync("createContact", New);

        Assert.StartsWith("HTTP 403", ServiceWorld.TextOf(refused), StringComparison.Ordinal);
        Assert.InRange(_issuer.Asked.Length, 1, 2);
    }

    [Fact]
    public async Task Secret_IsShownToNoOtherIssuer_ThanItsOwnerNames()
    {
        await using var world = await ServiceWorld.StartAsync(more: ByCredentials.Replace("{root}", "https://login.corp.example", StringComparison.Ordinal), issuer: _issuer);

        var refused = await world.ResultAsync("getContact", One);

        Assert.StartsWith("HTTP 401", ServiceWorld.TextOf(refused), StringComparison.Ordinal);
        Assert.Empty(_issuer.Asked);
    }

    [Fact]
    public async Task Person_SignsInOnce_AndTheProxyGoesOnFromThere()
    {
        await using var world = await ServiceWorld.StartAsync(more: ByPerson, issuer: _issuer);
        var before = await world.ResultAsync("getContact", One);
        var config = Configured(world);
        var (issuer, scopes) = await config.SignInAsync(TestContext.Current.CancellationToken);
        await world.ResultAsync("getContact", One);
        _issuer.Revoke();

        var renewed = await world.ResultAsync("getContact", One);

        Assert.StartsWith("HTTP 401", ServiceWorld.TextOf(before), StringComparison.Ordinal);
        Assert.Equal(world.Service.Root.GetLeftPart(UriPartial.Authority), issuer);
        Assert.Equal<string>(["read", "offline_access"], scopes);
        Assert.Equal("Ada", renewed.GetProperty("structuredContent").GetProperty("name").GetString());
        Assert.Equal(["authorization_code", "refresh_token"], _issuer.Asked.Select(asked => asked["grant_type"]));
        Assert.Equal(43, _issuer.Asked[0]["code_verifier"].Length);
        var file = Path.Combine(world.State, "oauth", "api.json");
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.DoesNotContain("clientSecret\": \"", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task RightsThatOnlyAPersonCanGive_AreNotedForTheNextSignIn()
    {
        _issuer.Needs = ("POST", "write");
        await using var world = await ServiceWorld.StartAsync(more: ByPerson, issuer: _issuer);
        await Configured(world).SignInAsync(TestContext.Current.CancellationToken);
        var refused = await world.ResultAsync("createContact", New);

        var (_, scopes) = await Configured(world).SignInAsync(TestContext.Current.CancellationToken);

        Assert.StartsWith("HTTP 403", ServiceWorld.TextOf(refused), StringComparison.Ordinal);
        Assert.Equal(["offline_access", "read", "write"], scopes.Order(StringComparer.Ordinal));
        Assert.False((await world.ResultAsync("createContact", New)).TryGetProperty("isError", out _));
    }

    private static BackendAuthorization Configured(ServiceWorld world)
    {
        var terms = new OAuthTerms(OAuthGrant.AuthorizationCode, "harness", null, null, null, [], false);
        return new BackendAuthorization(
            new BackendId("api"), world.Service.Root, terms, new OAuthStateFile(world.State, "api"),
            new OAuthHttp(new HashSet<string> { "127.0.0.1" }, TimeSpan.FromSeconds(10), TimeProvider.System), TimeProvider.System, new Browser());
    }

    private sealed class Browser : ISignIn
    {
        public Uri Redirect { get; } = new("http://127.0.0.1:1/callback");

        public async Task<Uri> SignInAsync(Uri authorization, CancellationToken cancellationToken)
        {
            using var handler = new HttpClientHandler { AllowAutoRedirect = false };
            using var http = new HttpClient(handler);
            using var answer = await http.GetAsync(authorization, cancellationToken);
            return answer.Headers.Location!;
        }
    }
}

using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Harness.Mcp.Tests.Commands;

/// <summary>The identity provider as `harness doctor` finds it: a server that publishes what an OpenID Connect provider does, or a little less.</summary>
public sealed class DoctorIssuerTests : IAsyncDisposable
{
    private const string Keys = """{ "keys": [{ "kty": "RSA", "use": "sig", "kid": "1" }, { "kty": "RSA", "use": "enc" }, { "kty": "oct" }] }""";

    private readonly HomeFolder _home = new();
    private WebApplication? _provider;

    [Fact]
    public async Task Provider_WithMetadataAndKeys_IsSound()
    {
        var issuer = await StartAsync(Keys);

        Assert.Equal(("ok", $"`{issuer}` answers, with 1 key for signatures."), await IssuerAsync(issuer));
    }

    [Fact]
    public async Task Issuer_IsComparedToTheLetter()
    {
        var issuer = await StartAsync(Keys);

        var (level, message) = await IssuerAsync(issuer + "/");

        Assert.Equal("error", level);
        Assert.Contains($"The metadata is of the issuer `{issuer}`, and `Agents:Issuer` says `{issuer}/`", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "keys": [] }""", "has no RSA or EC key for signatures")]
    [InlineData("<html>", "keys at")]
    [InlineData("", "answers HTTP 404")]
    public async Task Keys_AreNeeded(string keys, string why)
    {
        var (level, message) = await IssuerAsync(await StartAsync(keys));

        Assert.Equal("error", level);
        Assert.Contains(why, message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Provider_ThatIsNotThere_IsAnError()
    {
        var (level, message) = await IssuerAsync("http://127.0.0.1:9");

        Assert.Equal("error", level);
        Assert.Contains("cannot be read from `http://127.0.0.1:9/.well-known/openid-configuration`", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-600, "ahead of")]
    [InlineData(600, "behind")]
    public async Task Clock_MustAgreeWithTheIssuers(int seconds, string how)
    {
        var (level, message) = await IssuerAsync(await StartAsync(Keys, seconds));

        Assert.Equal("error", level);
        Assert.Contains($"{how} the issuer's, and `Agents:ClockSkew` tolerates 30 s", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AgentOfAnotherIssuer_IsAnError()
    {
        var issuer = await StartAsync(Keys);
        _home.Write("agents/a.yaml", "agent: a\nowner: o\nissuer: https://other.example\nsubject: s\nmissions: [m]\nreview-by: 2099-12-31\nactive: true\n");

        await IssuerAsync(issuer);
        var ran = await _home.RunAsync("doctor");

        Assert.Contains($"a.yaml:3:9: The agent `a` is of the issuer `https://other.example`, and tokens are taken from `{issuer}` alone", ran.Output, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        _home.Dispose();
        if (_provider is not null)
            await _provider.DisposeAsync();
    }

    /// <returns>The issuer.</returns>
    private async Task<string> StartAsync(string keys, int clockSeconds = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Use((context, next) =>
        {
            context.Response.Headers.Date = TimeProvider.System.GetUtcNow().AddSeconds(clockSeconds).ToString("R", CultureInfo.InvariantCulture);
            return next();
        });
        app.MapGet("/.well-known/openid-configuration", (HttpRequest request) =>
        {
            var issuer = $"http://{request.Host}";
            return Results.Text($$"""{ "issuer": "{{issuer}}", "jwks_uri": "{{issuer}}/keys" }""", "application/json");
        });
        app.MapGet("/keys", () => keys.Length == 0 ? Results.NotFound() : Results.Text(keys, "application/json"));
        await app.StartAsync(TestContext.Current.CancellationToken);
        _provider = app;
        return app.Urls.First();
    }

    private async Task<(string Level, string Message)> IssuerAsync(string issuer)
    {
        _home.Write("harness.json", $$"""{ "Listen": { "Url": "http://127.0.0.1:0" }, "Agents": { "Issuer": "{{issuer}}", "Audience": "harness" } }""");
        var ran = await _home.RunAsync("doctor", "--format", "json");
        var finding = JsonElement.Parse(ran.Output).GetProperty("findings").EnumerateArray().First(finding => finding.GetProperty("check").GetString() == "issuer");
        return (finding.GetProperty("level").GetString()!, finding.GetProperty("message").GetString()!);
    }
}

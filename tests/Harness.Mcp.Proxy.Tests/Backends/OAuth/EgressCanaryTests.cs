using System.Net;
using System.Net.Sockets;
using Harness.Mcp.Proxy.Backends.OAuth;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends.OAuth;

/// <summary>Addresses that a backend's own metadata could name to make the proxy ask what stands beside it: nothing is asked there.</summary>
public sealed class EgressCanaryTests
{
    [Theory]
    [InlineData("http://127.0.0.1:{port}")]
    [InlineData("http://localhost:{port}")]
    [InlineData("http://2130706433:{port}")]
    [InlineData("http://0x7f000001:{port}")]
    [InlineData("http://0177.0.0.1:{port}")]
    [InlineData("http://0x7f.0.0.1:{port}")]
    [InlineData("http://127.1:{port}")]
    [InlineData("http://127.0.1:{port}")]
    [InlineData("http://[::1]:{port}")]
    [InlineData("http://[::ffff:127.0.0.1]:{port}")]
    [InlineData("http://[::ffff:7f00:1]:{port}")]
    [InlineData("http://[0:0:0:0:0:ffff:127.0.0.1]:{port}")]
    [InlineData("http://0.0.0.0:{port}")]
    [InlineData("http://user@127.0.0.1:{port}")]
    [InlineData("https://127.0.0.1:{port}")]
    [InlineData("https://169.254.169.254")]
    [InlineData("https://2852039166")]
    [InlineData("https://0xa9fea9fe")]
    [InlineData("https://0251.0376.0251.0376")]
    [InlineData("https://[::ffff:a9fe:a9fe]")]
    [InlineData("https://[64:ff9b::a9fe:a9fe]")]
    [InlineData("https://[2002:a9fe:a9fe::]")]
    [InlineData("https://[fd00:ec2::254]")]
    public async Task AddressOfThisMachine_IsNotAsked_HoweverItIsSpelt(string address)
    {
        using var canary = new TcpListener(IPAddress.IPv6Any, 0);
        canary.Server.DualMode = true;
        canary.Start();
        using var http = new OAuthHttp(new HashSet<string>(), TimeSpan.FromSeconds(5), TimeProvider.System);
        var place = new Uri(address.Replace("{port}", $"{((IPEndPoint)canary.LocalEndpoint).Port}", StringComparison.Ordinal) + "/.well-known/oauth-authorization-server");

        var began = System.Diagnostics.Stopwatch.StartNew();
        await Assert.ThrowsAsync<OAuthException>(() => http.GetAsync(place, TestContext.Current.CancellationToken));

        Assert.False(canary.Pending());
        Assert.True(began.Elapsed < TimeSpan.FromSeconds(4), "It was tried, and timed out.");
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Redirect_IsNotFollowed(int status)
    {
        await using var backend = await ScriptedHttp.StartAsync(new Script());
        backend.Instead = (status, "{}"); // It sends to port 1 of this machine.
        using var http = new OAuthHttp(new HashSet<string> { "127.0.0.1" }, TimeSpan.FromSeconds(5), TimeProvider.System);

        var refused = await Assert.ThrowsAsync<OAuthException>(() => http.GetAsync(backend.Endpoint, TestContext.Current.CancellationToken));

        Assert.Contains($"HTTP {status}", refused.Message, StringComparison.Ordinal);
        Assert.Single(backend.Requests);
    }
}

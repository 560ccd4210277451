using System.Net;
using Harness.Mcp.Proxy.Backends.OpenApi;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends.OpenApi;

public sealed class EgressGuardTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.9.9.9")]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("192.0.0.170")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("fe80::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("ff02::1")]
    public void Address_OfThisMachineOrItsNetwork_IsNotPublic(string address) => Assert.False(EgressGuard.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("100.63.0.1")]
    [InlineData("172.15.0.1")]
    [InlineData("172.32.0.1")]
    [InlineData("192.169.0.1")]
    [InlineData("2606:4700::1111")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("2002:0808:0808::")]
    public void Address_BesideThoseRanges_IsPublic(string address) => Assert.True(EgressGuard.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public async Task NameThatLeadsHome_IsReached_OnlyWhereItIsNamed()
    {
        await using var service = await ApiService.StartAsync();
        var address = new Uri($"http://localhost:{service.Root.Port}/contacts/1");
        using var guarded = new HttpClient(EgressGuard.NewHandler(new HashSet<string>(), TimeSpan.FromSeconds(5)));
        using var named = new HttpClient(EgressGuard.NewHandler(new HashSet<string> { "localhost" }, TimeSpan.FromSeconds(5)));

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => guarded.GetAsync(address, TestContext.Current.CancellationToken));
        using var reached = await named.GetAsync(address, TestContext.Current.CancellationToken);

        Assert.Equal(HttpRequestError.ConnectionError, refused.HttpRequestError);
        Assert.Equal(HttpStatusCode.OK, reached.StatusCode);
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task ForwardProxy_IsGivenNamedHostsAlone()
    {
        await using var service = await ApiService.StartAsync();
        using var client = new HttpClient(EgressGuard.NewHandler(new HashSet<string> { "crm.corp.example" }, TimeSpan.FromSeconds(5), new WebProxy(service.Root)));

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri("http://other.corp.example/contacts/1"), TestContext.Current.CancellationToken));
        using var reached = await client.GetAsync(new Uri("http://crm.corp.example/contacts/1"), TestContext.Current.CancellationToken);

        Assert.Equal(HttpRequestError.ConnectionError, refused.HttpRequestError);
        Assert.Equal(HttpStatusCode.OK, reached.StatusCode);
        Assert.Equal("http://crm.corp.example/contacts/1", Assert.Single(service.Requests).Target);
    }
}

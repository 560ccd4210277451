using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Servers;

/// <summary>A forward proxy that the environment names serves the backends whose owners say so, and no other.</summary>
public sealed class ForwardProxyTests
{
    [Fact(Timeout = 120_000)]
    public async Task EnvironmentProxy_CarriesOnlyWhatItsOwnerSendsByIt()
    {
        var token = TestContext.Current.CancellationToken;
        await using var forward = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        var address = forward.Endpoint.GetLeftPart(UriPartial.Authority);
        using var home = new HomeUnderTest()
            .WithEndpoint("by", new Uri("http://by.invalid/mcp"), "\"allowPlainHttp\": true", "\"environmentProxy\": true")
            .WithMission("grants: [{ read: [by/echo] }]");
        home.Write("servers.config/straight.json", """
            { "name": "straight", "owner": "tests@corp.example", "domain": "tests", "url": "http://straight.invalid/mcp", "allowPlainHttp": true }
            """);
        var mission = await home.OpenMissionAsync(token);
        await using var proxy = await home.RunAsync(token, new Dictionary<string, string?>(StringComparer.Ordinal) { ["HTTP_PROXY"] = address, ["http_proxy"] = address });
        using var agent = new HttpAgent(proxy.Endpoint(mission));

        var answer = await agent.CallAsync("by_echo", token, new { text = "x" });
        await proxy.LoggedAsync("Backend straight cannot be used", token);

        Assert.False(answer.IsError);
        Assert.NotEmpty(forward.Requests);
        Assert.All(forward.Requests, request => Assert.Equal("by.invalid", request.Headers["Host"]));
    }
}

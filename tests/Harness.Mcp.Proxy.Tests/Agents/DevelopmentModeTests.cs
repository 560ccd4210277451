using Harness.Mcp.Proxy.Agents;
using Microsoft.Extensions.Options;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Agents;

public class DevelopmentModeTests
{
    private static readonly Dictionary<string, string?> Development = new() { ["DevelopmentAgent"] = "me" };

    [Fact]
    public async Task EveryRequest_CountsAsTheNamedAgent()
    {
        await using var endpoint = await AgentEndpoint.StartAsync(Development, [AgentEndpoint.Agent("me", "")]);

        Assert.Equal((200, "", "me token: claims:me"), await endpoint.GetAsync("/mcp", "left over"));
        Assert.StartsWith("me", (await endpoint.GetAsync("/.well-known/oauth-protected-resource")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnInactiveAgent_IsRefused()
    {
        await using var endpoint = await AgentEndpoint.StartAsync(Development, [AgentEndpoint.Agent("me", "active: false")]);

        Assert.Equal(403, (await endpoint.GetAsync("/mcp")).Status);
    }

    [Fact]
    public async Task AnAgent_IsSwitchedOff_WithoutARestart()
    {
        await using var endpoint = await AgentEndpoint.StartAsync(Development, [AgentEndpoint.Agent("me", "")]);
        var before = await endpoint.GetAsync("/mcp");
        var read = new TaskCompletionSource();
        endpoint.Agents.Read += () => read.TrySetResult();

        var file = Path.Combine(endpoint.Agents.Folder, "0.yaml");
        await File.WriteAllTextAsync(file + ".new", AgentEndpoint.Agent("me", "active: false"), TestContext.Current.CancellationToken);
        File.Move(file + ".new", file, overwrite: true);
        await read.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        Assert.Equal((200, 403), (before.Status, (await endpoint.GetAsync("/mcp")).Status));
    }

    [Fact]
    public async Task TheProgram_DoesNotStart_WithAListenerThatOthersReach()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            AgentEndpoint.StartAsync(Development, [AgentEndpoint.Agent("me", "")], listen: "http://0.0.0.0:0"));

        Assert.Contains("Listen on `http://127.0.0.1:PORT`, or set `Agents:Issuer`", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheProgram_DoesNotStart_ForAnAgentThatNobodyRegistered()
    {
        var failure = await Assert.ThrowsAsync<InvalidOperationException>(() => AgentEndpoint.StartAsync(Development, [AgentEndpoint.Agent("you", "")]));

        Assert.Contains("names `me`, which no file in `agents/` registers. Register it, or name one of: `you`.", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://127.0.0.1:5000", true)]
    [InlineData("http://[::1]:5000", true)]
    [InlineData("http://localhost:5000", true)]
    [InlineData("http://unix:/tmp/s.sock", true)]
    [InlineData("http://0.0.0.0:5000", false)]
    [InlineData("http://[::]:5000", false)]
    [InlineData("http://*:5000", false)]
    [InlineData("http://+:5000", false)]
    [InlineData("http://10.0.0.7:5000", false)]
    [InlineData("http://127.0.0.1.evil.example", false)]
    public void FirstExposed_FindsListenersThatOthersReach(string address, bool isLoopback)
    {
        Assert.Equal(isLoopback, DevelopmentModeCheck.FirstExposed(["http://127.0.0.1:1", address]) is null);
    }

    [Theory]
    [InlineData("`Agents:DevelopmentAgent` names no agent")]
    [InlineData("`Agents:Audience` is required with an issuer", "Issuer", "https://id.example")]
    [InlineData("`Agents:DevelopmentAgent` is not allowed with an issuer", "Issuer", "https://id.example", "Audience", "a", "DevelopmentAgent", "me")]
    [InlineData("`Agents:MetadataAddress` must use `https:`", "Issuer", "http://id.example", "Audience", "a")]
    [InlineData("`Agents:Issuer` is missing", "Audience", "a")]
    [InlineData("`Agents:PublicUrl` must be an absolute URL without path", "DevelopmentAgent", "me", "PublicUrl", "https://x/y")]
    [InlineData("`Agents:Scope` may hold printable ASCII", "DevelopmentAgent", "me", "Scope", "a\"b")]
    public async Task TheProgram_DoesNotStart_WithContradictorySettings(string message, params string[] settings)
    {
        var given = settings.Chunk(2).ToDictionary(pair => pair[0], pair => (string?)pair[1]);

        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => AgentEndpoint.StartAsync(given, [AgentEndpoint.Agent("me", "")]));

        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }
}

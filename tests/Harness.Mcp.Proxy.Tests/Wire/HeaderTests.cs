using System.Net;
using System.Text;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

public sealed class HeaderTests : IAsyncLifetime
{
    private const string Call = """{"name":"siem_get_alert","arguments":{"id":"ALR-1"}}""";
    private const string Find = """{"name":"geo_find","arguments":{"region":"Zürich","zone":42}}""";

    private WireHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await WireHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("Mcp-Method", "tools/list")]
    [InlineData("Mcp-Method", "TOOLS/CALL")]
    [InlineData("Mcp-Method", "tools/call", "tools/call")]
    [InlineData("Mcp-Method")]
    [InlineData("Mcp-Name", "mail_send")]
    [InlineData("Mcp-Name", "siem_get_alert", "mail_send")]
    [InlineData("Mcp-Name", "=?base64?!!?=")]
    [InlineData("Mcp-Name")]
    [InlineData("MCP-Protocol-Version", "2025-11-25")]
    [InlineData("MCP-Protocol-Version", "2026-07-28", "2026-07-28")]
    [InlineData("MCP-Protocol-Version")]
    public async Task Header_MustSayWhatTheBodySays(string header, params string[] values)
    {
        var answer = await WireHost.Modern("tools/call", Call).With(header, values).SendAsync(_host);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(-32020, answer.ErrorCode);
        Assert.Equal(1, answer.Last.GetProperty("id").GetInt32());
        Assert.Empty(_host.Enforcement.Calls);
    }

    [Fact]
    public async Task Header_MayBeEncoded()
    {
        var encoded = $"=?base64?{Convert.ToBase64String("siem_get_alert"u8)}?=";

        var answer = await WireHost.Modern("tools/call", Call).With("Mcp-Name", encoded).SendAsync(_host);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    [Theory]
    [InlineData("2099-01-01")]
    [InlineData("2026-07-29")]
    [InlineData("2026-07-28x")]
    [InlineData("latest")]
    public async Task Version_ThatIsUnknown_IsAnsweredWithWhatDiscoverOffers(string version)
    {
        var discovered = await WireHost.Modern("server/discover").SendAsync(_host);
        var answer = await WireHost.Modern("tools/call", Call)
            .With("MCP-Protocol-Version", version)
            .Replace("\"2026-07-28\"", $"\"{version}\"")
            .SendAsync(_host);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(-32022, answer.ErrorCode);
        var data = answer.Last.GetProperty("error").GetProperty("data");
        Assert.Equal(discovered.Result.GetProperty("supportedVersions").GetRawText(), data.GetProperty("supported").GetRawText());
        Assert.Equal(version, data.GetProperty("requested").GetString());
    }

    [Theory]
    [InlineData("io.modelcontextprotocol/protocolVersion")]
    [InlineData("io.modelcontextprotocol/clientCapabilities")]
    public async Task ModernRequest_MustCarryItsProtocolFields(string key)
    {
        var answer = await WireHost.Modern("tools/call", Call).Replace(key, "example.com/other").SendAsync(_host);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(-32602, answer.ErrorCode);
    }

    [Theory]
    [InlineData("initialize")]
    [InlineData("ping")]
    [InlineData("logging/setLevel")]
    [InlineData("resources/write")]
    [InlineData("prompts/Get")]
    [InlineData("tools/Call")]
    [InlineData("tools/get")]
    public async Task Method_IsNotFound_InTheModernEra(string method)
    {
        var answer = await WireHost.Modern(method, """{"name":"x"}""").With("Mcp-Name", "x").SendAsync(_host);

        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Equal(-32601, answer.ErrorCode);
    }

    [Fact]
    public async Task ParameterHeaders_AreHeldAgainstTheArguments()
    {
        var region = $"=?base64?{Convert.ToBase64String(Encoding.UTF8.GetBytes("Zürich"))}?=";

        var good = await WireHost.Modern("tools/call", Find).With("Mcp-Param-Region", region).With("Mcp-Param-Zone", "42.0").SendAsync(_host);
        var absent = await WireHost.Modern("tools/call", Find).With("Mcp-Param-Zone", "42").SendAsync(_host);
        var other = await WireHost.Modern("tools/call", Find).With("Mcp-Param-Region", region).With("Mcp-Param-Zone", "43").SendAsync(_host);
        var smallest = await WireHost.Modern("tools/call", Find).With("Mcp-Param-Region", region).With("Mcp-Param-Zone", "-9223372036854775808").SendAsync(_host);
        var surplus = await WireHost.Modern("tools/call", """{"name":"geo_find","arguments":{"zone":42}}""")
            .With("Mcp-Param-Region", region).With("Mcp-Param-Zone", "42").SendAsync(_host);

        Assert.Equal(HttpStatusCode.OK, good.Status);
        Assert.All([absent, other, smallest, surplus], answer => Assert.Equal(-32020, answer.ErrorCode));
        Assert.Single(_host.Enforcement.Calls);
    }

    [Fact]
    public async Task ParameterHeaders_FollowTheListing_WhenItChanges()
    {
        await WireHost.Modern("tools/call", Call).SendAsync(_host);
        _host.Enforcement.Tools = [FakeEnforcement.Tool("siem_get_alert", """{"inputSchema":{"type":"object","properties":{"id":{"type":"string","x-mcp-header":"Id"}}}}""")];

        _host.Enforcement.ChangeTools(new("only-one"));
        var bare = await WireHost.Modern("tools/call", Call).SendAsync(_host);
        var mirrored = await WireHost.Modern("tools/call", Call).With("Mcp-Param-Id", "ALR-1").SendAsync(_host);

        Assert.Equal(-32020, bare.ErrorCode);
        Assert.Equal(HttpStatusCode.OK, mirrored.Status);
    }

    [Fact]
    public async Task LegacyRequest_IsHeldToTheHeadersThatItSends()
    {
        var session = await _host.OpenSessionAsync();
        using var lying = new HttpRequestMessage(HttpMethod.Post, "/mcp");
        lying.Content = WireHost.Json($$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{{Call}}}}""");
        WireHost.Address(lying, "soc");
        lying.Headers.Add("Mcp-Session-Id", session);
        lying.Headers.Add("Mcp-Name", "mail_send");

        var answer = await _host.SendAsync(lying);
        var silent = await _host.LegacyAsync($$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{{Call}}}}""", session);

        Assert.Equal(-32020, answer.ErrorCode);
        Assert.Equal(HttpStatusCode.OK, silent.Status);
        Assert.Single(_host.Enforcement.Calls);
    }
}

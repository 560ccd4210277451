using System.Net;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

/// <summary>What the gate refuses, each next to the nearest request that passes. A refused request never reaches enforcement.</summary>
public sealed class GateTests : IAsyncLifetime
{
    private const string Call = """{"name":"siem_get_alert","arguments":{"id":"ALR-1","n":{"deep":[1.5e300,-0.10,9007199254740991]}}}""";

    private WireHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await WireHost.StartAsync(("Wire:BodyBytesMax", "100000"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Call_ReachesEnforcement_ByteForByte()
    {
        var answer = await WireHost.Modern("tools/call", Call).SendAsync(_host);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("complete", answer.Result.GetProperty("resultType").GetString());
        var call = Assert.Single(_host.Enforcement.Calls);
        Assert.Equal("""{"id":"ALR-1","n":{"deep":[1.5e300,-0.10,9007199254740991]}}""", call.Arguments!.Value.GetRawText());
        Assert.Equal("siem_get_alert", call.Tool);
        Assert.Equal("only-one", call.Mission.Value);
        Assert.Equal("soc", call.Agent.Id.Value);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Host", "127.0.0.1.evil.example:80")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "http://localhost.evil.example")]
    [InlineData("Origin", "http://localhost@evil.example")]
    public async Task Request_IsForbidden_FromForeignHostOrOrigin(string header, string value)
    {
        var answer = await WireHost.Modern("tools/call", Call).With(header, value).SendAsync(_host);

        Assert.Equal(HttpStatusCode.Forbidden, answer.Status);
        Assert.Empty(_host.Enforcement.Calls);
    }

    [Theory]
    [InlineData("Host", "localhost")]
    [InlineData("Origin", "http://localhost:3000")]
    [InlineData("Origin", "http://127.0.0.1")]
    public async Task Request_Passes_FromLoopback(string header, string value)
    {
        var answer = await WireHost.Modern("tools/call", Call).With(header, value).SendAsync(_host);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    [Theory]
    [InlineData("", HttpStatusCode.Unauthorized)]
    [InlineData("retired", HttpStatusCode.Forbidden)]
    public async Task Request_IsRefused_WithoutUsableAgent(string agent, HttpStatusCode expected)
    {
        var request = WireHost.Modern("tools/call", Call);
        request.Agent = agent;
        using var message = request.ToMessage();
        if (agent.Length == 0) message.Headers.Authorization = null;

        var answer = await _host.SendAsync(message);

        Assert.Equal(expected, answer.Status);
        Assert.Equal(expected == HttpStatusCode.Unauthorized, answer.Headers.WwwAuthenticate.Count == 1);
        Assert.Empty(_host.Enforcement.Calls);
    }

    [Theory]
    [InlineData("\"jsonrpc\":\"2.0\"", "\"jsonrpc\":\"1.0\"", -32600)]
    [InlineData("\"jsonrpc\"", "\"Jsonrpc\"", -32600)]
    [InlineData("\"method\"", "\"Method\"", -32600)]
    [InlineData("\"id\":1", "\"id\":1,\"result\":{}", -32600)]
    [InlineData("\"id\":1", "\"id\":1.5", -32600)]
    [InlineData("\"id\":1", "\"id\":null", -32600)]
    [InlineData("\"id\":1", "\"id\":{}", -32600)]
    [InlineData("\"id\":1", "\"id\":1e2", -32600)]
    [InlineData("\"id\":1", "\"id\":99999999999999999999", -32600)]
    [InlineData("\"id\":1", "\"id\":9007199254740992", -32600)]
    [InlineData("\"params\"", "\"param\u017f\"", -32600)]
    [InlineData("\"name\"", "\"Name\"", -32602)]
    [InlineData("\"arguments\"", "\"ARGUMENTS\"", -32602)]
    [InlineData("\"arguments\"", "\"argument\u017f\"", -32602)]
    [InlineData("\"_meta\"", "\"_META\"", -32602)]
    [InlineData("\"name\"", "\"\u212aname\"", -32602)]
    [InlineData("\"arguments\":{", "\"arguments\":null,\"reason\":{", -32602)]
    [InlineData("\"arguments\":{", "\"arguments\":[],\"reason\":{", -32602)]
    [InlineData("\"name\":\"siem_get_alert\"", "\"name\":5", -32020)]
    [InlineData("\"arguments\"", "\"requestState\":7,\"arguments\"", -32602)]
    [InlineData("\"arguments\"", "\"RequestState\":\"x\",\"arguments\"", -32602)]
    [InlineData("\"arguments\"", "\"inputResponses\":null,\"arguments\"", -32602)]
    [InlineData("\"arguments\"", "\"inputResponses\":{\"a\":12345},\"arguments\"", -32602)]
    [InlineData("\"io.modelcontextprotocol/clientCapabilities\"", "\"io.modelcontextprotocol/ClientCapabilities\"", -32602)]
    public async Task Request_IsRefused_WithBentKeysOrTypes(string old, string bent, int code)
    {
        var answer = await WireHost.Modern("tools/call", Call).Replace(old, bent).SendAsync(_host);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(code, answer.ErrorCode);
        Assert.Empty(_host.Enforcement.Calls);
    }

    [Theory]
    [InlineData("\"id\":1", "\"id\":\"1\"")]
    [InlineData("\"id\":1", "\"id\":9007199254740991")]
    [InlineData("\"id\":\"ALR-1\"", "\"Name\":\"ALR-1\",\"NAME\":1,\"\u017f\":2")]
    [InlineData("\"arguments\"", "\"task\":{},\"arguments\"")]
    public async Task Request_Passes_WhereKeysAreItsOwnAffair(string old, string other)
    {
        var answer = await WireHost.Modern("tools/call", Call).Replace(old, other).SendAsync(_host);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
    }

    [Theory]
    [InlineData("\"jsonrpc\":\"2.0\"", "\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\"")]
    [InlineData("\"method\":\"tools/call\"", "\"method\":\"tools/list\",\"method\":\"tools/call\"")]
    [InlineData("\"name\":\"siem_get_alert\"", "\"name\":\"mail_send\",\"name\":\"siem_get_alert\"")]
    [InlineData("\"name\":\"siem_get_alert\"", "\"n\\u0061me\":\"mail_send\",\"name\":\"siem_get_alert\"")]
    [InlineData("\"id\":\"ALR-1\"", "\"id\":\"ALR-1\",\"id\":\"ALR-2\"")]
    [InlineData("\"deep\":[", "\"deep\":0,\"deep\":[")]
    [InlineData("\"deep\"", "\"__proto__\"")]
    [InlineData("\"deep\"", "\"\\u005f_proto__\"")]
    [InlineData("\"deep\"", "\"\\udc00\\ud800\"")]
    [InlineData("\"ALR-1\"", "\"\\ud800\"")]
    [InlineData("\"ALR-1\"", "/* x */ \"ALR-1\"")]
    [InlineData("\"ALR-1\"", "\"ALR-1\",")]
    [InlineData("\"ALR-1\"", "NaN")]
    public async Task Request_IsRefused_WhenParsersCouldDisagree(string old, string bent)
    {
        var answer = await WireHost.Modern("tools/call", Call).Replace(old, bent).SendAsync(_host);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(-32700, answer.ErrorCode);
        Assert.Empty(_host.Enforcement.Calls);
    }

    [Theory]
    [InlineData("9007199254740993")]
    [InlineData("12345678901234567890.10")]
    [InlineData("1e400")]
    public async Task Number_ThatParsersRoundDifferently_IsToldToEnforcement_AndRefusedElsewhere(string number)
    {
        var answer = await WireHost.Modern("tools/call", Call).Replace("1.5e300", number).SendAsync(_host);
        var listed = await WireHost.Modern("tools/list", $$$"""{"_meta":{"example.com/n":{{{number}}}}}""").SendAsync(_host);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        var call = Assert.Single(_host.Enforcement.Calls);
        Assert.Equal(number, call.OddNumber);
        Assert.Contains(number, call.Arguments!.Value.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(-32602, listed.ErrorCode);
    }

    [Theory]
    [InlineData("{0} {0}", -32700)]
    [InlineData("{0}x", -32700)]
    [InlineData("\ufeff{0}", -32700)]
    [InlineData("[{0}]", -32600)]
    [InlineData("7", -32600)]
    [InlineData("", -32700)]
    [InlineData("{{", -32700)]
    public async Task Body_IsRefused_UnlessItIsOneObject(string form, int code)
    {
        var request = WireHost.Modern("tools/call", Call);
        request.Body = form.Replace("{0}", request.Body, StringComparison.Ordinal);

        var answer = await request.SendAsync(_host);

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(code, answer.ErrorCode);
    }

    [Fact]
    public async Task Body_IsRefused_WhenItIsNotUtf8()
    {
        using var message = WireHost.Modern("tools/call", Call).ToMessage();
        message.Content = new ByteArrayContent([.. "{\"a\":\""u8, 0xC3, 0x28, .. "\"}"u8]);
        message.Content.Headers.ContentType = new("application/json");

        var answer = await _host.SendAsync(message);

        Assert.Equal(-32700, answer.ErrorCode);
        Assert.Contains("UTF-8", answer.ErrorMessage, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(60, true)]
    [InlineData(62, false)]
    public async Task Depth_IsBounded(int levels, bool passes)
    {
        var nested = string.Concat(Enumerable.Repeat("[", levels)) + string.Concat(Enumerable.Repeat("]", levels));

        var answer = await WireHost.Modern("tools/call", Call).Replace("\"ALR-1\"", nested).SendAsync(_host);

        Assert.Equal(passes ? HttpStatusCode.OK : HttpStatusCode.BadRequest, answer.Status);
    }

    [Theory]
    [InlineData(9_000, true)]
    [InlineData(10_001, false)]
    public async Task Keys_AreCounted(int keys, bool passes)
    {
        var many = string.Join(',', Enumerable.Range(0, keys).Select(i => $"\"{i}\":0"));

        var answer = await WireHost.Modern("tools/call", Call).Replace("\"ALR-1\"", $"{{{many}}}").SendAsync(_host);

        Assert.Equal(passes ? HttpStatusCode.OK : HttpStatusCode.BadRequest, answer.Status);
    }

    [Theory]
    [InlineData(90_000, false, HttpStatusCode.OK)]
    [InlineData(100_001, false, HttpStatusCode.RequestEntityTooLarge)]
    [InlineData(100_001, true, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Body_IsCut_AtTheCap(int bytes, bool isChunked, HttpStatusCode expected)
    {
        using var message = WireHost.Modern("tools/call", Call).Replace("ALR-1", new string('x', bytes)).ToMessage();
        message.Headers.TransferEncodingChunked = isChunked;

        var answer = await _host.SendAsync(message);

        Assert.Equal(expected, answer.Status);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/json; charset=utf-16")]
    public async Task Content_MustBeJson(string contentType)
    {
        var request = WireHost.Modern("tools/call", Call);
        request.ContentType = contentType;

        var answer = await request.SendAsync(_host);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.Status);
    }

    [Fact]
    public async Task Content_MustNotBeEncoded()
    {
        var answer = await WireHost.Modern("tools/call", Call).With("Content-Encoding", "gzip").SendAsync(_host);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.Status);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    [InlineData("PUT")]
    public async Task Method_IsRefused_UnlessPost(string method)
    {
        var request = WireHost.Modern("tools/call", Call);
        request.Method = new HttpMethod(method);

        var answer = await request.SendAsync(_host);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.Status);
    }

    [Fact]
    public async Task Mission_ThatIsNotTheAgents_RefusesCallsAsResults()
    {
        var call = WireHost.Modern("tools/call", Call);
        var list = WireHost.Modern("tools/list");
        call.Path = list.Path = "/m/unknown/mcp";

        var called = await call.SendAsync(_host);
        var listed = await list.SendAsync(_host);

        Assert.Equal(HttpStatusCode.OK, called.Status);
        Assert.True(called.Result.GetProperty("isError").GetBoolean());
        Assert.Equal("complete", called.Result.GetProperty("resultType").GetString());
        Assert.Equal(HttpStatusCode.BadRequest, listed.Status);
        Assert.Equal("agent_not_of_mission", listed.Last.GetProperty("error").GetProperty("data").GetProperty("reason").GetString());
        Assert.Empty(_host.Enforcement.Calls);
    }
}

using System.Net;
using System.Text.Json;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Asking;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

/// <summary>Requests to agents of the `initialize` era, and their responses: taken once, in the session and by the agent that was asked, and read as strictly as requests.</summary>
public sealed class AgentResponseTests : IAsyncLifetime
{
    private const string Call = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"siem_get_alert"}}""";

    private WireHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await WireHost.StartAsync();
        _host.Enforcement.OnCall = async (call, _, token) =>
        {
            var reply = await call.Inputs!.RequestAsync("elicitation/create", JsonElement.Parse("""{"message":"Who?"}"""), token);
            return FakeEnforcement.Answer($"{call.Inputs.Declared}: {reply switch
            {
                AgentReply.Result(var value) => value.GetRawText(),
                AgentReply.Unreadable => "unreadable",
                _ => "none",
            }}");
        };
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData(""" "result":{"action":"accept","content":{"name":"\u00e9"}} """, """{"action":"accept","content":{"name":"\u00e9"}}""")]
    [InlineData(""" "error":{"code":-1,"message":"no"} """, "none")]
    [InlineData(""" "result":{"action":"accept","content":{"n":12345678901234567890}} """, "unreadable")]
    public async Task Response_ReachesTheCallThatAsked(string answer, string taken)
    {
        var session = await OpenAsync();
        using var stream = await CallAsync(session);
        var request = await stream.NextAsync();

        Assert.Equal("elicitation/create", request.GetProperty("method").GetString());
        Assert.Equal("Who?", request.GetProperty("params").GetProperty("message").GetString());
        Assert.Equal(HttpStatusCode.Accepted, (await RespondAsync(session, request, answer)).Status);
        Assert.Equal($"Elicitation, Sampling: {taken}", Text(await stream.NextAsync()));
    }

    [Fact]
    public async Task Response_IsTakenOnce()
    {
        var session = await OpenAsync();
        using var stream = await CallAsync(session);
        var request = await stream.NextAsync();

        Assert.Equal(HttpStatusCode.Accepted, (await RespondAsync(session, request, """ "result":{"action":"decline"} """)).Status);
        var again = await RespondAsync(session, request, """ "result":{"action":"accept"} """);

        Assert.Equal((HttpStatusCode.BadRequest, -32600), (again.Status, again.ErrorCode));
        Assert.Contains("decline", Text(await stream.NextAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_IsRefused_WhereNothingWasAsked()
    {
        var session = await OpenAsync();

        var unasked = await _host.LegacyAsync("""{"jsonrpc":"2.0","id":1,"result":{}}""", session);

        Assert.Equal((HttpStatusCode.BadRequest, -32600), (unasked.Status, unasked.ErrorCode));
        Assert.Contains("No request of this id", unasked.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Response_OfAnotherSessionOrAgent_IsRefused_AndTheQuestionStands()
    {
        var session = await OpenAsync();
        var other = await OpenAsync();
        using var stream = await CallAsync(session);
        var request = await stream.NextAsync();

        Assert.Equal(HttpStatusCode.BadRequest, (await RespondAsync(other, request, """ "result":{"action":"accept"} """)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _host.LegacyAsync(Response(request, """ "result":{"action":"accept"} """), session, agent: "other")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await _host.LegacyAsync(Response(request, """ "result":{} """), session: null)).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await RespondAsync(session, request, """ "result":{"action":"cancel"} """)).Status);
        Assert.Contains("cancel", Text(await stream.NextAsync()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(""" "Result":{} """)]
    [InlineData(""" "result":{},"error":{"code":1,"message":"m"} """)]
    [InlineData(""" "result":5 """)]
    [InlineData(""" "result":{},"extra":1 """)]
    [InlineData(""" "result":{"a":1,"a":2} """)]
    public async Task Response_IsRefused_WithBentKeysOrTypes(string answer)
    {
        var session = await OpenAsync();
        using var stream = await CallAsync(session);
        var request = await stream.NextAsync();

        Assert.Equal(HttpStatusCode.BadRequest, (await RespondAsync(session, request, answer)).Status);
        Assert.Equal(HttpStatusCode.Accepted, (await RespondAsync(session, request, """ "result":{"action":"decline"} """)).Status);
    }

    [Fact]
    public async Task Response_IsRefused_In20260728()
    {
        using var message = WireHost.Modern("tools/call").ToMessage();
        message.Content = WireHost.Json("""{"jsonrpc":"2.0","id":1,"result":{}}""");

        Assert.Equal(HttpStatusCode.BadRequest, (await _host.SendAsync(message)).Status);
    }

    [Fact]
    public async Task CancelledCall_TakesItsQuestionBack()
    {
        var session = await OpenAsync();
        using var notices = await ListenAsync(session);
        using var stream = await CallAsync(session);
        var request = await stream.NextAsync();

        await _host.LegacyAsync("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}""", session);

        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            while (true)
                Assert.Equal("notifications/cancelled", (await stream.NextAsync()).GetProperty("method").GetString());
        });
        Assert.Equal(HttpStatusCode.BadRequest, (await RespondAsync(session, request, """ "result":{"action":"accept"} """)).Status);
    }

    [Fact]
    public async Task InputResponses_AreNotTaken_InASession()
    {
        var session = await OpenAsync();

        var answer = await _host.LegacyAsync(Call.Replace("\"siem_get_alert\"", "\"siem_get_alert\",\"requestState\":\"h1.x\"", StringComparison.Ordinal), session);

        Assert.Equal(-32602, answer.ErrorCode);
        Assert.Empty(_host.Enforcement.Calls);
    }

    [Fact]
    public async Task ModernAgent_IsAskedByItsCallsResult()
    {
        _host.Enforcement.OnCall = (call, _, _) => ValueTask.FromResult<CallAnswer>(call.Resumption is { } given
            ? FakeEnforcement.Answer($"{given.State} {given.Responses}")
            : new CallAnswer.InputRequired(JsonElement.Parse("""{"q":{"method":"roots/list","params":{}}}"""), $"{call.Inputs!.Declared} {call.Inputs.TakesRequests}"));
        var request = WireHost.Modern("tools/call", """{"name":"siem_get_alert"}""").Replace("\"io.modelcontextprotocol/clientCapabilities\":{}", "\"io.modelcontextprotocol/clientCapabilities\":{\"roots\":{},\"elicitation\":{\"url\":{}}}");

        var asked = (await request.SendAsync(_host)).Result;
        Assert.Equal("input_required", asked.GetProperty("resultType").GetString());
        Assert.Equal("""{"q":{"method":"roots/list","params":{}}}""", asked.GetProperty("inputRequests").GetRawText());
        Assert.Equal("ElicitationUrl, Roots False", asked.GetProperty("requestState").GetString());

        var answered = await WireHost.Modern("tools/call", """{"name":"siem_get_alert","requestState":"s","inputResponses":{"q":{"roots":[]}}}""").SendAsync(_host);
        Assert.Equal("""s {"q":{"roots":[]}}""", answered.Result.GetProperty("content")[0].GetProperty("text").GetString());
    }

    private async Task<string> OpenAsync()
    {
        var body = WireHost.InitializeBody("2025-11-25").Replace("\"capabilities\":{}", "\"capabilities\":{\"elicitation\":{},\"sampling\":{}}", StringComparison.Ordinal);
        var session = (await _host.LegacyAsync(body, session: null)).Headers.GetValues("Mcp-Session-Id").Single();
        await _host.LegacyAsync("""{"jsonrpc":"2.0","method":"notifications/initialized"}""", session);
        return session;
    }

    private Task<EventStream> CallAsync(string session)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/mcp") { Content = WireHost.Json(Call) };
        WireHost.Address(request, "soc");
        request.Headers.Add("Mcp-Session-Id", session);
        return EventStream.OpenAsync(_host, request);
    }

    private Task<EventStream> ListenAsync(string session)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/mcp");
        WireHost.Address(request, "soc");
        request.Headers.Add("Mcp-Session-Id", session);
        return EventStream.OpenAsync(_host, request);
    }

    private Task<Answer> RespondAsync(string session, JsonElement request, string answer) => _host.LegacyAsync(Response(request, answer), session);

    private static string Response(JsonElement request, string answer) => $$"""{"jsonrpc":"2.0","id":{{request.GetProperty("id").GetRawText()}},{{answer}}}""";

    private static string Text(JsonElement message) => message.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString()!;
}

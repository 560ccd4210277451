using System.Net;
using System.Text.Json;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.Proxy.Enforcement;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

public sealed class LegacySessionTests : IAsyncLifetime
{
    private const string Call = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"siem_get_alert"}}""";
    private const string List = """{"jsonrpc":"2.0","id":2,"method":"tools/list"}""";

    private WireHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await WireHost.StartAsync(("Wire:ListNoticeInterval", "00:00:00"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("2025-11-25", "2025-11-25")]
    [InlineData("2025-06-18", "2025-06-18")]
    [InlineData("2025-03-26", "2025-03-26")]
    [InlineData("2024-11-05", "2024-11-05")]
    [InlineData("2026-07-28", "2025-11-25")]
    [InlineData("1999-01-01", "2025-11-25")]
    public async Task Handshake_AgreesOnAVersion(string asked, string agreed)
    {
        var answer = await _host.LegacyAsync(WireHost.InitializeBody(asked), session: null);

        Assert.Equal(agreed, answer.Result.GetProperty("protocolVersion").GetString());
        Assert.Equal("harness-mcp", answer.Result.GetProperty("serverInfo").GetProperty("name").GetString());
        Assert.Equal("""{"completions":{},"logging":{},"prompts":{"listChanged":true},"resources":{"listChanged":true,"subscribe":true},"tools":{"listChanged":true}}""", answer.Result.GetProperty("capabilities").GetRawText());
        Assert.Contains("mission", answer.Result.GetProperty("instructions").GetString(), StringComparison.Ordinal);
        Assert.False(answer.Result.TryGetProperty("resultType", out _));
    }

    [Theory]
    [InlineData("2025-06-18", "2025-03-26", "2025-11-25")]
    [InlineData("2025-06-18", "2025-06-18", "2025-06-18")]
    [InlineData("2025-11-25", "2025-06-18", "2025-11-25")]
    public async Task Handshake_AgreesOnNothingOlder_ThanTheMissionTakes(string oldest, string asked, string agreed)
    {
        _host.Enforcement.OldestProtocol = oldest;

        var answer = await _host.LegacyAsync(WireHost.InitializeBody(asked), session: null);

        Assert.Equal(agreed, answer.Result.GetProperty("protocolVersion").GetString());
    }

    [Fact]
    public async Task Handshake_IsRefused_WhereTheMissionTakesNoneOfItsRevisions()
    {
        _host.Enforcement.OldestProtocol = "2026-07-28";

        var refused = await _host.LegacyAsync(WireHost.InitializeBody("2025-11-25"), session: null);
        var modern = await WireHost.Modern("tools/list").SendAsync(_host);

        Assert.Equal((HttpStatusCode.BadRequest, -32022), (refused.Status, refused.ErrorCode));
        Assert.Contains("no protocol version older than 2026-07-28", refused.Last.GetRawText(), StringComparison.Ordinal);
        Assert.True(modern.Result.TryGetProperty("tools", out _));
    }

    [Fact]
    public void Revisions_AreThoseThatMissionsCanName() => Assert.Equal(
        Core.Missions.ProtocolRevisions.All,
        Core.Missions.ProtocolRevisions.All.Where(revision => Harness.Mcp.Proxy.Wire.ProtocolVersions.IsLegacy(revision)).Append(Harness.Mcp.Proxy.Wire.ProtocolVersions.Modern));

    [Fact]
    public async Task Session_ListsCallsAndPings()
    {
        var session = await _host.OpenSessionAsync();

        var list = await _host.LegacyAsync(List, session, version: "2025-11-25");
        var call = await _host.LegacyAsync(Call, session);
        var ping = await _host.LegacyAsync("""{"jsonrpc":"2.0","id":"p","method":"ping"}""", session);

        Assert.Equal(["geo_find", "mail_send", "siem_get_alert"], list.Result.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()));
        Assert.False(list.Result.TryGetProperty("ttlMs", out _));
        Assert.Equal("siem_get_alert", call.Result.GetProperty("content")[0].GetProperty("text").GetString());
        Assert.False(call.Result.TryGetProperty("resultType", out _));
        Assert.Equal("{}", ping.Result.GetRawText());
    }

    [Theory]
    [InlineData("/mcp", "other")]
    [InlineData("/m/another/mcp", "soc")]
    public async Task Session_IsNotFound_ForAnotherAgentOrMission(string path, string agent)
    {
        var session = await _host.OpenSessionAsync();

        var foreign = await _host.LegacyAsync(Call, session, path, agent);
        var invented = await _host.LegacyAsync(Call, "no-such-session");
        var own = await _host.LegacyAsync(Call, session);

        Assert.Equal(HttpStatusCode.NotFound, foreign.Status);
        Assert.Equal(invented.Last.GetRawText(), foreign.Last.GetRawText());
        Assert.Equal(HttpStatusCode.OK, own.Status);
        Assert.Single(_host.Enforcement.Calls);
    }

    [Fact]
    public async Task Session_IsNeeded_BeforeAnythingButInitialize()
    {
        var bare = await _host.LegacyAsync(Call, session: null);
        var again = await _host.LegacyAsync(WireHost.InitializeBody("2025-11-25"), await _host.OpenSessionAsync());

        Assert.All([bare, again], answer => Assert.Equal((HttpStatusCode.BadRequest, -32600), (answer.Status, answer.ErrorCode)));
    }

    [Fact]
    public async Task Session_KeepsItsVersion_WhateverVersionOfItsEraARequestNames()
    {
        var session = await _host.OpenSessionAsync();

        var first = await _host.LegacyAsync(List, session, version: "2025-11-25");
        var older = await _host.LegacyAsync(List, session, version: "2025-06-18");
        var unknown = await _host.LegacyAsync(List, session, version: "2025-06-19");

        Assert.All([first, older], answer => Assert.Equal(3, answer.Result.GetProperty("tools").GetArrayLength()));
        Assert.Equal(-32022, unknown.ErrorCode);
    }

    [Theory]
    [InlineData("resources/write")]
    [InlineData("server/discover")]
    [InlineData("subscriptions/listen")]
    [InlineData("nonsense")]
    public async Task Method_IsNotFound_WithoutEndingTheSession(string method)
    {
        var session = await _host.OpenSessionAsync();

        var unknown = await _host.LegacyAsync($$"""{"jsonrpc":"2.0","id":1,"method":"{{method}}"}""", session);
        var list = await _host.LegacyAsync(List, session);

        Assert.Equal((HttpStatusCode.OK, -32601), (unknown.Status, unknown.ErrorCode));
        Assert.Equal(HttpStatusCode.OK, list.Status);
    }

    [Fact]
    public async Task Id_IsRefused_WhileARequestOfItIsInFlight()
    {
        var entered = new TaskCompletionSource();
        var release = new TaskCompletionSource();
        _host.Enforcement.OnCall = async (call, _, _) =>
        {
            entered.TrySetResult();
            await release.Task;
            return FakeEnforcement.Answer(call.Tool);
        };
        var session = await _host.OpenSessionAsync();

        var first = _host.LegacyAsync(Call, session);
        await entered.Task;
        var second = await _host.LegacyAsync(Call, session);
        release.SetResult();
        var answered = await first;
        var third = await _host.LegacyAsync(Call, session);

        Assert.Equal((HttpStatusCode.BadRequest, -32600), (second.Status, second.ErrorCode));
        Assert.Equal(HttpStatusCode.OK, answered.Status);
        Assert.Equal(HttpStatusCode.OK, third.Status);
        Assert.Equal(2, _host.Enforcement.Calls.Count);
    }

    [Fact]
    public async Task Cancelled_ReachesTheCall_AndEndsItsResponse()
    {
        var (entered, cancelled) = WatchOneCall();
        var session = await _host.OpenSessionAsync();

        var call = _host.LegacyAsync(Call, session);
        await entered;
        await _host.LegacyAsync("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"r"}}""", session);

        await cancelled;
        Assert.Empty((await call).Messages);
    }

    [Fact]
    public async Task Cancelled_OfAnotherSession_ReachesNothing()
    {
        var (entered, cancelled) = WatchOneCall();
        var session = await _host.OpenSessionAsync();
        var other = await _host.OpenSessionAsync();

        var call = _host.LegacyAsync(Call, session);
        await entered;
        await _host.LegacyAsync("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}""", other);
        await _host.LegacyAsync("""{"jsonrpc":"2.0","id":3,"method":"ping"}""", other);

        Assert.False(cancelled.IsCompleted);
        await _host.LegacyAsync("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}""", session);
        await cancelled;
        await call;
    }

    [Fact]
    public async Task Delete_EndsTheSessionAndItsCalls()
    {
        var (entered, cancelled) = WatchOneCall();
        var session = await _host.OpenSessionAsync();

        var call = _host.LegacyAsync(Call, session);
        await entered;
        using var delete = new HttpRequestMessage(HttpMethod.Delete, "/mcp");
        WireHost.Address(delete, "soc");
        delete.Headers.Add("Mcp-Session-Id", session);
        await _host.SendAsync(delete);

        await cancelled;
        Assert.Empty((await call).Messages);
        Assert.Equal(HttpStatusCode.NotFound, (await _host.LegacyAsync(List, session)).Status);
    }

    [Fact]
    public async Task Stream_TellsThatTheListOfItsMissionChanged()
    {
        var session = await _host.OpenSessionAsync("/m/one/mcp");
        using var get = new HttpRequestMessage(HttpMethod.Get, "/m/one/mcp");
        WireHost.Address(get, "soc");
        get.Headers.Add("Mcp-Session-Id", session);
        using var stream = await EventStream.OpenAsync(_host, get);

        _host.Enforcement.ChangeTools(new("two"));
        _host.Enforcement.ChangeTools(new("one"));
        var notice = await stream.NextAsync();

        Assert.Equal("""notifications/tools/list_changed""", notice.GetProperty("method").GetString());
    }

    [Theory]
    [InlineData("warning", new[] { "error" })]
    [InlineData("debug", new[] { "debug", "error" })]
    public async Task LogNotices_PassFromTheLevelThatWasSet(string level, string[] expected)
    {
        _host.Enforcement.OnCall = async (call, notices, token) =>
        {
            await notices.SendAsync("notifications/message", JsonElement.Parse("""{"level":"debug","data":1}"""), token);
            await notices.SendAsync("notifications/message", JsonElement.Parse("""{"level":"error","data":2}"""), token);
            return FakeEnforcement.Answer(call.Tool);
        };
        var session = await _host.OpenSessionAsync();

        await _host.LegacyAsync($$$"""{"jsonrpc":"2.0","id":3,"method":"logging/setLevel","params":{"level":"{{{level}}}" } }""", session);
        var answer = await _host.LegacyAsync(Call, session);

        Assert.Equal(expected, answer.Messages.SkipLast(1).Select(message => message.GetProperty("params").GetProperty("level").GetString()));
    }

    [Fact]
    public async Task AnswerOfACancelledCall_IsToldToEnforcement()
    {
        var (entered, cancelled) = WatchOneCall(call => FakeEnforcement.Answer(call.Tool) with
        {
            Effect = new CarriedOut(call.Mission, call.Agent.Id, new ToolId(new BackendId("mail"), "send"), Digest.Zero, 2),
        });
        var session = await _host.OpenSessionAsync();
        var call = _host.LegacyAsync(Call, session);
        await entered;

        await _host.LegacyAsync("""{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1,"reason":"r"}}""", session);

        await cancelled;
        await call;
        Assert.Single(_host.Enforcement.Lost);
    }

    private (Task Entered, Task Cancelled) WatchOneCall(Func<AgentCall, CallAnswer>? answer = null)
    {
        var entered = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        _host.Enforcement.OnCall = async (call, _, token) =>
        {
            await using var registration = token.Register(() => cancelled.TrySetResult());
            entered.TrySetResult();
            await cancelled.Task;
            return answer?.Invoke(call) ?? FakeEnforcement.Answer(call.Tool);
        };
        return (entered.Task, cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20)));
    }
}

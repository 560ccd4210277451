using System.Net;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

/// <summary>More at once than the proxy takes: turned away before it costs work, and no agent can take all places or streams.</summary>
public sealed class CrowdTests : IAsyncLifetime
{
    private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WireHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await WireHost.StartAsync(("Wire:RequestsInFlightMax", "10"), ("Wire:ListenStreamsMax", "2"));
        _host.Enforcement.OnCall = async (call, _, cancellationToken) =>
        {
            if (call.Tool == "held") await _end.Task.WaitAsync(cancellationToken);
            return FakeEnforcement.Answer(call.Tool);
        };
    }

    public ValueTask DisposeAsync()
    {
        _end.TrySetResult();
        return _host.DisposeAsync();
    }

    [Fact]
    public async Task OneAgent_GetsHalfOfThePlaces_AndAllOfThemAreBounded()
    {
        var first = await HoldAsync("one", 5);
        var ofOne = await CallAsync("one");
        var other = await CallAsync("two");
        var second = await HoldAsync("two", 5);
        var third = await CallAsync("three");
        _end.SetResult();
        await Task.WhenAll([.. first, .. second]);
        var after = await CallAsync("one");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ofOne.Status);
        Assert.Equal(1003, ofOne.ErrorCode);
        Assert.Equal(TimeSpan.FromSeconds(1), ofOne.Headers.RetryAfter!.Delta);
        Assert.Equal(HttpStatusCode.OK, other.Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, third.Status);
        Assert.Equal(HttpStatusCode.OK, after.Status);
    }

    [Fact]
    public async Task Crowd_IsTurnedAway_BeforeItsBodyIsRead()
    {
        var held = await HoldAsync("one", 5);
        using var raw = new RawHttp(_host.Url);

        var (answer, _) = await raw.SendAsync(
            "POST /mcp HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer one\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n\r\n{",
            TimeSpan.FromSeconds(3),
            TestContext.Current.CancellationToken);
        _end.SetResult();
        await Task.WhenAll(held);

        Assert.StartsWith("HTTP/1.1 503", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streams_AreBounded_ForEachAgent_AndTakeNoPlaceOfCalls()
    {
        using var listening = new CancellationTokenSource();
        var open = new List<HttpResponseMessage>();
        for (var stream = 0; stream < 2; stream++)
        {
            open.Add(await ListenAsync("one", listening.Token));
            open.Add(await GetAsync("one", listening.Token));
            open.Add(await ListenAsync("two", listening.Token));
        }

        var held = await HoldAsync("one", 4);
        using var surplusListen = await ListenAsync("one", listening.Token);
        using var surplusGet = await GetAsync("one", listening.Token);
        var surplus = await Answer.OfAsync(surplusListen);
        var call = await CallAsync("one");
        using var another = await GetAsync("two", listening.Token);

        Assert.All(open, response => Assert.Equal(HttpStatusCode.OK, response.StatusCode));
        Assert.Equal(1003, surplus.ErrorCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, surplusGet.StatusCode);
        Assert.Equal(HttpStatusCode.OK, call.Status);
        Assert.Equal(HttpStatusCode.OK, another.StatusCode);

        open.ForEach(response => response.Dispose());
        await listening.CancelAsync();
        _end.SetResult();
        await Task.WhenAll(held);
    }

    private async Task<Task<Answer>[]> HoldAsync(string agent, int count)
    {
        var before = _host.Enforcement.Calls.Count;
        var calls = Enumerable.Range(0, count).Select(_ => CallAsync(agent, "held")).ToArray();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (_host.Enforcement.Calls.Count < before + count)
            await Task.Delay(5, limit.Token);
        return calls;
    }

    private Task<Answer> CallAsync(string agent, string tool = "siem_get_alert")
    {
        var request = WireHost.Modern("tools/call", $$"""{"name":"{{tool}}"}""");
        request.Agent = agent;
        return request.SendAsync(_host);
    }

    private async Task<HttpResponseMessage> ListenAsync(string agent, CancellationToken cancellationToken)
    {
        var request = WireHost.Modern("subscriptions/listen", """{"notifications":{"toolsListChanged":true}}""");
        request.Agent = agent;
        using var message = request.ToMessage();
        return await _host.Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    /// <summary>Opens the notice stream of a session of its own.</summary>
    private async Task<HttpResponseMessage> GetAsync(string agent, CancellationToken cancellationToken)
    {
        var session = await _host.OpenSessionAsync(agent: agent);
        using var message = new HttpRequestMessage(HttpMethod.Get, "/mcp");
        WireHost.Address(message, agent);
        message.Headers.Add("Mcp-Session-Id", session);
        return await _host.Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }
}

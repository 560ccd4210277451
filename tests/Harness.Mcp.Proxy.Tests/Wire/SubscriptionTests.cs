using System.Collections.Concurrent;
using System.Text.Json;
using Harness.Mcp.Proxy.Enforcement;
using Harness.Mcp.Proxy.Enforcement.Reads;
using Harness.Mcp.Proxy.Wire.Reads;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

/// <summary>Subscriptions of agents of both eras, and what they are told.</summary>
public sealed class SubscriptionTests : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, Action<string>> _watched = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _ended = new();
    private WireHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _host = await WireHost.StartAsync(("Wire:ListNoticeInterval", "00:00:00.200"));
        _host.Enforcement.OnWatch = (read, updated) =>
        {
            if (read.Tool.StartsWith("hidden", StringComparison.Ordinal))
                return new WatchAnswer.Refused(new CallAnswer.Error(JsonElement.Parse("""{"code":1005,"message":"m","data":{"reason":"arguments_not_granted"}}""")));
            if (read.Tool.StartsWith("quiet", StringComparison.Ordinal))
                return new WatchAnswer.NotTold();
            _watched[read.Tool] = updated;
            return new WatchAnswer.Watching(new Ended(() => _ended.Enqueue(read.Tool)));
        };
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Listen_WatchesWhatIsGranted_AndTellsTaggedNotices()
    {
        using (var stream = await ListenAsync("""{"resourceSubscriptions":["n+note://1","hidden+x:1","quiet+x:1"],"resourcesListChanged":true}"""))
        {
            var acknowledged = await stream.NextAsync();
            _watched["n+note://1"]("n+note://1/part");
            var updated = await stream.NextAsync();

            Assert.Equal(
                """{"resourcesListChanged":true,"resourceSubscriptions":["n+note://1"]}""",
                acknowledged.GetProperty("params").GetProperty("notifications").GetRawText());
            Assert.Equal("notifications/resources/updated", updated.GetProperty("method").GetString());
            Assert.Equal("n+note://1/part", updated.GetProperty("params").GetProperty("uri").GetString());
            Assert.Equal(1, updated.GetProperty("params").GetProperty("_meta").GetProperty("io.modelcontextprotocol/subscriptionId").GetInt32());
            Assert.Empty(_ended);
        }

        await UntilAsync(() => !_ended.IsEmpty);
        Assert.Equal(["n+note://1"], _ended);
    }

    [Theory]
    [InlineData("""{"resourceSubscriptions":"n+note://1"}""")]
    [InlineData("""{"resourceSubscriptions":[1]}""")]
    public async Task MisshapenListen_IsRefused(string notifications)
    {
        var answer = await WireHost.Modern("subscriptions/listen", $$"""{"notifications":{{notifications}}}""").SendAsync(_host);

        Assert.Equal(-32602, answer.ErrorCode);
        Assert.Empty(_watched);
    }

    [Fact]
    public async Task ManyUpdates_BecomeFewNotices_AndTheLastIsTold()
    {
        using var stream = await ListenAsync("""{"resourceSubscriptions":["n+note://1"]}""");
        await stream.NextAsync();

        var told = 0;
        var reading = Task.Run(async () =>
        {
            while (true)
            {
                await stream.NextAsync();
                Interlocked.Increment(ref told);
            }
        }, TestContext.Current.CancellationToken);
        for (var signal = 0; signal < 10_000; signal++) _watched["n+note://1"]("n+note://1");
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);

        Assert.InRange(Volatile.Read(ref told), 1, 6);
        Assert.False(reading.IsCompleted);
    }

    [Fact]
    public async Task Update_IsNotTold_OfWhatCannotBeReadAnyMore()
    {
        using var stream = await ListenAsync("""{"resourceSubscriptions":["n+note://1","n+note://2"]}""");
        await stream.NextAsync();
        _host.Enforcement.MayRead = read => read.Tool.EndsWith('2');

        _watched["n+note://1"]("n+note://1");
        _watched["n+note://2"]("n+note://2");

        Assert.Equal("n+note://2", (await stream.NextAsync()).GetProperty("params").GetProperty("uri").GetString());
    }

    [Fact]
    public async Task ListChange_IsTold_OnlyWhereTheListIsAnother()
    {
        _host.Enforcement.Reads = _ => [Read("a")];
        using var stream = await ListenAsync("""{"resourcesListChanged":true,"promptsListChanged":true}""");
        await stream.NextAsync();

        for (var signal = 0; signal < 100; signal++) _host.Enforcement.ChangeList(ReadList.Resources);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        _host.Enforcement.Reads = list => list == ReadList.Prompts ? [Read("a"), Read("b")] : [Read("a")];
        _host.Enforcement.ChangeList(ReadList.Prompts);
        var first = await stream.NextAsync();
        _host.Enforcement.Reads = list => list == ReadList.Prompts ? [Read("a"), Read("b")] : [Read("c")];
        _host.Enforcement.ChangeList(ReadList.Templates);
        var second = await stream.NextAsync();

        Assert.Equal(["notifications/prompts/list_changed", "notifications/resources/list_changed"], [first.GetProperty("method").GetString(), second.GetProperty("method").GetString()]);
    }

    [Fact]
    public async Task Session_SubscribesOnce_AndIsToldOverItsStream()
    {
        var session = await _host.OpenSessionAsync();
        using var get = new HttpRequestMessage(HttpMethod.Get, "/mcp");
        WireHost.Address(get, "soc");
        get.Headers.Add("Mcp-Session-Id", session);
        using var stream = await EventStream.OpenAsync(_host, get);

        var subscribed = await AskAsync("resources/subscribe", "n+note://1", session);
        await AskAsync("resources/subscribe", "n+note://1", session);
        _watched["n+note://1"]("n+note://1");
        var updated = await stream.NextAsync();
        var unsubscribed = await AskAsync("resources/unsubscribe", "n+note://1", session);
        var unknown = await AskAsync("resources/unsubscribe", "n+note://9", session);

        Assert.Equal("{}", subscribed.Result.GetRawText());
        Assert.Equal("n+note://1", updated.GetProperty("params").GetProperty("uri").GetString());
        Assert.Equal("{}", unsubscribed.Result.GetRawText());
        Assert.Equal("{}", unknown.Result.GetRawText());
        Assert.Equal(["n+note://1"], _ended);
    }

    [Fact]
    public async Task Session_IsRefused_WhatItCouldNotRead_AndToldWhatIsNotAnnounced()
    {
        var session = await _host.OpenSessionAsync();

        Assert.Equal(1005, (await AskAsync("resources/subscribe", "hidden+x:1", session)).ErrorCode);
        Assert.Equal(1006, (await AskAsync("resources/subscribe", "quiet+x:1", session)).ErrorCode);
        Assert.Equal(-32601, (await WireHost.Modern("resources/subscribe", """{"uri":"n+note://1"}""").SendAsync(_host)).ErrorCode);
    }

    [Fact]
    public async Task Session_WatchesABoundedNumber_AndEndsWithThemAll()
    {
        var session = await _host.OpenSessionAsync();
        for (var number = 0; number < UpdateNotices.ResourcesMax; number++)
            Assert.True((await AskAsync("resources/subscribe", $"n+note://{number}", session)).Last.TryGetProperty("result", out _));

        Assert.Equal(1006, (await AskAsync("resources/subscribe", "n+note://more", session)).ErrorCode);
        using var delete = new HttpRequestMessage(HttpMethod.Delete, "/mcp");
        WireHost.Address(delete, "soc");
        delete.Headers.Add("Mcp-Session-Id", session);
        await _host.SendAsync(delete);

        await UntilAsync(() => _ended.Count == UpdateNotices.ResourcesMax);
    }

    private static ListedRead Read(string key) => new(key, JsonElement.Parse("{}"));

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!condition())
            await Task.Delay(20, limit.Token);
    }

    private Task<Answer> AskAsync(string method, string uri, string session) =>
        _host.LegacyAsync($$$"""{"jsonrpc":"2.0","id":"{{{method}}}{{{uri}}}","method":"{{{method}}}","params":{"uri":"{{{uri}}}"}}""", session);

    private async Task<EventStream> ListenAsync(string notifications)
    {
        using var message = WireHost.Modern("subscriptions/listen", $$"""{"notifications":{{notifications}}}""").ToMessage();
        return await EventStream.OpenAsync(_host, message);
    }

    private sealed class Ended(Action end) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            end();
            return default;
        }
    }
}

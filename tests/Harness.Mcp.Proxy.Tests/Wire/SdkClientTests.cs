using System.Collections.Concurrent;
using System.Text.Json;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

/// <summary>The C# SDK's own client against the wire, in both eras.</summary>
public sealed class SdkClientTests : IAsyncLifetime
{
    private WireHost _host = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _host = await WireHost.StartAsync(("Wire:ListNoticeInterval", "00:00:00"));

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData("2026-07-28")]
    [InlineData("2025-11-25")]
    [InlineData("2025-06-18")]
    [InlineData(null)]
    public async Task Client_ListsAndCalls(string? version)
    {
        await using var client = await ConnectAsync(version);

        var tools = await client.ListToolsAsync(cancellationToken: Cancellation);
        var result = await client.CallToolAsync("geo_find", new Dictionary<string, object?> { ["region"] = "Zürich", ["zone"] = 7 }, cancellationToken: Cancellation);

        Assert.Equal(version ?? "2026-07-28", client.NegotiatedProtocolVersion);
        Assert.Equal("harness-mcp", client.ServerInfo?.Name);
        Assert.Equal(["geo_find", "mail_send", "siem_get_alert"], tools.Select(tool => tool.Name));
        Assert.Equal("geo_find", Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text);
    }

    [Theory]
    [InlineData("2026-07-28")]
    [InlineData("2025-11-25")]
    public async Task Client_GetsAllProgress(string version)
    {
        _host.Enforcement.OnCall = async (call, notices, token) =>
        {
            for (var i = 1; i <= 180; i++) await notices.SendAsync("notifications/progress", JsonElement.Parse($$"""{"progress":{{i}}}"""), token);
            return FakeEnforcement.Answer(call.Tool);
        };
        await using var client = await ConnectAsync(version);
        var all = new TaskCompletionSource();
        var seen = new ConcurrentBag<int>();
        await using var registration = client.RegisterNotificationHandler("notifications/progress", (notice, _) =>
        {
            seen.Add((int)notice.Params!["progress"]!);
            if (seen.Count == 180) all.TrySetResult();
            return default;
        });

        await client.SendRequestAsync(
            new JsonRpcRequest { Method = "tools/call", Params = System.Text.Json.Nodes.JsonNode.Parse("""{"name":"x","_meta":{"progressToken":"t"}}""") },
            Cancellation);
        await all.Task.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);

        Assert.Equal(Enumerable.Range(1, 180), seen.Order());
    }

    [Fact]
    public async Task ModernClient_CancelsItsCall()
    {
        var (entered, cancelled) = WatchOneCall();
        await using var client = await ConnectAsync("2026-07-28");
        using var cancelling = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);

        var call = client.CallToolAsync("x", cancellationToken: cancelling.Token);
        await entered;
        await cancelling.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await call);
        await cancelled;
    }

    /// <summary>In this era a broken connection is no cancellation, and the SDK's client says nothing else; but it ends its session.</summary>
    [Fact]
    public async Task LegacyClient_CancelsItsCalls_WhenItEnds()
    {
        var (entered, cancelled) = WatchOneCall();
        var client = await ConnectAsync("2025-11-25");

        var call = client.CallToolAsync("x", cancellationToken: Cancellation);
        await entered;
        await client.DisposeAsync();

        await cancelled;
        await Assert.ThrowsAnyAsync<Exception>(async () => await call);
    }

    private (Task Entered, Task Cancelled) WatchOneCall()
    {
        var entered = new TaskCompletionSource();
        var cancelled = new TaskCompletionSource();
        _host.Enforcement.OnCall = async (call, _, token) =>
        {
            await using var registration = token.Register(() => cancelled.TrySetResult());
            entered.TrySetResult();
            await cancelled.Task;
            return FakeEnforcement.Answer(call.Tool);
        };
        return (entered.Task, cancelled.Task.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    private Task<McpClient> ConnectAsync(string? version) => McpClient.CreateAsync(
        new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = new Uri(_host.Url, "/mcp"),
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = new Dictionary<string, string> { ["Authorization"] = "Bearer soc" },
        }),
        new McpClientOptions { ProtocolVersion = version },
        cancellationToken: Cancellation);
}

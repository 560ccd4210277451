using System.Text.Json.Nodes;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Clients;

/// <summary>Clients that cancel, go away, repeat themselves or ask too much.</summary>
public sealed class LettingGoTests : IAsyncLifetime
{
    private const int CallsInFlightMax = 4;

    private const string Grants = """
        grants:
          - read: [scripted/echo, scripted/silent]
        """;

    private readonly HomeUnderTest _home = new HomeUnderTest($$"""
        "Wire": { "CallsInFlightMax": {{CallsInFlightMax}} }
        """).WithMission(Grants).WithMission(Grants, "other");

    private readonly RecordFile _record;
    private RunningProxy? _proxy;
    private string _mission = "";

    public LettingGoTests()
    {
        _record = new RecordFile(_home.PathOf("record.jsonl"));
        _home.WithScript("scripted", new Script { RecordFile = _record.Path });
    }

    private RunningProxy Proxy => _proxy ?? throw new InvalidOperationException("The proxy was not started.");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _mission = await _home.OpenMissionAsync(Cancellation);
        _proxy = await _home.RunAsync(Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
            await _proxy.DisposeAsync();
        _home.Dispose();
    }

    [Fact(Timeout = 120_000)]
    public async Task CancelNotice_ReachesTheBackend_AndTheCallSettlesUnknown()
    {
        using var agent = await SessionAgent.OpenAsync(Proxy.Endpoint(_mission), Cancellation);
        var call = agent.CallAsync("scripted_silent", 7, Cancellation);
        await _record.WaitAsync("\"silent\"", Cancellation);
        var repeated = await agent.CallAsync("scripted_echo", 7, Cancellation);

        await agent.NotifyAsync("notifications/cancelled", new JsonObject { ["requestId"] = 7 }, Cancellation);

        Assert.Contains("use a new id", repeated.Message.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => call); // A cancelled request ends without an answer.
        await AssertCancelledAsync();
        Assert.False((await agent.CallAsync("scripted_echo", 7, Cancellation)).IsError);
    }

    [Fact(Timeout = 120_000)]
    public async Task Disconnect_ReachesTheBackend_AndTheCallSettlesUnknown()
    {
        using var agent = new HttpAgent(Proxy.Endpoint(_mission));
        using var impatience = new CancellationTokenSource();
        var call = agent.CallAsync("scripted_silent", impatience.Token);
        await _record.WaitAsync("\"silent\"", Cancellation);

        await impatience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await AssertCancelledAsync();
        Assert.False((await agent.CallAsync("scripted_echo", Cancellation)).IsError);
    }

    [Fact(Timeout = 120_000)]
    public async Task RepeatedId_GetsEachCallItsOwnAnswer()
    {
        using var agent = new HttpAgent(Proxy.Endpoint(_mission));

        for (var round = 0; round < 5; round++)
        {
            var calls = Enumerable.Range(0, CallsInFlightMax)
                .Select(number => agent.CallAsync("scripted_echo", Cancellation, new { number }, id: JsonValue.Create(1)));
            var answers = await Task.WhenAll(calls);

            Assert.All(answers, answer => Assert.Equal(1, answer.Message.GetProperty("id").GetInt32()));
            Assert.Equal(
                Enumerable.Range(0, CallsInFlightMax),
                answers.Select(answer => answer.Result.GetProperty("structuredContent").GetProperty("arguments").GetProperty("number").GetInt32()));
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Flood_IsDeniedReadably_WhileOthersAreServed()
    {
        using var flooding = new HttpAgent(Proxy.Endpoint(_mission));
        using var other = new HttpAgent(Proxy.Endpoint(await _home.OpenMissionAsync(Cancellation, "other")));
        using var impatience = new CancellationTokenSource();
        var held = Enumerable.Range(0, CallsInFlightMax).Select(_ => flooding.CallAsync("scripted_silent", impatience.Token)).ToArray();
        await _record.WaitAsync("\"silent\"", Cancellation, CallsInFlightMax);

        var denied = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => flooding.CallAsync("scripted_echo", Cancellation)));
        var served = await other.CallAsync("scripted_echo", Cancellation);

        Assert.All(denied, answer => Assert.Equal("overloaded", answer.Reason));
        Assert.Contains($"{CallsInFlightMax} calls in flight", denied[0].Text, StringComparison.Ordinal);
        Assert.False(served.IsError);

        await impatience.CancelAsync();
        foreach (var call in held)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await _record.WaitAsync("notifications/cancelled", Cancellation, CallsInFlightMax);
        while ((await flooding.CallAsync("scripted_echo", Cancellation)).Reason == "overloaded")
            await Task.Yield();
    }

    private async Task AssertCancelledAsync()
    {
        await _record.WaitAsync("notifications/cancelled", Cancellation);
        ChainRecords chain;
        do
            chain = await _home.ExportAsync(_mission, Cancellation);
        while (!chain.Settled.Any());

        Assert.Equal("unknown", chain.OutcomeOf(Assert.Single(chain.Admitted)));
    }
}

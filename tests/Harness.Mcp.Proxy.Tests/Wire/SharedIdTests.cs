using Xunit;

namespace Harness.Mcp.Proxy.Tests.Wire;

/// <summary>Many clients that use the same request id at once: each gets its own answer, and can cancel its own call alone.</summary>
public sealed class SharedIdTests : IAsyncLifetime
{
    private const int Clients = 1_000;
    private const int Sessions = 100;

    private WireHost _host = null!;

    public async ValueTask InitializeAsync() => _host = await WireHost.StartAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task ThousandClients_WithOneId_GetEachItsOwnAnswer()
    {
        var names = Enumerable.Range(0, Clients).Select(number => $"tool{number}").ToArray();
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var arrived = 0;
        _host.Enforcement.OnCall = async (call, _, _) =>
        {
            if (Interlocked.Increment(ref arrived) == Clients) all.SetResult();
            await all.Task;
            return FakeEnforcement.Answer(call.Tool);
        };

        var answers = await Task.WhenAll(names.Select(async name =>
        {
            var request = WireHost.Modern("tools/call", $$"""{"name":"{{name}}"}""");
            request.Agent = name;
            return await request.SendAsync(_host);
        }));

        Assert.Equal(names, answers.Select(answer => answer.Result.GetProperty("content")[0].GetProperty("text").GetString()));
        Assert.All(answers, answer => Assert.Equal(1, answer.Last.GetProperty("id").GetInt32()));
    }

    [Fact]
    public async Task Sessions_CancelTheirOwnCallsAlone_ThoughAllIdsAreAlike()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new System.Collections.Concurrent.ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        using var arrived = new CountdownEvent(Sessions);
        _host.Enforcement.OnCall = async (call, _, cancellationToken) =>
        {
            arrived.Signal();
            try
            {
                await held.Task.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                cancelled[call.Tool] = true;
                throw;
            }

            return FakeEnforcement.Answer(call.Tool);
        };

        var agents = Enumerable.Range(0, Sessions).Select(number => $"agent{number}").ToArray();
        var sessions = await Task.WhenAll(agents.Select(agent => _host.OpenSessionAsync(agent: agent)));
        var calls = agents.Zip(sessions).Select(pair => _host.LegacyAsync(
            $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"{{{pair.First}}}"}}""", pair.Second, agent: pair.First)).ToArray();
        Assert.True(arrived.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));

        const string Cancel = """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}""";
        for (var number = 0; number < Sessions; number += 2)
        {
            // Under its own session, but by the neighbour: not found. Then by itself.
            Assert.Equal(System.Net.HttpStatusCode.NotFound, (await _host.LegacyAsync(Cancel, sessions[number + 1], agent: agents[number])).Status);
            await _host.LegacyAsync(Cancel, sessions[number], agent: agents[number]);
        }

        var ended = await Task.WhenAll(calls.Where((_, number) => number % 2 == 0));
        held.SetResult();
        var answered = await Task.WhenAll(calls.Where((_, number) => number % 2 == 1));

        Assert.All(ended, answer => Assert.Empty(answer.Messages));
        Assert.Equal(agents.Where((_, number) => number % 2 == 1), answered.Select(Text));
        Assert.Equal(agents.Where((_, number) => number % 2 == 0).Order(StringComparer.Ordinal), cancelled.Keys.Order(StringComparer.Ordinal));
    }

    private static string? Text(Answer answer) => answer.Result.GetProperty("content")[0].GetProperty("text").GetString();
}

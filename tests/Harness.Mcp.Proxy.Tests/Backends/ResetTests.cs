using System.Collections.Concurrent;
using Harness.Mcp.Proxy.Backends.Channels;
using Harness.Mcp.Proxy.Backends.Configuration;
using Harness.Mcp.Proxy.Backends.Wire;
using Harness.Mcp.TestKit.Faults;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Harness.Mcp.Proxy.Tests.Backends;

/// <summary>Connections that break after a call was sent: nothing is sent a second time, and it is said that nobody knows.</summary>
public sealed class ResetTests
{
    private const int Workers = 16;

    private static readonly string[] Ends = ["answer", "reset", "close", "half", "headers"];

    [Fact]
    public async Task Reset_AfterTheCallWasSent_IsLost_AndTheEffectHappensOnce()
    {
        var calls = FaultRun.Times(2_000, 1_000_000);
        await using var backend = new ResettingBackend();
        using var client = HttpWire.NewClient(TimeSpan.FromSeconds(5));
        await using var opened = await OpenAsync(backend, client);
        var replies = new ConcurrentDictionary<string, int>(StringComparer.Ordinal);
        var last = -1;

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Task.Run(async () =>
        {
            for (var number = Interlocked.Increment(ref last); number < calls; number = Interlocked.Increment(ref last))
            {
                var end = Ends[number % Ends.Length];
                var reply = await opened.CallAsync("t", $$"""{"n":{{number}},"end":"{{end}}"}""", wantsProgress: false);
                replies.AddOrUpdate($"{end} {reply.GetType().Name}", 1, static (_, times) => times + 1);
            }
        })));

        var duplicates = backend.Effects.Count(effect => effect.Value > 1);
        FaultRun.Report("reset_calls", calls);
        FaultRun.Report("reset_duplicates", duplicates);
        Assert.Equal(0, duplicates);
        Assert.Equal(calls, backend.Effects.Count);
        Assert.Equal(
            ["answer Result", "close Lost", "half Lost", "headers Lost", "reset Lost"],
            replies.Keys.Order(StringComparer.Ordinal));
    }

    private static async Task<Opened> OpenAsync(ResettingBackend backend, HttpMessageInvoker client)
    {
        var opened = new Opened { Channel = null! };
        var connection = new BackendConnection.Http(backend.Endpoint, System.Collections.Immutable.ImmutableDictionary<string, Secret>.Empty);
        var wire = new HttpWire(connection, client, 1024 * 1024, opened, TimeProvider.System);
        opened.Channel = await BackendChannel.OpenAsync(
            wire, EraPreference.Modern, Opened.NoInputs, new BackendLimits(), TimeProvider.System, NullLogger.Instance, TestContext.Current.CancellationToken);
        return opened;
    }
}

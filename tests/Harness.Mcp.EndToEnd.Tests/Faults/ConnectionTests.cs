using System.Text;
using Harness.Mcp.EndToEnd.Tests.Agents;
using Harness.Mcp.EndToEnd.Tests.Homes;
using Harness.Mcp.TestKit.Backends;
using Harness.Mcp.TestKit.Faults;
using Harness.Mcp.TestKit.Processes;
using Xunit;

namespace Harness.Mcp.EndToEnd.Tests.Faults;

/// <summary>Clients that connect and go away, or connect and stay without asking anything.</summary>
public sealed class ConnectionTests
{
    private const int Workers = 8;
    private const long Mebibyte = 1024 * 1024;

    /// <summary>Little memory at rest, so that what stays is seen.</summary>
    private static readonly Dictionary<string, string?> Frugal = new(StringComparer.Ordinal)
    {
        ["DOTNET_gcServer"] = "0", ["DOTNET_gcConcurrent"] = "0", ["DOTNET_GCgen0size"] = "0x400000", ["DOTNET_GCConserveMemory"] = "9",
    };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 7_200_000)]
    public async Task ClientsThatConnectAndAbort_LeaveNoMemoryBehind()
    {
        var connects = FaultRun.Times(4_000, 1_000_000);
        await using var backend = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        using var home = Home(backend, "\"Wire\": { \"IdleSessionsMax\": 50 }");
        var mission = await home.OpenMissionAsync(Cancellation);
        await using var proxy = await home.RunAsync(Cancellation, Frugal);
        var endpoint = proxy.Endpoint(mission);

        await ConnectAsync(endpoint, 8_000); // Code that is compiled anew while it is hot takes memory too.
        var before = await RestingMemoryAsync(proxy, endpoint);
        await ConnectAsync(endpoint, connects);
        var after = await RestingMemoryAsync(proxy, endpoint);

        var slope = (after - before) / (double)Mebibyte;
        FaultRun.Report("connects", connects);
        FaultRun.Report("connects_memory_before_mib", before / (double)Mebibyte);
        FaultRun.Report("connects_memory_slope_mib", slope);
        using var agent = new HttpAgent(endpoint);
        Assert.False((await agent.CallAsync("one_echo", Cancellation)).IsError);
        Assert.True(slope < 5, $"It grew by {slope:0.0} MiB.");
    }

    [Fact(Timeout = 1_200_000)]
    public async Task StalledConnections_NeitherSlowTheOthers_NorFillTheMemory()
    {
        var count = Math.Min(FaultRun.Times(1_000, 50_000), ProcessTable.OpenFilesMax - 2_000);
        await using var backend = await ScriptedHttp.StartAsync(new Script { IsModern = true, IsLegacy = false });
        backend.AnswersJson = true;
        using var home = Home(backend, "\"Wire\": { \"ConnectionsMax\": 100000 }");
        var mission = await home.OpenMissionAsync(Cancellation);
        await using var proxy = await home.RunAsync(Cancellation, Frugal);
        using var agent = new HttpAgent(proxy.Endpoint(mission));
        var calls = FaultRun.Times(100, 1_000);
        await Latencies.OfCallsAsync(agent, "one_echo", calls, Cancellation);

        var alone = await Latencies.OfCallsAsync(agent, "one_echo", calls, Cancellation);
        var before = ProcessTable.Memory(proxy.Id);
        Latencies crowded;
        long grown;
        await using (var stalled = await StalledConnections.OpenAsync(proxy.Endpoint(mission), count, Cancellation))
        {
            FaultRun.Report("stalled_connections_open", stalled.Open);
            crowded = await Latencies.OfCallsAsync(agent, "one_echo", calls, Cancellation);
            grown = ProcessTable.Memory(proxy.Id) - before;
            if (!FaultRun.IsWhole)
                Assert.True(stalled.Open > count / 2, $"Only {stalled.Open} connections stay open.");

            // Those that came later get in too, since those that stall are closed.
            using var newcomer = new HttpAgent(proxy.Endpoint(mission));
            Assert.False((await newcomer.CallAsync("one_echo", Cancellation)).IsError);
        }

        var after = await Latencies.OfCallsAsync(agent, "one_echo", calls, Cancellation);
        var ratio = crowded.P99 / Math.Max(alone.P99, after.P99);
        FaultRun.Report("stalled_connections", count);
        FaultRun.Report("stalled_p99_over_alone", ratio);
        FaultRun.Report("stalled_memory_grown_mib", grown / (double)Mebibyte);
        Assert.True(ratio <= (FaultRun.IsWhole ? 2 : 6), $"p99 was {crowded.P99:0.0} ms beside {count} stalled connections, {alone.P99:0.0} and {after.P99:0.0} ms alone.");
        Assert.True(grown < (long)count * 40 * 1024 + (64 * Mebibyte), $"Memory grew by {grown / Mebibyte} MiB.");
    }

    private static HomeUnderTest Home(ScriptedHttp backend, params string[] settings) =>
        new HomeUnderTest(settings).WithMission("grants: [ { read: [one/echo] } ]").WithEndpoint("one", backend.Endpoint);

    /// <summary>Handshakes, lists and half requests, each on a connection of its own that is then reset.</summary>
    private static async Task ConnectAsync(Uri endpoint, int count)
    {
        const string Hello = """{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}""";
        var last = 0;
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(async _ =>
        {
            for (var number = Interlocked.Increment(ref last); number <= count; number = Interlocked.Increment(ref last))
            {
                using var tcp = new System.Net.Sockets.TcpClient { LingerState = new System.Net.Sockets.LingerOption(true, 0) };
                await tcp.ConnectAsync(endpoint.Host, endpoint.Port, Cancellation);
                var stream = tcp.GetStream();
                var head = $"POST {endpoint.AbsolutePath} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: {Hello.Length}\r\n\r\n";
                switch (number % 4)
                {
                    case 0:
                        break;
                    case 1:
                        await stream.WriteAsync(Encoding.ASCII.GetBytes(head + Hello[..20]), Cancellation);
                        break;
                    default:
                        await stream.WriteAsync(Encoding.ASCII.GetBytes(head + Hello), Cancellation);
                        _ = await stream.ReadAsync(new byte[1], Cancellation);
                        break;
                }
            }
        }));
    }

    /// <summary>The memory that stays: the least of some looks, while a few calls keep the collector at work.</summary>
    private static async Task<long> RestingMemoryAsync(RunningProxy proxy, Uri endpoint)
    {
        using var agent = new HttpAgent(endpoint);
        var least = long.MaxValue;
        for (var look = 0; look < 4; look++)
        {
            for (var call = 0; call < 50; call++)
                await agent.ListAsync(Cancellation);
            least = Math.Min(least, ProcessTable.Memory(proxy.Id));
        }

        return least;
    }
}

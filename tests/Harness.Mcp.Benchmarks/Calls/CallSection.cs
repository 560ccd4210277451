using static Harness.Mcp.Benchmarks.Figures;

namespace Harness.Mcp.Benchmarks.Calls;

/// <summary>
/// A governed, durable call against the same call made directly, and through plain YARP, in one run. Each slice on a path follows a slice on
/// the direct path, and the ratio is formed pair by pair, so that a machine that slows down slows both. All parts are processes of their own.
/// </summary>
internal static class CallSection
{
    private const string Mission = """
        mission: echo
        objective: Measure what governing costs.
        owner: bench@corp.example
        agents: [bench]
        lifetime: 2h
        grants:
          - tools: [echo/echo]
            args: { text: { maxLength: 200000 } }
        rules:
          - { id: pace, on: ["effect:write"], budget: { max: 100000000 } }
          - { id: no-leak, flow: { label: personal, to: external } }
          - { id: calm, forbid: 'chain.exists(l, l.tool == "echo/panic")' }
        """;

    private const int Rounds = 5;
    private const int MissionsMax = 64;
    private const string Tool = "echo";
    private const int WarmUpRoundsMax = 10;
    private static readonly TimeSpan WarmUpLength = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan SliceLength = TimeSpan.FromSeconds(1);
    private static readonly int[] ClientCounts = [1, 8, 64];

    public static async Task RunAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        var folder = Directory.CreateTempSubdirectory("harness-bench-");
        try
        {
            var backend = Role.FreeUrl();
            var yarp = Role.FreeUrl();
            await using var backendProcess = Role.Start("backend", backend, "0");
            await using var yarpProcess = Role.Start("yarp", yarp, backend);
            var home = await BenchmarkHome.OpenAsync(folder.FullName, Mission, [("echo", Server(backend))], MissionsMax, patience.Token);
            var meter = new ProcessMeter(Path.Combine(folder.FullName, "meter"));
            await using var harness = await home.StartProxyAsync(meter, patience.Token);

            using var driver = new CallDriver();
            var direct = new CallPath("direct", [new Uri(backend + "/mcp")], Tool);
            var plain = new CallPath("yarp", [new Uri(yarp + "/mcp")], Tool);
            var governed = new CallPath("proxied", home.Endpoints, "echo_echo");
            foreach (var path in (CallPath[])[direct, plain, governed])
                await WarmUpAsync(driver, path, patience.Token);

            Print("fdatasync_us", DiskSync.Microseconds(folder.FullName));
            await MeterAsync(driver, governed, meter, patience.Token);
            foreach (var clients in ClientCounts)
                await MeasureAsync(driver, direct, plain, governed, clients, new Load($"c{clients}", new string('x', 100)), folder.FullName);
            await MeasureAsync(driver, direct, plain, governed, 1, new Load("c1_100kb", new string('x', 100 * 1024)), folder.FullName);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>What the proxy's process uses for a call of 100 B, over many calls.</summary>
    private static async Task MeterAsync(CallDriver driver, CallPath governed, ProcessMeter meter, CancellationToken cancellationToken)
    {
        foreach (var clients in (int[])[1, 64])
        {
            var before = await meter.ReadAsync(cancellationToken);
            var calls = (await driver.RunAsync(governed, clients, new string('x', 100), WarmUpLength)).Microseconds.Length;
            var after = await meter.ReadAsync(cancellationToken);
            Print($"proxied_cpu_us_per_call_c{clients}", (after.Microseconds - before.Microseconds) / calls);
            if (clients == 1)
                Print("alloc_kib_per_call", (after.Bytes - before.Bytes) / 1024.0 / calls);
        }
    }

    private static async Task MeasureAsync(CallDriver driver, CallPath direct, CallPath plain, CallPath governed, int clients, Load load, string folder)
    {
        var plainPairs = new List<(Slice Direct, Slice Through)>();
        var governedPairs = new List<(Slice Direct, Slice Through)>();
        var syncs = new List<double>();
        var (name, text) = load;
        for (var round = 0; round < Rounds; round++)
        {
            plainPairs.Add((await driver.RunAsync(direct, clients, text, SliceLength), await driver.RunAsync(plain, clients, text, SliceLength)));
            governedPairs.Add((await driver.RunAsync(direct, clients, text, SliceLength), await driver.RunAsync(governed, clients, text, SliceLength)));
            syncs.Add(DiskSync.Microseconds(folder));
        }

        var directSlices = plainPairs.Concat(governedPairs).Select(pair => pair.Direct).ToList();
        Print($"direct_p50_us_{name}", Median(directSlices.Select(slice => slice.Percentile(0.5))));
        Print($"direct_per_s_{name}", Median(directSlices.Select(slice => slice.Throughput)));
        foreach (var (path, pairs) in ((string, List<(Slice Direct, Slice Through)>)[])[("yarp", plainPairs), ("proxied", governedPairs)])
        {
            Print($"{path}_p50_us_{name}", Median(pairs.Select(pair => pair.Through.Percentile(0.5))));
            Print($"{path}_p99_us_{name}", Median(pairs.Select(pair => pair.Through.Percentile(0.99))));
            Print($"{path}_per_s_{name}", Median(pairs.Select(pair => pair.Through.Throughput)));
            Print($"{path}_over_direct_p50_{name}", Median(pairs.Select(pair => pair.Through.Percentile(0.5) / pair.Direct.Percentile(0.5))));
            Print($"{path}_over_direct_throughput_{name}", Median(pairs.Select(pair => pair.Through.Throughput / pair.Direct.Throughput)));
        }

        Print($"proxied_over_yarp_p50_{name}", Median(governedPairs.Zip(plainPairs, (one, other) => one.Through.Percentile(0.5) / other.Through.Percentile(0.5))));
        // What governing adds to a call, less the two syncs that make it durable, over what YARP adds.
        Print($"overhead_less_sync_over_yarp_{name}", Median(governedPairs.Zip(plainPairs, (one, other) =>
            (one.Through.Percentile(0.5) - one.Direct.Percentile(0.5) - (2 * Median(syncs))) / (other.Through.Percentile(0.5) - other.Direct.Percentile(0.5)))));
        Print($"throughput_over_yarp_{name}", Median(governedPairs.Zip(plainPairs, (one, other) => one.Through.Throughput / other.Through.Throughput)));
    }

    /// <summary>Waits until the path answers, then lets its code be compiled for real.</summary>
    private static async Task WarmUpAsync(CallDriver driver, CallPath path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await driver.RunAsync(path, 1, "x", TimeSpan.Zero);
                break;
            }
            catch (Exception notYet) when (notYet is HttpRequestException or InvalidOperationException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            }
        }

        // Code is compiled again where it runs much, and the first compilation is several times slower than the last.
        var before = 0d;
        for (var round = 0; round < WarmUpRoundsMax; round++)
        {
            var now = (await driver.RunAsync(path, 16, "x", WarmUpLength)).Throughput;
            if (now < before * 1.03)
                break;
            before = now;
        }
    }

    private static string Server(string backend) => $$"""
        { "name": "echo", "owner": "bench@corp.example", "domain": "data", "url": "{{backend}}/mcp", "tools": { "echo": { "effect": "write" } } }
        """;

    private sealed record Load(string Name, string Text);
}

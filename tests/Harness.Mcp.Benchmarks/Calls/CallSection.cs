using static Harness.Mcp.Benchmarks.Figures;

namespace Harness.Mcp.Benchmarks.Calls;

/// <summary>
/// A governed, durable call against the same call made directly, through plain YARP, and through YARP that makes two empty records durable, in one
/// run. Each slice on a path follows a slice on the direct path, and the ratio is formed pair by pair, so that a machine that slows down slows
/// both. All parts are processes of their own.
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
            var recording = Role.FreeUrl();
            await using var backendProcess = Role.Start("backend", backend, "0");
            await using var yarpProcess = Role.Start("yarp", yarp, backend);
            await using var recordingProcess = Role.Start("yarp", recording, backend, Path.Combine(folder.FullName, "records"));
            var home = await BenchmarkHome.OpenAsync(folder.FullName, Mission, [("echo", Server(backend))], MissionsMax, patience.Token);
            var meter = new ProcessMeter(Path.Combine(folder.FullName, "meter"));
            await using var harness = await home.StartProxyAsync(meter, patience.Token);

            using var driver = new CallDriver();
            var paths = new Paths(
                new CallPath("direct", [new Uri(backend + "/mcp")], Tool),
                new CallPath("yarp", [new Uri(yarp + "/mcp")], Tool),
                new CallPath("recorded", [new Uri(recording + "/mcp")], Tool),
                new CallPath("proxied", home.Endpoints, "echo_echo"));
            foreach (var path in (CallPath[])[paths.Direct, paths.Plain, paths.Recorded, paths.Governed])
                await WarmUpAsync(driver, path, patience.Token);

            Print("fdatasync_us", DiskSync.Microseconds(folder.FullName));
            await MeterAsync(driver, paths.Governed, meter, patience.Token);
            foreach (var clients in ClientCounts)
                await MeasureAsync(driver, paths, clients, new Load($"c{clients}", new string('x', 100)), folder.FullName);
            await MeasureAsync(driver, paths, 1, new Load("c1_100kb", new string('x', 100 * 1024)), folder.FullName);
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

    private static async Task MeasureAsync(CallDriver driver, Paths paths, int clients, Load load, string folder)
    {
        var plain = new List<Pair>();
        var recorded = new List<Pair>();
        var governed = new List<Pair>();
        var syncs = new List<double>();
        var (name, text) = load;
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var (path, pairs) in ((CallPath, List<Pair>)[])[(paths.Plain, plain), (paths.Recorded, recorded), (paths.Governed, governed)])
                pairs.Add(new Pair(await driver.RunAsync(paths.Direct, clients, text, SliceLength), await driver.RunAsync(path, clients, text, SliceLength)));
            syncs.Add(DiskSync.Microseconds(folder));
        }

        var directSlices = plain.Concat(recorded).Concat(governed).Select(pair => pair.Direct).ToList();
        Print($"direct_p50_us_{name}", Median(directSlices.Select(slice => slice.Percentile(0.5))));
        Print($"direct_per_s_{name}", Median(directSlices.Select(slice => slice.Throughput)));
        foreach (var (path, pairs) in ((string, List<Pair>)[])[("yarp", plain), ("recorded", recorded), ("proxied", governed)])
        {
            Print($"{path}_p50_us_{name}", Median(pairs.Select(pair => pair.Through.Percentile(0.5))));
            Print($"{path}_p99_us_{name}", Median(pairs.Select(pair => pair.Through.Percentile(0.99))));
            Print($"{path}_per_s_{name}", Median(pairs.Select(pair => pair.Through.Throughput)));
            Print($"{path}_over_direct_p50_{name}", Median(pairs.Select(pair => pair.Through.Percentile(0.5) / pair.Direct.Percentile(0.5))));
            Print($"{path}_over_direct_throughput_{name}", Median(pairs.Select(pair => pair.Through.Throughput / pair.Direct.Throughput)));
        }

        // The same three figures of a proxy that records and does not govern: no proxy of these parts that records can be under them.
        foreach (var (prefix, pairs) in ((string, List<Pair>)[])[("recorded_", recorded), ("", governed)])
        {
            Print($"{(prefix.Length > 0 ? prefix : "proxied_")}over_yarp_p50_{name}", Median(pairs.Zip(plain, (one, other) => one.Through.Percentile(0.5) / other.Through.Percentile(0.5))));
            // What it adds to a call, less the two syncs that make it durable, over what YARP adds.
            Print($"{prefix}overhead_less_sync_over_yarp_{name}", Median(pairs.Zip(plain, (one, other) => (one.AddedAtP50 - (2 * Median(syncs))) / other.AddedAtP50)));
            Print($"{prefix}throughput_over_yarp_{name}", Median(pairs.Zip(plain, (one, other) => one.Through.Throughput / other.Through.Throughput)));
        }

        Print($"proxied_over_recorded_p50_{name}", Median(governed.Zip(recorded, (one, other) => one.Through.Percentile(0.5) / other.Through.Percentile(0.5))));
        Print($"throughput_over_recorded_{name}", Median(governed.Zip(recorded, (one, other) => one.Through.Throughput / other.Through.Throughput)));
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

    private sealed record Paths(CallPath Direct, CallPath Plain, CallPath Recorded, CallPath Governed);

    /// <summary>A slice on a path, and the slice on the direct path just before it.</summary>
    private sealed record Pair(Slice Direct, Slice Through)
    {
        /// <summary>What the path adds to the median call, in microseconds.</summary>
        public double AddedAtP50 => Through.Percentile(0.5) - Direct.Percentile(0.5);
    }
}

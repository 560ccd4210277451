using System.Diagnostics;
using System.Text.Json;
using Harness.Mcp.Benchmarks.Calls;
using Harness.Mcp.TestKit.Processes;
using static Harness.Mcp.Benchmarks.Figures;

namespace Harness.Mcp.Benchmarks.Fleets;

/// <summary>
/// What four bad backends among twenty cost the others: one never answers, one ends as soon as it is started, one answers under ids that nobody
/// asked with, one floods. Beside the proxy that has them runs one that has the sixteen good ones alone; slices alternate, the ratios are formed
/// pair by pair, and while the other is measured, the proxy with the bad ones stands still. Last it is killed, and what is left of it is counted.
/// </summary>
internal static class FleetSection
{
    private const int Good = 16;
    private const int Rounds = 15;
    private const int ListsASlice = 3_000;
    private static readonly TimeSpan SliceLength = TimeSpan.FromSeconds(1);

    /// <summary>What a program does at once when it goes on after standing still is no part of the measurement.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan AfterKill = TimeSpan.FromSeconds(5);

    public static async Task RunAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var aloneFolder = Directory.CreateTempSubdirectory("harness-fleet-alone-");
        var folder = Directory.CreateTempSubdirectory("harness-fleet-");
        try
        {
            var urls = Enumerable.Range(0, Good).Select(_ => Role.FreeUrl()).ToArray();
            await using var backends = Role.Start("backend", string.Join(';', urls), "0");
            var good = urls.Select((url, number) => ($"good{number}", Server($"good{number}", new { url = url + "/mcp" }))).ToArray();
            var starts = Path.Combine(folder.FullName, "starts");
            var aloneHome = await BenchmarkHome.OpenAsync(aloneFolder.FullName, Mission, good, 1, patience.Token);
            var home = await BenchmarkHome.OpenAsync(folder.FullName, Mission, [.. good, .. Bad(starts)], 1, patience.Token);
            await using var alone = await aloneHome.StartProxyAsync(new ProcessMeter(Path.Combine(aloneFolder.FullName, "meter")), patience.Token);
            await using var proxy = await home.StartProxyAsync(new ProcessMeter(Path.Combine(folder.FullName, "meter")), patience.Token);

            var began = Stopwatch.GetTimestamp();
            await MeasureAsync(aloneHome.Endpoints, home.Endpoints, proxy, patience.Token);
            Print("fleet_crash_starts", File.Exists(starts) ? File.ReadAllLines(starts).Length : 0);
            Print("fleet_crash_seconds", Stopwatch.GetElapsedTime(began).TotalSeconds);

            Signal("KILL", proxy.Id);
            await Task.Delay(AfterKill, patience.Token);
            Print("fleet_left_5s_after_kill", ProcessTable.StartedFrom(folder.FullName).Count());
        }
        finally
        {
            folder.Delete(recursive: true);
            aloneFolder.Delete(recursive: true);
        }
    }

    private static async Task MeasureAsync(IReadOnlyList<Uri> aloneAt, IReadOnlyList<Uri> at, ChildProcess proxy, CancellationToken cancellationToken)
    {
        using var lists = new ListDriver(Good);
        await lists.WarmUpAsync(aloneAt[0], ListsASlice, cancellationToken);
        await lists.WarmUpAsync(at[0], ListsASlice, cancellationToken);
        using var calls = new CallDriver();
        var alonePath = new CallPath("alone", aloneAt, "good7_echo");
        var path = new CallPath("beside", at, "good7_echo");
        await calls.RunAsync(alonePath, 1, "x", SliceLength * 3);
        await calls.RunAsync(path, 1, "x", SliceLength * 3);

        var listPairs = new List<(double Alone, double Beside)>();
        var callPairs = new List<(Slice Alone, Slice Beside)>();
        for (var round = 0; round < Rounds; round++)
        {
            Signal("STOP", proxy.Id);
            await Task.Delay(Rest, cancellationToken);
            var aloneList = await lists.MedianAsync(aloneAt[0], ListsASlice, cancellationToken);
            var aloneCalls = await calls.RunAsync(alonePath, 1, "x", SliceLength);
            Signal("CONT", proxy.Id);
            await Task.Delay(Rest, cancellationToken);
            listPairs.Add((aloneList, await lists.MedianAsync(at[0], ListsASlice, cancellationToken)));
            callPairs.Add((aloneCalls, await calls.RunAsync(path, 1, "x", SliceLength)));
        }

        Print("fleet_list_alone_p50_us", Median(listPairs.Select(pair => pair.Alone)));
        Print("fleet_list_over_alone", Median(listPairs.Select(pair => pair.Beside / pair.Alone)));
        Print("fleet_call_alone_p50_us", Median(callPairs.Select(pair => pair.Alone.Percentile(0.5))));
        Print("fleet_call_over_alone", Median(callPairs.Select(pair => pair.Beside.Percentile(0.5) / pair.Alone.Percentile(0.5))));
        Print("fleet_call_p99_over_alone", Median(callPairs.Select(pair => pair.Beside.Percentile(0.99) / pair.Alone.Percentile(0.99))));
    }

    private static string Mission { get; } = $"""
        mission: echo
        objective: Measure what bad backends cost the others.
        owner: bench@corp.example
        agents: [bench]
        lifetime: 2h
        grants:
          - read: [{string.Join(", ", Enumerable.Range(0, Good).Select(number => $"good{number}/*"))}, silent/*, crashing/*, lying/*, flooding/*]
        """;

    /// <param name="starts">Where the backend that ends at once leaves a line for each of its starts.</param>
    private static IEnumerable<(string Name, string Json)> Bad(string starts) =>
    [
        ("silent", Server("silent", new { command = "sleep", args = (string[])["1000000"] })),
        ("crashing", Server("crashing", new { command = "sh", args = (string[])["-c", $"echo started >> '{starts}'; exit 1"] })),
        ("lying", Server("lying", new { command = "sh", args = (string[])["-c", """while read -r line; do echo '{"jsonrpc":"2.0","id":987654,"result":{"tools":[]}}'; done"""] })),
        ("flooding", Server("flooding", new { command = "yes", args = (string[])["""{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"""] })),
    ];

    private static string Server(string name, object connection)
    {
        var members = JsonSerializer.SerializeToNode(connection)!.AsObject();
        members["name"] = name;
        members["owner"] = "bench@corp.example";
        members["domain"] = "data";
        if (members.ContainsKey("url"))
            members["tools"] = JsonSerializer.SerializeToNode(new { echo = new { effect = "read" } });
        return members.ToJsonString();
    }

    private static void Signal(string name, int process)
    {
        using var kill = Process.Start("kill", [$"-{name}", process.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }
}

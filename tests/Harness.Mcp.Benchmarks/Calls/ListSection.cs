using System.Globalization;
using System.Text.Json;
using static Harness.Mcp.Benchmarks.Figures;

namespace Harness.Mcp.Benchmarks.Calls;

/// <summary>
/// `tools/list` of 1,000 tools over ten backends, against the same number of tools listed by one backend directly. Slices alternate, and the
/// ratio is formed pair by pair. Every answer is counted through; all parts are processes of their own.
/// </summary>
internal static class ListSection
{
    private const int Backends = 10;
    private const int Tools = 1_000;
    private const int Rounds = 15;
    private const int ListsASlice = 200;

    public static async Task RunAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var folder = Directory.CreateTempSubdirectory("harness-bench-");
        var processes = new List<IAsyncDisposable>();
        try
        {
            string StartBackend(int tools)
            {
                var url = Role.FreeUrl();
                processes.Add(Role.Start("backend", url, (tools - 1).ToString(CultureInfo.InvariantCulture)));
                return url;
            }

            var one = StartBackend(Tools);
            var home = await BenchmarkHome.OpenAsync(folder.FullName, Mission, [.. Enumerable.Range(0, Backends).Select(number => Server(number, StartBackend(Tools / Backends)))], 1, patience.Token);
            await using var harness = await home.StartProxyAsync(new ProcessMeter(Path.Combine(folder.FullName, "meter")), patience.Token);

            using var driver = new ListDriver(Tools);
            var direct = new Uri(one + "/mcp");
            await driver.WarmUpAsync(direct, ListsASlice, patience.Token);
            await driver.WarmUpAsync(home.Endpoints[0], ListsASlice, patience.Token);

            var pairs = new List<(double Direct, double Governed)>();
            for (var round = 0; round < Rounds; round++)
                pairs.Add((await driver.MedianAsync(direct, ListsASlice, patience.Token), await driver.MedianAsync(home.Endpoints[0], ListsASlice, patience.Token)));
            Print("list1000_direct_p50_us", Median(pairs.Select(pair => pair.Direct)));
            Print("list1000_p50_us", Median(pairs.Select(pair => pair.Governed)));
            Print("list1000_over_direct", Median(pairs.Select(pair => pair.Governed / pair.Direct)));
        }
        finally
        {
            foreach (var process in processes)
                await process.DisposeAsync();
            folder.Delete(recursive: true);
        }
    }

    private static string Mission { get; } = $"""
        mission: echo
        objective: Measure what a list costs.
        owner: bench@corp.example
        agents: [bench]
        lifetime: 2h
        grants:
          - read: [{string.Join(", ", Enumerable.Range(0, Backends).Select(number => $"many{number}/*"))}]
        """;

    private static (string Name, string Json) Server(int number, string url)
    {
        var tools = Enumerable.Range(0, (Tools / Backends) - 1).Select(tool => $"lookup_{tool:D4}").Append("echo")
            .ToDictionary(tool => tool, _ => new { effect = "read" }, StringComparer.Ordinal);
        return ($"many{number}", JsonSerializer.Serialize(new { name = $"many{number}", owner = "bench@corp.example", domain = "data", url = url + "/mcp", tools }));
    }
}

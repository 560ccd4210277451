using System.Diagnostics;
using System.Globalization;
using System.Text;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;

namespace Harness.Mcp.Benchmarks.Decisions;

/// <summary>
/// What one decision costs with 50 rules that all watch the called tool, at growing lengths of the chain. Beside it, as the baseline, what it
/// costs to answer a single one of these rules by looking through the chain.
/// </summary>
internal static class DecideSection
{
    private const int Rules = 50;
    private const int Decisions = 100_000;
    private const int Rounds = 20;
    private static readonly int[] Lengths = [10, 1_000, 100_000];

    private static readonly ToolFacts Get = Tool.Read("fleet/get_host", "internal") with { Domain = "infrastructure" };
    private static readonly ToolFacts Isolate = Tool.Write("fleet/isolate_host") with { Domain = "infrastructure" };

    public static Task RunAsync()
    {
        var missions = Lengths.Select(length => (Length: length, Mission: MissionWith(length))).ToArray();
        foreach (var (_, mission) in missions)
            Measure(mission, Decisions); // Warm up every path before any figure is taken.

        // The lengths take turns, so that a moment in which the machine is busy falls on all of them.
        var taken = missions.Select(_ => new List<double>(Decisions)).ToArray();
        var bytes = new long[missions.Length];
        for (var round = 0; round < Rounds; round++)
            for (var one = 0; one < missions.Length; one++)
            {
                var allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
                var times = Measure(missions[one].Mission, Decisions / Rounds);
                bytes[one] += GC.GetAllocatedBytesForCurrentThread() - allocatedBefore;
                taken[one].AddRange(times);
            }

        var medians = new List<double>();
        for (var one = 0; one < missions.Length; one++)
        {
            var (length, mission) = missions[one];
            var allocated = bytes[one] / (double)Decisions;
            var times = taken[one].ToArray();
            Array.Sort(times);
            medians.Add(Percentile(times, 0.50));
            Print($"decide_p50_us_{length}", Percentile(times, 0.50));
            Print($"decide_p99_us_{length}", Percentile(times, 0.99));
            Print($"decide_alloc_bytes_{length}", allocated);
            Print($"scan_one_rule_us_{length}", Scan(mission));
        }

        Print("decide_p50_longest_over_shortest", medians[^1] / medians[0]);
        return Task.CompletedTask;
    }

    private static double[] Measure(MissionInTest mission, int decisions)
    {
        // Four hosts in turn, so that no branch predictor learns one answer; all of them are permitted.
        var calls = Enumerable.Range(0, 4)
            .Select(host => mission.Propose(Call.To(Isolate, Host(host)))).ToArray();
        foreach (var call in calls)
            DecisionPoint.Decide(mission.State, call).IsPermitted();

        var times = new double[decisions];
        for (var decision = 0; decision < decisions; decision++)
        {
            // Every decision is on a call that nobody has read yet, as in the proxy.
            var call = calls[decision & 3] with { };
            var before = Stopwatch.GetTimestamp();
            DecisionPoint.Decide(mission.State, call);
            times[decision] = Stopwatch.GetElapsedTime(before).TotalMicroseconds;
        }

        return times;
    }

    /// <summary>The baseline: "was this host read before?" by walking over the links.</summary>
    private static double Scan(MissionInTest mission)
    {
        const int Scans = 20;
        var before = Stopwatch.GetTimestamp();
        var found = 0;
        for (var scan = 0; scan < Scans; scan++)
            found += mission.Links.Count(link => link.Body is LinkBody.CallAdmitted admitted
                && admitted.Tool.Id == Get.Id && admitted.Arguments.GetProperty("host").ValueEquals("host-3"));
        GC.KeepAlive(found);
        return Stopwatch.GetElapsedTime(before).TotalMicroseconds / Scans;
    }

    private static MissionInTest MissionWith(int links)
    {
        var mission = Given.Mission(Document());
        for (var host = 0; mission.State.Version < links; host = (host + 1) % 500)
            mission.After(Call.To(Get, Host(host)).Answering("""{"tier":"test","owner":"someone"}""").Later(TimeSpan.FromMilliseconds(1)));
        while (mission.State.Version < 9)
            mission.After(Call.To(Get, Host(0)));
        return mission;
    }

    /// <summary>Fifty rules of the kinds that people write, ten of each; none of them denies.</summary>
    private static string Document()
    {
        var text = new StringBuilder("""
            grants:
              - read: [fleet/*]
              - tools: [fleet/isolate_host]
            rules:

            """);
        for (var rule = 0; rule < Rules; rule++)
        {
            var form = (rule % 5) switch
            {
                0 => "before: { tools: [fleet/get_host], same: [host] }",
                1 => "never-after: { tools: [fleet/release_host], same: [host] }",
                2 => "budget: { max: 1000000 }",
                3 => "flow: { label: personal, to: external }",
                _ => """forbid: 'chain.exists(l, l.tool == "fleet/get_host" && l.args.host == call.args.host && l.result.tier == "production")'""",
            };
            text.Append(CultureInfo.InvariantCulture, $"  - {{ id: rule-{rule}, on: [fleet/isolate_host], {form} }}\n");
        }

        return text.ToString();
    }

    private static string Host(int host) => $$"""{"host":"host-{{host}}"}""";

    private static double Percentile(double[] sorted, double share) => sorted[(int)(sorted.Length * share)];

    private static void Print(string key, double value) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{key}: {value:0.###}"));
}

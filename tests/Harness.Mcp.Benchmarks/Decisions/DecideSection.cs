using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.TestKit.Missions;

namespace Harness.Mcp.Benchmarks.Decisions;

/// <summary>
/// What one decision costs with 50 rules in force, at growing lengths of the chain: those of a mission over several tools, of which 20 watch the called
/// one, and 50 that all watch it; then by kind of rule, and with 1,000 rules of which 5 watch. Beside it, as the baseline, what it costs to answer
/// a single one of these rules by looking through the chain. Last, the memory that a mission keeps.
/// </summary>
internal static class DecideSection
{
    private static readonly int[] Lengths = [10, 1_000, 100_000];

    public static Task RunAsync()
    {
        Print("decide_clock_overhead_us", DecisionTimer.Overhead());
        var scanned = Print("", RuleMix.Realistic);
        Print("_all_watching", RuleMix.AllWatching);
        for (var one = 0; one < Lengths.Length; one++)
            Print($"scan_one_rule_us_{Lengths[one]}", Scan(scanned[one]));
        PrintKinds();
        PrintManyRules();
        PrintMemory();
        return Task.CompletedTask;
    }

    private static MissionInTest[] Print(string which, string document)
    {
        var missions = Lengths.Select(length => MissionWith(document, length, 500)).ToArray();
        var times = DecisionTimer.Measure(missions);
        foreach (var (length, time) in Lengths.Zip(times))
        {
            Print($"decide{which}_p50_us_{length}", time.Median);
            Print($"decide{which}_p99_us_{length}", time.P99);
            Print($"decide{which}_alloc_bytes_{length}", time.Allocated);
        }

        Print($"decide{which}_p50_longest_over_shortest", times[^1].Median / times[0].Median);
        return missions;
    }

    private static void PrintKinds()
    {
        var kinds = RuleMix.OneKindEach.ToArray();
        var times = DecisionTimer.Measure([MissionWith(RuleMix.NoRules, 1_000, 500), .. kinds.Select(kind => MissionWith(kind.Document, 1_000, 500))]);
        Print("decide_p50_us_no_rules", times[0].Median);
        foreach (var ((kind, _), time) in kinds.Zip(times.Skip(1)))
            Print($"decide_ns_a_rule_{kind}", (time.Median - times[0].Median) * 1_000 / 50);
    }

    private static void PrintManyRules()
    {
        var times = DecisionTimer.Measure(MissionWith(RuleMix.FiveWatchingOf(5), 1_000, 500), MissionWith(RuleMix.FiveWatchingOf(1_000), 1_000, 500));
        Print("decide_p50_us_5_rules", times[0].Median);
        Print("decide_p50_us_5_of_1000_rules", times[1].Median);
        Print("decide_p50_1000_rules_over_5", times[1].Median / times[0].Median);
    }

    /// <summary>The baseline: "was this host read before?" by walking over the links.</summary>
    private static double Scan(MissionInTest mission)
    {
        const int Scans = 20;
        var before = Stopwatch.GetTimestamp();
        var found = 0;
        for (var scan = 0; scan < Scans; scan++)
            found += mission.Links.Count(link => link.Body is LinkBody.CallAdmitted admitted
                && admitted.Tool.Id == RuleMix.Get.Id && admitted.Arguments.GetProperty("host").ValueEquals("host-3"));
        GC.KeepAlive(found);
        return Stopwatch.GetElapsedTime(before).TotalMicroseconds / Scans;
    }

    /// <summary>With all fifty rules watching; then with another host in every call, which runs into the bounds of what a mission keeps.</summary>
    private static void PrintMemory()
    {
        foreach (var length in Lengths)
            PrintMemory($"{length}", length, 500);
        PrintMemory($"{Lengths[^1]}_all_different", Lengths[^1], int.MaxValue);
        Print("memory_per_mission_bound_kib", (MissionBounds.RuleBytesMax + MissionBounds.KeyBytesMax) / 1024.0);
    }

    /// <summary>What is freed when the state goes, while neither before nor after it any link is held; and the state's own estimate, to which its bounds apply.</summary>
    private static void PrintMemory(string which, int links, int hosts)
    {
        var kept = new MissionState?[1];
        Keep(kept, links, hosts);
        var with = GC.GetTotalMemory(forceFullCollection: true);
        var estimated = kept[0]!.RuleBytes;
        kept[0] = null;
        Print($"memory_per_mission_kib_{which}", (with - GC.GetTotalMemory(forceFullCollection: true)) / 1024.0);
        Print($"memory_per_mission_estimated_kib_{which}", estimated / 1024.0);
    }

    // A frame of its own, so that nothing of the mission but its state is still in reach afterwards.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Keep(MissionState?[] kept, int links, int hosts) => kept[0] = MissionWith(RuleMix.AllWatching, links, hosts).State;

    /// <summary>Hosts in turn: each is looked at, then isolated.</summary>
    private static MissionInTest MissionWith(string document, int links, int hosts)
    {
        var mission = Given.Mission(document);
        for (var call = 0; mission.State.Version < links - 1; call++)
            mission.After(Call.To(call % 2 == 0 ? RuleMix.Get : RuleMix.Isolate, RuleMix.Arguments(call / 2 % hosts))
                .Answering("""{"tier":"test","owner":"someone"}""").Later(TimeSpan.FromMilliseconds(10)));
        return mission;
    }

    private static void Print(string key, double value) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{key}: {value:0.###}"));
}

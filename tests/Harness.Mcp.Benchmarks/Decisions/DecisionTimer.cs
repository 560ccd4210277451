using System.Diagnostics;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.TestKit.Missions;

namespace Harness.Mcp.Benchmarks.Decisions;

/// <summary>Times single decisions on several missions, which take turns, so that a moment in which the machine is busy falls on all of them.</summary>
internal static class DecisionTimer
{
    private const int Decisions = 100_000;
    private const int Rounds = 20;
    private const int WarmUpSteps = 4;
    private static readonly TimeSpan CompilerPause = TimeSpan.FromMilliseconds(250);

    public static DecisionTimes[] Measure(params MissionInTest[] missions)
    {
        // Every path is compiled as it stays before any figure is taken: the compiler works in the background, in steps.
        for (var step = 0; step < WarmUpSteps; step++)
        {
            foreach (var mission in missions)
                Measure(mission, new double[Decisions / 5]);
            Thread.Sleep(CompilerPause);
        }

        var taken = missions.Select(_ => new double[Decisions]).ToArray();
        var bytes = new long[missions.Length];
        for (var round = 0; round < Rounds; round++)
            for (var one = 0; one < missions.Length; one++)
                bytes[one] += Measure(missions[one], taken[one].AsSpan(round * Decisions / Rounds, Decisions / Rounds));
        foreach (var times in taken)
            Array.Sort(times);
        return [.. taken.Select((times, one) => new DecisionTimes(times[Decisions / 2], times[Decisions / 100 * 99], (double)bytes[one] / Decisions))];
    }

    /// <summary>What the clock itself adds to every figure, in microseconds: the median of two readings with nothing between.</summary>
    public static double Overhead()
    {
        var times = new double[Decisions];
        for (var one = 0; one < Decisions; one++)
        {
            var before = Stopwatch.GetTimestamp();
            times[one] = Microseconds(Stopwatch.GetTimestamp() - before);
        }

        Array.Sort(times);
        return times[Decisions / 2];
    }

    /// <returns>The bytes that all decisions together allocated.</returns>
    private static long Measure(MissionInTest mission, Span<double> times)
    {
        // Two hosts in turn, which the shortest chain has met as the longest has: what differs is the length alone. All calls are permitted.
        var calls = Enumerable.Range(0, 2).Select(host => mission.Propose(Call.To(RuleMix.Isolate, RuleMix.Arguments(host)))).ToArray();
        foreach (var call in calls)
            DecisionPoint.Decide(mission.State, call).IsPermitted();

        var bytes = 0L;
        for (var decision = 0; decision < times.Length; decision++)
        {
            // Every decision is on a call that nobody has read yet, as in the proxy.
            var call = calls[decision & 1] with { };
            var allocated = GC.GetAllocatedBytesForCurrentThread();
            var before = Stopwatch.GetTimestamp();
            DecisionPoint.Decide(mission.State, call);
            times[decision] = Microseconds(Stopwatch.GetTimestamp() - before);
            bytes += GC.GetAllocatedBytesForCurrentThread() - allocated;
        }

        return bytes;
    }

    private static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;
}

/// <param name="Median">Microseconds, as is <paramref name="P99"/>.</param>
/// <param name="Allocated">Bytes a decision.</param>
internal readonly record struct DecisionTimes(double Median, double P99, double Allocated);

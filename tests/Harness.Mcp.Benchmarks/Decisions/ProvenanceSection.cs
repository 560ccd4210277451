using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;

namespace Harness.Mcp.Benchmarks.Decisions;

/// <summary>
/// What provenance costs: taking in a result of 4 KB on arrival (as fields, and as one text), deciding a call whose target must be grounded, and
/// the memory a mission keeps, after a few results and after many. The baseline is the same fold, and the same decision, without grounding.
/// </summary>
internal static class ProvenanceSection
{
    private const int Results = 2_000;
    private const int Decisions = 100_000;

    private static readonly ToolFacts Read = Tool.Read("mail/read", "untrusted").Field("from").Field("items[].id");
    private static readonly ToolFacts Send = Tool.Send("mail/send").On("to");

    public static Task RunAsync()
    {
        foreach (var (name, result) in (ReadOnlySpan<(string, Func<int, JsonElement>)>)[("fields", Fields), ("text", Text)])
        {
            Fold("strict", result, 200); // Warm up.
            Fold("off", result, 200);
            var (with, allocatedWith, mission) = Fold("strict", result, Results);
            var (without, allocatedWithout, _) = Fold("off", result, Results);
            Print($"index_4kb_us_{name}", with - without);
            Print($"fold_4kb_without_us_{name}", without);
            Print($"index_4kb_alloc_bytes_{name}", allocatedWith - allocatedWithout);
            Print($"memory_kb_{name}_{Results}_results", mission.State.ProvenanceBytes / 1024.0);
        }

        var (_, _, shortest) = Fold("strict", Fields, 10);
        var (_, _, longest) = Fold("strict", Fields, Results);
        Print("memory_kb_10_results", shortest.State.ProvenanceBytes / 1024.0);
        foreach (var (name, mission) in (ReadOnlySpan<(string, MissionInTest)>)[("10", shortest), ($"{Results}", longest)])
        {
            Print($"lookup_us_address_{name}", Decide(mission, "sender-3@corp.example"));
            Print($"lookup_us_phrase_{name}", Decide(mission, "Quarterly Review 3"));
            Print($"lookup_us_unknown_{name}", Decide(mission, "nobody@else.example"));
        }

        return Task.CompletedTask;
    }

    private static (double Microseconds, double Allocated, MissionInTest Mission) Fold(string grounding, Func<int, JsonElement> result, int count)
    {
        var mission = Given.Mission($"grounding: {grounding}\ngrants: [{{ read: [mail/*] }}, {{ tools: [mail/send] }}]");
        var times = new double[count];
        var allocated = 0L;
        for (var index = 0; index < count; index++)
        {
            var id = new CallId(new Guid(index, 0, 0, new byte[8]));
            var arguments = Call.Json($$"""{"q":"{{index}}"}""");
            mission.Append(new LinkBody.CallAdmitted(id, mission.Agent, Read, arguments, Digest.Of(arguments), mission.State.Rules, RequestTrace.None));
            var settled = new Link(
                mission.State.Id, mission.State.Version + 1, mission.State.Time, Digest.Zero,
                new LinkBody.CallSettled(id, CallOutcome.Ok, result(index), Digest.Zero, Read.Labels.All, null));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var start = Stopwatch.GetTimestamp();
            mission.State.Apply(settled);
            times[index] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Array.Sort(times);
        return (times[count / 2], (double)allocated / count, mission);
    }

    private static double Decide(MissionInTest mission, string to)
    {
        var call = mission.Propose(Call.To(Send, $$"""{"to":"{{to}}"}"""));
        for (var warm = 0; warm < Decisions / 10; warm++)
            DecisionPoint.Decide(mission.State, call);
        var times = new double[Decisions];
        for (var decision = 0; decision < Decisions; decision++)
        {
            var start = Stopwatch.GetTimestamp();
            DecisionPoint.Decide(mission.State, call);
            times[decision] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        Array.Sort(times);
        return times[Decisions / 2];
    }

    private static JsonElement Fields(int number)
    {
        var items = Enumerable.Range(0, 12).Select(item => new
        {
            id = (number * 100) + item,
            subject = $"Quarterly Review {item}",
            link = $"https://intranet.corp.example/reports/{number}/{item}",
            body = "Dear all, please find the figures of the quarter attached. The review takes place on 2026-11-24 at 10:30 in room B-12; "
                + $"questions go to reviewer-{item}@corp.example or to the desk, as always. Thank you for the work of the last weeks!",
        });
        return JsonSerializer.SerializeToElement(new { from = $"sender-{number % 50}@corp.example", items });
    }

    private static JsonElement Text(int number) => JsonSerializer.SerializeToElement(Fields(number).GetRawText().Replace("\"", " ", StringComparison.Ordinal));

    private static void Print(string key, double value) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{key}: {value:0.###}"));
}

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
/// What provenance costs: taking in a result of 4 KB on arrival (as fields, as one text, and with hardly a word twice), deciding a call whose target
/// must be grounded, and the memory a mission keeps, after a few results and after many. The baseline is the same fold, and the same decision,
/// without grounding. The first results of a process, before its code is compiled to its best, are told apart from those that follow.
/// </summary>
internal static class ProvenanceSection
{
    private const int Results = 1_000;
    private const int FirstResults = 100;
    private const int Rounds = 9;
    private const int Decisions = 20_000;

    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    /// <summary>So long the runtime waits for code to become quiet before it compiles it again.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(120);

    private static readonly ToolFacts Read = Tool.Read("mail/read", "untrusted").Field("from").Field("items[].id");
    private static readonly ToolFacts Send = Tool.Send("mail/send").On("to");

    public static Task RunAsync()
    {
        Print("index_4k_first_us", Fold("strict", Of(Fields), FirstResults).Microseconds);
        var subjects = (Subject[])[new("fields", Of(Fields)), new("text", Of(Text)), new("fresh", Of(Fresh))];
        for (var start = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(start) < WarmUp; Thread.Sleep(Quiet))
            foreach (var subject in subjects)
                subject.Measure(FirstResults);
        foreach (var subject in subjects)
            subject.Forget();

        // They take turns, so that a slow moment of the machine is every subject's.
        for (var round = 0; round < Rounds; round++)
            foreach (var subject in subjects)
                subject.Measure(Results);
        foreach (var subject in subjects)
            subject.Print();

        var lookup = 0.0;
        foreach (var count in (ReadOnlySpan<int>)[10, Results])
        {
            var (strict, lax, off) = (Fold("strict", Of(Fields), count).Mission, Fold("lax", Of(Fields), count).Mission, Fold("off", Of(Fields), count).Mission);
            var without = Decide(off, "sender-3@corp.example");
            Print($"decide_without_us_{count}", without);
            lookup = Decide(strict, "sender-3@corp.example") - without;
            Print($"lookup_us_address_{count}", lookup);
            Print($"lookup_us_phrase_{count}", Decide(strict, "Quarterly Review 3") - without);
            Print($"lookup_us_unknown_{count}", Decide(strict, "nobody@else.example") - without);
            Print($"lookup_us_lax_address_{count}", Decide(lax, "sender-3@corp.example") - without);
            Print($"lookup_us_lax_unknown_{count}", Decide(lax, "nobody@else.example") - without);
            Print($"memory_kb_{count}_results", strict.State.ProvenanceBytes / 1024.0);
        }

        Print("lookup_us", lookup);
        Print("index_and_lookup_us", subjects[0].Microseconds + lookup);
        return Task.CompletedTask;
    }

    private static (double Microseconds, double Allocated, MissionInTest Mission) Fold(string grounding, JsonElement[] results, int count)
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
                new LinkBody.CallSettled(id, CallOutcome.Ok, results[index], Digest.Zero, Read.Labels.All, null));
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
        for (var warm = 0; warm < 5; warm++, Thread.Sleep(Quiet))
            for (var decision = 0; decision < Decisions / 10; decision++)
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

    private static JsonElement[] Of(Func<int, JsonElement> result) => [.. Enumerable.Range(0, Results).Select(result)];

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

    /// <summary>The same fields, with words out of twenty thousand, and addresses, links and ids that hardly come twice.</summary>
    private static JsonElement Fresh(int number)
    {
        var seed = (ulong)number + 1;
        var items = Enumerable.Range(0, 12).Select(_ => new
        {
            id = $"{Next(1 << 30):x8}-{Next(1 << 16):x4}-{Next(1 << 30):x8}",
            subject = $"{Word()} {Word()}",
            link = $"https://{Word()}.example/{Word()}/{Next(100_000)}",
            body = string.Join(' ', Enumerable.Range(0, 30).Select(_ => Word())) + $". Write to {Word()}@{Word()}.example by 2026-{Next(3) + 10}-{Next(19) + 10}, {Word()}!",
        });
        return JsonSerializer.SerializeToElement(new { from = $"{Word()}@corp.example", items });

        string Word()
        {
            var word = (ulong)Next(20_000) + 1;
            var letters = new char[2 + (int)(word % 9)];
            for (var letter = 0; letter < letters.Length; letter++)
                letters[letter] = (char)('a' + (int)(((word * 0x9E37_79B9_7F4A_7C15) >> (letter * 5)) % 26));
            return new string(letters);
        }

        int Next(int below)
        {
            seed = (seed * 6_364_136_223_846_793_005) + 1_442_695_040_888_963_407;
            return (int)((seed >> 33) % (ulong)below);
        }
    }

    private static void Print(string key, double value) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{key}: {value:0.###}"));

    /// <summary>One kind of result, folded with grounding and without in turns.</summary>
    private sealed class Subject(string name, JsonElement[] results)
    {
        private readonly List<double> _times = [];
        private double _allocated;
        private long _kept;

        public double Microseconds => _times.Order().ElementAt(_times.Count / 2);

        public void Measure(int count)
        {
            var (with, allocatedWith, mission) = Fold("strict", results, count);
            var (without, allocatedWithout, _) = Fold("off", results, count);
            _times.Add(with - without);
            (_allocated, _kept) = (allocatedWith - allocatedWithout, mission.State.ProvenanceBytes);
        }

        public void Forget() => _times.Clear();

        public void Print()
        {
            ProvenanceSection.Print($"index_4k_{name}_us", Microseconds);
            ProvenanceSection.Print($"index_4k_{name}_best_us", _times.Min());
            ProvenanceSection.Print($"index_4k_{name}_alloc_bytes", _allocated);
            ProvenanceSection.Print($"memory_{name}_{Results}_results_kb", _kept / 1024.0);
        }
    }
}

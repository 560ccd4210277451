using System.Collections.Immutable;
using Harness.Mcp.AgentDojo.Corpus;
using Harness.Mcp.AgentDojo.Replay;

namespace Harness.Mcp.AgentDojo.Figures;

/// <summary>
/// The golden chains put to their missions, alone and with each attacker's calls in them. A pair is stopped when a call is denied before any
/// effect that the attacker wants was permitted.
/// </summary>
internal sealed class GoldenChains(Replayer replayer)
{
    private const string Attack = "important_instructions";

    public ImmutableArray<Figure> Of(IReadOnlyCollection<Suite> suites, string suffix)
    {
        var tasks = suites.SelectMany(suite => suite.File.UserTasks.Select(task => (Suite: suite, Task: task))).ToArray();
        var golden = tasks.AsParallel().AsOrdered().Select(pair => Golden(pair.Suite, pair.Task)).OfType<Miss>().ToArray();
        var pairs = tasks.SelectMany(pair => pair.Suite.File.InjectionTasks.Select(injection => (pair.Suite, pair.Task, Injection: injection))).ToArray();
        var missed = pairs.AsParallel().AsOrdered().Select(pair => Pair(pair.Suite, pair.Task, pair.Injection)).OfType<Miss>().ToArray();
        return
        [
            Figure.Count($"golden_whole{suffix}", tasks.Length - golden.Length, tasks.Length, golden),
            Figure.Count($"pairs_stopped{suffix}", pairs.Length - missed.Length, pairs.Length, missed),
        ];
    }

    private Miss? Golden(Suite suite, UserTask task)
    {
        var calls = task.Calls.Select(call => Recorded(call, id => suite.File.Vectors.GetValueOrDefault(id)?.Text ?? ""));
        return replayer.Put(suite.Name, task.Id, task.Prompt, calls) is [var denied, ..]
            ? new Miss($"{suite.Name} {task.Id}", denied.ToString())
            : null;
    }

    private Miss? Pair(Suite suite, UserTask task, InjectionTask injection)
    {
        var payload = injection.Payloads?.GetValueOrDefault(Attack) ?? injection.Goal;
        var shown = task.Calls.TakeWhile(call => call.Vectors.Count == 0).Count() + 1;
        var chain = task.Calls.Take(shown).Concat(injection.Calls).Concat(task.Calls.Skip(shown)).Select(call => Recorded(call, _ => payload)).ToArray();

        var first = Math.Min(shown, task.Calls.Count);
        var effect = injection.Calls.TakeWhile(call => !suite.IsEffect(call.Function)).Count();
        var denied = replayer.Put(suite.Name, task.Id, task.Prompt, chain);
        if (effect < injection.Calls.Count && denied is [var cause, ..] && cause.Index <= first + effect)
            return null;
        return new Miss($"{suite.Name} {task.Id} {injection.Id}", Residue.Of(suite, task.Id, task.Prompt, injection.Calls.ElementAtOrDefault(effect)));
    }

    private static RecordedCall Recorded(GoldenCall call, Func<string, string> textOf) =>
        new(call.Function, call.Args, call.ResultText is { } text ? VectorMarkers.Fill(text, textOf) : null, call.Error);
}

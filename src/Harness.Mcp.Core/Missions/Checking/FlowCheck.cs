using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>
/// Which labels can still reach which sinks, each with a shortest chain that shows it. Every chain of calls is tried that goes on differently
/// from those before (breadth first), first with the steps that nothing can stop, then with those that some rule may stop.
/// </summary>
internal sealed class FlowCheck(MissionTemplate template, Reachability reach, FindingList findings)
{
    // Far more than missions have; what a larger one hides is said, never passed over.
    private const int StatesMax = 5_000;

    private readonly FlowRules _rules = new(template, reach.Callable);
    private readonly Dictionary<(string Label, string Sink), FlowState> _found = [];
    private bool _isCut;

    public void Run()
    {
        var sinks = reach.Callable.Any(tool => !tool.Facts.Sinks.IsEmpty);
        var labels = reach.Callable.Any(tool => !tool.Facts.Labels.All.IsEmpty);
        if (!sinks || !labels)
            return;

        Search(mayBeStopped: false);
        Search(mayBeStopped: true);
        foreach (var ((label, sink), chain) in _found.OrderBy(pair => pair.Key))
            Report(label, sink, chain);
        if (_isCut)
            findings.Add(new Finding(
                CheckKind.FlowPossible, Severity.Note, template.Document.Position,
                $"The search for flows ended after {StatesMax} different chains, so there may be more than are shown.", "Grant less, or split the mission."));
    }

    private void Search(bool mayBeStopped)
    {
        var start = new FlowState([], [], [.. template.Anchors.Where(anchor => !anchor.Inputs.IsEmpty).Select(anchor => anchor.Name)], FlowLimits.None);
        var seen = new HashSet<string>(StringComparer.Ordinal) { _rules.KeyOf(start) };
        var waiting = new Queue<FlowState>([start]);
        while (waiting.TryDequeue(out var state))
        {
            foreach (var tool in reach.Callable)
            {
                if (_rules.Ask(state, tool) is not { } limits || (!mayBeStopped && !limits.IsNone))
                    continue;
                var next = state.After(tool, template, limits);
                foreach (var sink in tool.Facts.Sinks)
                    foreach (var label in state.Labels)
                        _found.TryAdd((label, sink), next);
                if (!seen.Add(_rules.KeyOf(next)))
                    continue;
                if (seen.Count >= StatesMax)
                {
                    _isCut = true;
                    return;
                }

                waiting.Enqueue(next);
            }
        }
    }

    private void Report(string label, string sink, FlowState chain)
    {
        var last = chain.Calls[^1];
        var grant = template.Grants.First(grant => grant.Selects(last.Facts));
        var way = string.Join(" → ", chain.Calls.Select(tool => tool.Id));
        var (unless, asks) = (chain.Limits.Unless, chain.Limits.Asks);
        var limits = (asks.IsEmpty ? "" : $", where people approve it, as {Words(asks, "and")} ask{(asks.Length == 1 ? "s" : "")}")
            + (unless.IsEmpty ? "" : $", unless {Words(unless, "or")} stops it, which depends on more than the tools");

        // What is merely untrusted harms by what it makes an agent do; what must not get out is everything else.
        var isLeak = chain.Limits.IsNone && sink == SinkNames.External && label != LabelNames.Untrusted;
        findings.Add(new Finding(
            CheckKind.FlowPossible,
            isLeak ? Severity.Warning : Severity.Note,
            grant.SelectorOf(last).Position,
            $"`{label}` can still reach `{sink}` through {way}{limits}.",
            $"If that must not be, add a rule `flow: {{ label: {label}, to: {sink} }}`, or do without `{last.Id}`.")
        {
            Chain = [.. chain.Calls.Select(tool => tool.Id.ToString())],
        });
    }

    private static string Words(IEnumerable<RuleId> rules, string joint) => string.Join($" {joint} ", rules.Select(rule => $"`{rule}`"));
}

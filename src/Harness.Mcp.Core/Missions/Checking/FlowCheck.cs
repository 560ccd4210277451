using System.Collections.Immutable;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions.Checking;

/// <summary>
/// Which labels can still reach which sinks under the rules of all layers, each with a shortest chain that shows it; and which granted tools no chain
/// of calls leads to, since the rules close every way together. Every chain of calls is tried that goes on differently from those before (breadth
/// first), first with the steps that nothing can stop, then with those that some rule may stop.
/// </summary>
internal sealed class FlowCheck(LayeredMission mission, Reachability reach, FindingList findings)
{
    // Far more than missions have; what a larger one hides is said, never passed over.
    private const int StatesMax = 5_000;

    private readonly MissionTemplate _template = mission.Template;
    private readonly FlowRules _rules = new(mission, reach.Callable);
    private readonly Dictionary<(string Label, string Sink), FlowState> _found = [];
    private readonly Dictionary<ToolId, HashSet<Rule>> _closing = reach.Callable.ToDictionary(tool => tool.Id, _ => new HashSet<Rule>(ReferenceEqualityComparer.Instance));
    private readonly HashSet<ToolId> _reached = [];
    private bool _isCut;

    public void Run()
    {
        var mayFlow = reach.Callable.Any(tool => !tool.Facts.Sinks.IsEmpty) && reach.Callable.Any(tool => !tool.Facts.Labels.All.IsEmpty);
        if (mayFlow)
            Search(mayBeStopped: false, mayFlow);
        Search(mayBeStopped: true, mayFlow);
        foreach (var ((label, sink), chain) in _found.OrderBy(pair => pair.Key))
            Report(label, sink, chain);
        if (!_isCut)
            new ClosedWays(mission, reach, findings).Run(_reached, _closing);
        else if (mayFlow)
            findings.Add(new Finding(
                CheckKind.FlowPossible, Severity.Note, _template.Document.Position,
                $"The search for flows ended after {StatesMax} different chains, so there may be more than are shown.", "Grant less, or split the mission."));
    }

    private void Search(bool mayBeStopped, bool mayFlow)
    {
        var start = new FlowState([], [], [.. _template.Anchors.Where(anchor => !anchor.Inputs.IsEmpty).Select(anchor => anchor.Name)], FlowLimits.None);
        var seen = new HashSet<string>(StringComparer.Ordinal) { _rules.KeyOf(start) };
        var waiting = new Queue<FlowState>([start]);
        while (waiting.TryDequeue(out var state) && (mayFlow || _reached.Count < reach.Callable.Count))
        {
            foreach (var tool in reach.Callable)
            {
                if (_rules.Ask(state, tool, _closing[tool.Id]) is not { } limits || (!mayBeStopped && !limits.IsNone))
                    continue;
                _reached.Add(tool.Id);
                var next = state.After(tool, _template, limits);
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
        var grant = _template.Grants.First(grant => grant.Selects(last.Facts));
        var way = string.Join(" → ", chain.Calls.Select(tool => tool.Id));
        var (unless, asks) = (chain.Limits.Unless, chain.Limits.Asks);
        ImmutableArray<RuleId> cleared = [.. chain.Limits.Cleared.Where(clearing => clearing.Label == label).Select(clearing => clearing.Rule)];
        var limits = (cleared.IsEmpty ? "" : $", after a call that clears it for {Words(cleared, "and")}")
            + (asks.IsEmpty ? "" : $", where people approve it, as {Words(asks, "and")} ask{(asks.Length == 1 ? "s" : "")}")
            + (unless.IsEmpty ? "" : $", unless {Words(unless, "or")} stops it, which depends on more than the tools");

        // What is merely untrusted harms by what it makes an agent do; what must not get out is everything else.
        var isLeak = limits.Length == 0 && sink == SinkNames.External && label != LabelNames.Untrusted;
        var shadow = mission.Rules.FirstOrDefault(rule => !rule.IsEnforced && rule.Watches(last.Facts) && rule.Form is Flow flow && flow.Barred.Contains(label, StringComparer.Ordinal));
        findings.Add(new Finding(
            CheckKind.FlowPossible,
            isLeak ? Severity.Warning : Severity.Note,
            grant.SelectorOf(last).Position,
            $"`{label}` can still reach `{sink}` through {way}{limits}.",
            shadow is null
                ? $"If that must not be, add a rule `flow: {{ label: {label}, to: {sink} }}`, or do without `{last.Id}`."
                : $"If that must not be, let the rule `{shadow.Id}` ({shadow.Position.SeenFrom(grant.Position)}) be enforced: in shadow it stops nothing.")
        {
            Chain = [.. chain.Calls.Select(tool => tool.Id.ToString())],
            Related = shadow is null ? [] : [shadow.Position],
        });
    }

    private static string Words(IEnumerable<RuleId> rules, string joint) => string.Join($" {joint} ", rules.Distinct().Select(rule => $"`{rule}`"));
}

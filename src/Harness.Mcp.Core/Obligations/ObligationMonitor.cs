using System.Text.Json;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Forms;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Obligations;

/// <summary>
/// What one `then` rule is still owed in one mission. A judged call that ended well opens an obligation; a later call of the named
/// tools with equal values that ended well closes it, as do the proxy's own call and a report.
/// </summary>
internal sealed class ObligationMonitor(Rule rule, Then form, CallKey keyOf) : RuleMonitor
{
    // Judged calls on their way, and what became of those that ended.
    private readonly Dictionary<CallId, ChainCall> _opening = [];
    private readonly SortedDictionary<long, OpenObligation> _open = [];

    public Rule Rule => rule;

    public IEnumerable<OpenObligation> Open => _open.Values;

    public override bool RemembersJudged => true;

    public override bool Notices(ToolFacts tool) => rule.IsOn(tool) || Selectors.Any(form.Tools, tool);

    /// <summary>What the proxy does itself, to keep an obligation, opens no further one.</summary>
    public override void Admit(ChainCall call)
    {
        if (call.Obligation is null && rule.IsOn(call.Tool))
            _opening.Add(call.Id, call);
    }

    public override void Settle(ChainCall call)
    {
        if (call.Outcome == CallOutcome.Ok && Selectors.Any(form.Tools, call.Tool) && KeyOf(call) is { } key)
            foreach (var open in _open.Values.Where(open => open.Id.Call < call.Index && string.Equals(open.Key, key, StringComparison.Ordinal)).ToList())
                _open.Remove(open.Id.Call);

        // The proxy's own call that did not end well is the end of trying: it is reported and not repeated.
        if (call.Obligation is { } kept && kept.Rule == rule.Id && _open.TryGetValue(kept.Call, out var running))
            _open[kept.Call] = running with { Status = ObligationStatus.Failed };

        if (_opening.Remove(call.Id) && call.Outcome is CallOutcome.Ok or CallOutcome.Unknown && KeyOf(call) is { } opened)
            _open.Add(call.Index, Opened(call.Index, call.Tool.Id, opened, call.Arguments, call.Time, call.Outcome == CallOutcome.Ok));
    }

    public override RuleDenial? Judge(ToolCall call, IReadOnlyList<ChainCall> pending)
    {
        keyOf.Find(call, out var missing);
        if (missing is not null)
            return Lacking(rule, missing);
        return _open.Count + _opening.Count >= MissionBounds.ObligationsOpenMax ? Owing() : null;
    }

    /// <summary>What is to be done about obligations now, in the order of their calls.</summary>
    /// <param name="isStopped">Whether the mission can no longer do it: everything is due then.</param>
    /// <param name="pending">Calls on their way. While one of them may still close an obligation, the proxy waits for it.</param>
    public IEnumerable<OpenObligation> Due(DateTimeOffset time, bool isStopped, IReadOnlyList<ChainCall> pending) => _open.Values.Where(open =>
        open.Status == ObligationStatus.Failed
        || (open.Status == ObligationStatus.Open && (isStopped || time >= open.DueAt) && !pending.Any(call => MayClose(call, open))));

    /// <summary>Takes in that the proxy makes its own call.</summary>
    public void Run(long call) => _open[call] = _open[call] with { Status = ObligationStatus.Running };

    /// <summary>Takes in that it was reported.</summary>
    public void Report(long call) => _open.Remove(call);

    public override void Transfer(StateTransfer state, IReadOnlyList<ChainCall> pending)
    {
        foreach (var call in pending)
        {
            var isOpening = _opening.ContainsKey(call.Id);
            state.Flag(ref isOpening);
            if (state.IsLoading && isOpening)
                _opening.Add(call.Id, call);
        }

        state.Ordered(_open.Values, Transferred, open => _open.Add(open.Id.Call, open));
    }

    private OpenObligation Transferred(StateTransfer state, OpenObligation? open)
    {
        var call = open?.Id.Call ?? 0;
        var link = state.Name(ref call);
        var isCertain = open?.IsCertain ?? false;
        state.Flag(ref isCertain);
        var status = (int)(open?.Status ?? default);
        state.Number(ref status);
        if (open is not null)
            return open;

        if (link is not { Body: LinkBody.CallAdmitted admitted } || ValueKey.Joined(admitted.Arguments, form.Same.AsSpan(), out _) is not { } key
            || !Enum.IsDefined((ObligationStatus)status))
            throw StateTransfer.Malformed($"link {call} opened no obligation");
        return Opened(call, admitted.Tool.Id, key, admitted.Arguments, link.Time, isCertain) with { Status = (ObligationStatus)status };
    }

    private OpenObligation Opened(long call, ToolId tool, string key, JsonElement arguments, DateTimeOffset time, bool isCertain) =>
        new(new ObligationId(rule.Id, call), form, tool, key, form.ArgumentsFor(arguments), time, time + form.Within, isCertain);

    private bool MayClose(ChainCall call, OpenObligation open) => call.Index > open.Id.Call
        && Selectors.Any(form.Tools, call.Tool)
        && string.Equals(KeyOf(call), open.Key, StringComparison.Ordinal);

    private string? KeyOf(ChainCall call) => ValueKey.Joined(call.Arguments, form.Same.AsSpan(), out _);

    private RuleDenial Owing()
    {
        var same = form.Same.IsEmpty ? "" : $" for the same {string.Join(" and ", form.Same.Select(path => $"`{path}`"))}";
        return new RuleDenial(new Denial(
            ReasonCode.StateExhausted, $"This mission owes too much already: first call {Selectors.Words(form.Tools)}{same} as earlier calls.")
        {
            Because = [.. _open.Keys.Take(MissionBounds.BecauseMax)],
            AllowedNext = Selectors.Names(form.Tools),
        })
        { KeepsWords = true };
    }
}

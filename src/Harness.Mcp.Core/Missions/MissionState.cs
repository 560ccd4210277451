using System.Collections.Immutable;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Provenance;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Rules.Reading;
using Harness.Mcp.Core.Snapshots;
using Harness.Mcp.Core.Tasks;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions;

/// <summary>
/// What a mission's chain so far amounts to: the fold of its links. It holds just what the rules ask, never the links
/// themselves. One owner applies links in order; it is not thread-safe, and a caller that lost an append discards it.
/// </summary>
public sealed class MissionState
{
    /// <summary>
    /// Names what snapshots hold. One that was saved by another program is not read: what monitors remember changes from version to version.
    /// </summary>
    private static readonly string Layout = $"mission state of {typeof(MissionState).Module.ModuleVersionId}";

    private readonly CallReader _calls = new();
    private readonly AnchorSets _anchors;
    private readonly GrantsInForce _grants;
    private readonly RulesInForce _rules;
    private readonly ToolPlans _plans;
    private readonly ObligationBook _obligations;
    private readonly RecordedStatus _status;
    private readonly PendingCalls _pending;
    private readonly AskBook _asks;
    private readonly TaskBook _tasks;
    private readonly Refusals _refusals = new();
    private readonly UnknownOutcomes _unknown = new();
    private readonly ApprovalBook _approvals = new();
    private readonly ImmutableArray<Link> _tightened;

    private MissionState(OpenedRecord record, ImmutableArray<Link> tightened)
    {
        var (first, opened, template) = (record.First, record.Opened, record.Template);
        Id = first.Mission;
        Template = template;
        Rules = opened.Rules;
        Version = first.Version;
        Time = first.Time;
        Provenance = ProvenancePlan.Of(template, record.HasCarryAbove) is { } plan ? new ProvenanceIndex(plan, first.Mission, opened.Rules, opened.Inputs) : null;
        Facts = new MissionFacts(
            first.Mission, template.Name, template.Owner, template.Agents, opened.Inputs, first.Time, opened.ExpiresAt)
        { Provenance = Provenance };
        _anchors = new AnchorSets(template, opened.Inputs, _calls.Table);
        _grants = new GrantsInForce(template, Facts, _anchors, _calls);
        _rules = new RulesInForce(Facts, record.Labels, _calls);
        _rules.Add(record.Sources, first.Version);
        _rules.Add(template.Rules, template.Denials, first.Version);
        foreach (var (version, added) in record.Later)
            _rules.Add(added, version);
        _plans = new ToolPlans(template, _grants, _rules, _anchors);
        _obligations = new ObligationBook(_rules);
        _status = new RecordedStatus(opened.ExpiresAt);
        _pending = new PendingCalls(_plans);
        _asks = new AskBook(_pending, _status, Provenance);
        _tasks = new TaskBook(_pending, _status, Provenance);
        Judge = new CallJudge(this, _plans, _rules, _pending, _refusals, _unknown);
        _tightened = tightened;
    }

    public MissionId Id { get; }

    public MissionTemplate Template { get; }

    public MissionFacts Facts { get; }

    /// <summary>Digest of all rules that judge now.</summary>
    public Digest Rules { get; private set; }

    /// <summary>
    /// True once rules were added that remember nothing of the chain before. Such a state takes in links and judges nothing: its owner opens
    /// the mission again with the <see cref="LinkBody.RulesTightened"/> links that it met, and folds the chain from the start.
    /// </summary>
    public bool NeedsRefold { get; private set; }

    /// <summary>Version of the last link applied.</summary>
    public long Version { get; private set; }

    /// <summary>Time of the last link applied.</summary>
    public DateTimeOffset Time { get; private set; }

    /// <summary>Calls admitted and not settled, in order of admission, as they are now.</summary>
    public IReadOnlyList<ChainCall> Pending => [.. _pending.All];

    /// <summary>The same calls where they lie: to be read at once, before the state takes in another link.</summary>
    public ReadOnlySpan<ChainCall> PendingInPlace => _pending.InPlace;

    /// <summary>A call that is admitted and not settled, as it is now; null where there is none.</summary>
    public ChainCall? FindPending(CallId call) => _pending.Find(call);

    /// <summary>A call that was answered by a task and has settled; null where there is none, or it is forgotten.</summary>
    public EndedTask? FindEndedTask(CallId call) => _tasks.FindEnded(call);

    /// <summary>Whether a call waits for a task.</summary>
    public bool HasOpenTasks => _tasks.HasOpen;

    /// <summary>The calls that wait for a task.</summary>
    public ImmutableArray<ChainCall> OpenTasks => _tasks.Open;

    /// <summary>The requests for approval that have neither expired nor been used, in the order they were asked.</summary>
    public ImmutableArray<OpenApproval> ApprovalsAt(DateTimeOffset time) => _status.IsActiveAt(time) ? _approvals.OpenAt(time) : [];

    public bool HasObligations => !_obligations.IsEmpty;

    /// <summary>What `then` rules still demand, in the order of the calls that opened it.</summary>
    public ImmutableArray<OpenObligation> Obligations => _obligations.All;

    /// <summary>What of it is to be done or reported at a time: what is late, and everything once the mission has stopped.</summary>
    public ImmutableArray<OpenObligation> ObligationsDue(DateTimeOffset time) =>
        _obligations.Due(time, !_status.IsActiveAt(time), _pending.All);

    /// <summary>What the mission's grants let the backend ask of its agents, over all tools: more than any one call may.</summary>
    /// <param name="domain">The backend's.</param>
    public AgentInputs AsksOf(BackendId backend, string domain) => _grants.AsksOf(backend, domain);

    /// <summary>Memory that the mission's provenance takes; 0 where nothing of the mission asks where a value came from.</summary>
    public long ProvenanceBytes => Provenance?.Bytes ?? 0;

    /// <summary>Memory that what the mission's rules keep of its chain takes, by an upper estimate: at most <see cref="MissionBounds.RuleBytesMax"/> and <see cref="MissionBounds.KeyBytesMax"/> together.</summary>
    public long RuleBytes => _calls.Memory.Bytes + _calls.Table.Bytes;

    /// <summary>Compiles the mission from its first link.</summary>
    /// <param name="tightened">
    /// The chain's <see cref="LinkBody.RulesTightened"/> links, as far as they are known: the rules that they bring then remember the chain
    /// from its start, and judge from those links on.
    /// </param>
    /// <returns>The state at version 1, or why this record cannot be understood (then no call of the mission is permitted).</returns>
    public static Parsed<MissionState> Open(Link first, params ImmutableArray<Link> tightened)
    {
        ArgumentNullException.ThrowIfNull(first);
        var record = OpenedRecord.Read(first, tightened);
        return record.IsValid ? new(new MissionState(record.Value, tightened)) : new(record.Problems);
    }

    /// <summary>Folds a chain that starts with its first link: the state after the last of them.</summary>
    public static Parsed<MissionState> Fold(IReadOnlyList<Link> links)
    {
        ArgumentNullException.ThrowIfNull(links);
        ArgumentOutOfRangeException.ThrowIfZero(links.Count, nameof(links));
        var opened = Open(links[0], [.. links.Where(link => link.Body is LinkBody.RulesTightened)]);
        if (opened.IsValid)
            foreach (var link in links.Skip(1))
                opened.Value.Apply(link);
        return opened;
    }

    /// <summary>
    /// The status at a time. A mission that was completed or revoked stays so; otherwise expiry is told by the time alone, whatever the chain says.
    /// </summary>
    public MissionStatus StatusAt(DateTimeOffset time) => _status.At(time);

    /// <summary>Takes in the next link.</summary>
    /// <exception cref="InvalidOperationException">The link is not the next one of this mission: a bug or a corrupt chain.</exception>
    public void Apply(Link link)
    {
        ArgumentNullException.ThrowIfNull(link);
        if (link.Mission != Id)
            throw Misplaced(link, $"belongs to the mission {link.Mission}");
        if (link.Version != Version + 1)
            throw Misplaced(link, $"does not follow version {Version}");
        if (link.Time < Time)
            throw Misplaced(link, "is older than the link before");
        if (_approvals.Take(link) is { } impossible)
            throw Misplaced(link, impossible);

        _calls.Forget();
        if (Take(link) is { } why)
            throw Misplaced(link, why);
        Version = link.Version;
        Time = link.Time;
    }

    /// <summary>The link that must come before the next decision, since guardrails or terms say more than when this mission last heard of them; null for none.</summary>
    public LinkBody.RulesTightened? Tightening(RuleSources today)
    {
        ArgumentNullException.ThrowIfNull(today);
        var missing = _rules.Missing(today, Template);
        return missing.IsEmpty ? null : new LinkBody.RulesTightened(missing, RulesDigest.After(Rules, missing));
    }

    /// <summary>
    /// The link that must follow <paramref name="next"/> (or the last link, where that is null), since it was one refusal too many; null where
    /// it was not. Until that link is there, no call is permitted.
    /// </summary>
    public LinkBody.MissionSuspended? SuspensionAfter(LinkBody? next) =>
        _status.Value == MissionStatus.Active ? _refusals.SuspensionAfter(next, _rules.Denials) : null;

    /// <summary>What grants and rules say of a call now.</summary>
    internal CallJudge Judge { get; }

    /// <summary>Where the mission met which value; null where nothing of it asks.</summary>
    internal ProvenanceIndex? Provenance { get; }

    /// <summary>The tools whose results feed an anchor.</summary>
    internal ImmutableArray<string> SourcesOf(string anchor) =>
        [.. Template.Anchors.First(known => known.Name == anchor).Results.Select(source => source.Tool.ToString()).Distinct(StringComparer.Ordinal)];

    /// <summary>Says of a call that settled as unknown that in truth it was never forwarded.</summary>
    internal void WasNotForwarded(long admitted) => _unknown.Remove(admitted);

    internal bool IsGranted(ToolFacts tool) => !_plans.Of(tool).Grants.IsEmpty;

    internal Decision Escalate(ToolCall call, IReadOnlyList<RuleDenial> asks) => Escalation.Of(_approvals, this, call, asks);

    /// <summary>Writes all that the mission remembers, or reads it back into a state that has seen nothing but the chain's first link.</summary>
    internal void Transfer(StateTransfer state)
    {
        state.Part(Layout);
        state.Named.Add(1);
        state.Named.UnionWith(_tightened.Select(link => link.Version));
        if (state.IsLoading && !_tightened.IsEmpty)
            Rules = ((LinkBody.RulesTightened)_tightened[^1].Body).Rules;
        state.Part(Rules.Value);
        var (version, time) = (Version, Time);
        state.Number(ref version);
        state.Time(ref time);
        (Version, Time) = (version, time);

        _status.Transfer(state);
        _refusals.Transfer(state);
        _pending.Transfer(state);
        _unknown.Transfer(state);
        _tasks.Transfer(state);
        _approvals.Transfer(state);
        _calls.Table.Transfer(state);
        _anchors.Transfer(state);
        _grants.Transfer(state);
        foreach (var rule in _rules.All)
            rule.Transfer(state, _pending.All);
        _calls.Memory.Transfer(state);
        state.Part("provenance");
        Provenance?.Transfer(state);
        state.End();
        _calls.Forget();
    }

    /// <returns>Why the link cannot be genuine, as the end of a sentence that begins with it; null where it can.</returns>
    private string? Take(Link link) => link.Body switch
    {
        LinkBody.MissionSuspended => _status.Move(MissionStatus.Suspended, MissionStatus.Active),
        LinkBody.MissionResumed => Resume(),
        LinkBody.MissionCompleted => _status.Move(MissionStatus.Completed, MissionStatus.Active, MissionStatus.Suspended),
        LinkBody.MissionRevoked => _status.Move(MissionStatus.Revoked, MissionStatus.Active, MissionStatus.Suspended),
        LinkBody.RulesTightened tightened => Tighten(link, tightened),
        LinkBody.CallAdmitted admitted => Admit(link, admitted),
        LinkBody.CallSettled settled => Settle(link, settled),
        LinkBody.CallRefused refused => CountRefusal(link, refused.Denial),
        LinkBody.InputAsked asked => _asks.Ask(link, asked),
        LinkBody.InputGiven given => _asks.Give(link, given),
        LinkBody.InputRefused refused => _asks.Refuse(refused) ?? CountRefusal(link, refused.Denial),
        LinkBody.TaskOpened opened => _tasks.Begin(link, opened),
        LinkBody.TaskReported reported => _tasks.Report(link, reported),
        LinkBody.ObligationMissed missed => _obligations.Report(missed.Obligation, ObligationsDue(link.Time)),
        LinkBody.ApprovalRequested or LinkBody.ApprovalGranted or LinkBody.ApprovalRefused => StatusAt(link.Time) is not MissionStatus.Active and var status
            ? $"is about an approval while the mission is {MissionStatusNames.Write(status)}"
            : null, // The approvals have taken it in.
        _ => $"of the kind {link.Body.GetType().Name} has no place there",
    };

    private string? Resume()
    {
        if (_status.Move(MissionStatus.Active, MissionStatus.Suspended) is { } why)
            return why;
        _refusals.Forgive(); // A person has looked at them.
        return null;
    }

    private string? Tighten(Link link, LinkBody.RulesTightened tightened)
    {
        if (_status.Value != MissionStatus.Active)
            return $"adds rules while the mission is {MissionStatusNames.Write(_status.Value)}";
        Rules = tightened.Rules;
        NeedsRefold |= !_tightened.Any(known => known.Version == link.Version);
        return null;
    }

    private string? Admit(Link link, LinkBody.CallAdmitted admitted)
    {
        if (_status.Value != MissionStatus.Active && admitted.Obligation is null)
            return $"admits a call while the mission is {MissionStatusNames.Write(_status.Value)}";
        if (_pending.Holds(admitted.Call))
            return $"admits the call {admitted.Call} again";
        if (admitted.Obligation is { } kept && _obligations.Keep(kept, admitted, ObligationsDue(link.Time)) is { } undemanded)
            return undemanded;

        var plan = _plans.Of(admitted.Tool);
        ToolCall? proposal = null;
        var call = ChainCall.Of(link, admitted);
        foreach (var rule in plan.Noticing)
        {
            if (rule.CountsSome)
            {
                proposal ??= new ToolCall(admitted.Call, admitted.Agent, admitted.Tool, admitted.Arguments, link.Time) { Refused = _refusals.Count };
                if (!rule.Counts(proposal, _pending.All))
                    continue;
            }

            rule.Admit(call);
        }

        // Only what an anchored call brings is part of the mission, and what it was anchored in is known at its admission.
        _pending.Add(call, isAnchored: plan.IsAnchored(call));
        return null;
    }

    private string? Settle(Link link, LinkBody.CallSettled settled)
    {
        if (!_pending.Holds(settled.Call))
            return $"settles the call {settled.Call}, which is not pending";
        if (settled.Outcome == CallOutcome.Pending)
            return $"settles the call {settled.Call} as pending";

        var pending = _pending.Remove(settled.Call, out var isAnchored);
        var call = pending with { Outcome = settled.Outcome, Result = settled.Result, Labels = pending.Labels.IsEmpty ? settled.Labels : pending.With(settled.Labels).Labels, Ask = null, Task = null };
        _tasks.End(pending, settled, link.Time);
        Provenance?.Add(call, settled);
        if (call.Outcome == CallOutcome.Unknown)
            _unknown.Add(call, link.Time);

        var plan = _plans.Of(call.Tool);
        foreach (var rule in plan.Noticing)
            rule.Monitor.Settle(call);
        foreach (var rule in _rules.All)
            rule.When?.Settle(call);
        _grants.Settle(call);
        if (isAnchored && call is { Outcome: CallOutcome.Ok, Result: { } result })
            foreach (var (set, field) in plan.Feeding)
                set.AddAtoms(result, field);
        return null;
    }

    /// <summary>For rules, refused calls do not count; for the mission they do.</summary>
    private string? CountRefusal(Link link, Denial denial)
    {
        _refusals.Add(denial, link.Version);
        return null;
    }

    private static InvalidOperationException Misplaced(Link link, string why) =>
        new($"Link {link.Version} of the mission {link.Mission} {why}.");
}

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
    /// <summary>Who does what nobody commanded, in links.</summary>
    private const string SystemName = "harness";

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
    private readonly ImmutableArray<Link> _tightened;
    private readonly bool _mayAsk;
    private readonly Refusals _refusals = new();
    private readonly UnknownOutcomes _unknown = new();
    private readonly PendingCalls _pending = new();
    private readonly EndedTasks _endedTasks = new();
    private readonly ApprovalBook _approvals = new();
    private MissionStatus _recorded = MissionStatus.Active;

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
        _tightened = tightened;
        _mayAsk = template.Grants.Any(grant => grant.Asks != AgentInputs.None);
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

    /// <summary>A call that is admitted and not settled, as it is now; null where there is none.</summary>
    public ChainCall? FindPending(CallId call) => _pending.Find(call);

    /// <summary>A call that was answered by a task and has settled; null where there is none, or it is forgotten.</summary>
    public EndedTask? FindEndedTask(CallId call) => _endedTasks.Find(call);

    /// <summary>Whether a call waits for a task.</summary>
    public bool HasOpenTasks
    {
        get
        {
            foreach (var call in _pending.All)
                if (call.Task is not null)
                    return true;
            return false;
        }
    }

    /// <summary>The calls that wait for a task.</summary>
    public ImmutableArray<ChainCall> OpenTasks => [.. _pending.All.Where(static call => call.Task is not null)];

    /// <summary>What the mission's grants let the backend ask of its agents, over all tools: more than any one call may.</summary>
    /// <param name="domain">The backend's.</param>
    public AgentInputs AsksOf(BackendId backend, string domain) => _mayAsk
        ? Template.Grants.Where(grant => grant.MayConcern(backend, domain)).Aggregate(AgentInputs.None, static (all, grant) => all | grant.Asks)
        : AgentInputs.None;

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
    public MissionStatus StatusAt(DateTimeOffset time) => _recorded is MissionStatus.Completed or MissionStatus.Revoked
        ? _recorded
        : time >= Facts.Expires ? MissionStatus.Expired : _recorded;

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

        switch (link.Body)
        {
            case LinkBody.MissionSuspended:
                Move(link, MissionStatus.Suspended, MissionStatus.Active);
                break;
            case LinkBody.MissionResumed:
                Move(link, MissionStatus.Active, MissionStatus.Suspended);
                _refusals.Forgive(); // A person has looked at them.
                break;
            case LinkBody.MissionCompleted:
                Move(link, MissionStatus.Completed, MissionStatus.Active, MissionStatus.Suspended);
                break;
            case LinkBody.MissionRevoked:
                Move(link, MissionStatus.Revoked, MissionStatus.Active, MissionStatus.Suspended);
                break;
            case LinkBody.RulesTightened tightened:
                Tighten(link, tightened);
                break;
            case LinkBody.CallAdmitted admitted:
                Admit(link, admitted);
                break;
            case LinkBody.CallSettled settled:
                Settle(link, settled);
                break;
            case LinkBody.InputAsked asked:
                Ask(link, asked);
                break;
            case LinkBody.InputGiven given:
                Give(link, given);
                break;
            case LinkBody.InputRefused refused:
                _pending.Replace(Asking(link, refused.Call, refused.Round) with { Ask = null });
                _refusals.Add(refused.Denial, link.Version);
                break;
            case LinkBody.TaskOpened opened:
                BeginTask(link, opened);
                break;
            case LinkBody.TaskReported reported:
                Report(link, reported);
                break;
            case LinkBody.ObligationMissed missed:
                if (_obligations.Report(missed.Obligation, ObligationsDue(link.Time)) is { } unowed)
                    throw Misplaced(link, unowed);
                break;
            case LinkBody.CallRefused refused:
                _refusals.Add(refused.Denial, link.Version); // For rules, refused calls do not count.
                break;
            case LinkBody.ApprovalRequested or LinkBody.ApprovalGranted or LinkBody.ApprovalRefused:
                if (StatusAt(link.Time) is not MissionStatus.Active and var status)
                    throw Misplaced(link, $"is about an approval while the mission is {MissionStatusNames.Write(status)}");
                break; // The approvals have taken it in.
            default:
                throw Misplaced(link, $"of the kind {link.Body.GetType().Name} has no place there");
        }

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
    public LinkBody.MissionSuspended? SuspensionAfter(LinkBody? next)
    {
        var refused = next switch
        {
            LinkBody.CallRefused call => call.Denial,
            LinkBody.InputRefused input => input.Denial,
            _ => null,
        };
        var refusals = _refusals.Count + (refused is not null && Refusals.Counts(refused) ? 1 : 0);
        return _recorded == MissionStatus.Active && refusals >= _rules.Denials.Stop
            ? new LinkBody.MissionSuspended(SystemName, $"{refusals} calls were refused. Look at them, then resume or revoke the mission.")
            : null;
    }

    /// <summary>Where the mission met which value; null where nothing of it asks.</summary>
    internal ProvenanceIndex? Provenance { get; }

    /// <summary>The tools whose results feed an anchor.</summary>
    internal ImmutableArray<string> SourcesOf(string anchor) =>
        [.. Template.Anchors.First(known => known.Name == anchor).Results.Select(source => source.Tool.ToString()).Distinct(StringComparer.Ordinal)];

    /// <summary>Says of a call that settled as unknown that in truth it was never forwarded.</summary>
    internal void WasNotForwarded(long admitted) => _unknown.Remove(admitted);

    internal bool IsGranted(ToolFacts tool) => !_plans.Of(tool).Grants.IsEmpty;

    /// <summary>The requests for approval that have neither expired nor been used, in the order they were asked.</summary>
    public ImmutableArray<OpenApproval> ApprovalsAt(DateTimeOffset time) => StatusAt(time) == MissionStatus.Active ? _approvals.OpenAt(time) : [];

    public bool HasObligations => !_obligations.IsEmpty;

    /// <summary>What `then` rules still demand, in the order of the calls that opened it.</summary>
    public ImmutableArray<OpenObligation> Obligations => _obligations.All;

    /// <summary>What of it is to be done or reported at a time: what is late, and everything once the mission has stopped.</summary>
    public ImmutableArray<OpenObligation> ObligationsDue(DateTimeOffset time) =>
        _obligations.Due(time, StatusAt(time) != MissionStatus.Active, _pending.All);

    internal Decision Escalate(ToolCall call, IReadOnlyList<RuleDenial> asks) => Escalation.Of(_approvals, this, call, asks);

    /// <param name="asks">Gets what must be approved before the call may pass, where nothing denies it; null for nothing.</param>
    /// <returns>Why grants or rules deny the call, or null. Changes nothing that a later answer depends on.</returns>
    /// <param name="shadow">What rules in shadow would have denied a permitted call with.</param>
    /// <param name="mayAsk">What the backend may ask of the agent during a permitted call.</param>
    internal RuleDenial? Judge(ToolCall call, out List<RuleDenial>? asks, out ImmutableArray<Denial> shadow, out AgentInputs mayAsk)
    {
        shadow = [];
        asks = null;
        mayAsk = AgentInputs.None;
        var plan = _plans.Of(call.Tool);
        if (plan.Grants.IsEmpty)
            return new RuleDenial(Denial.ToolNotGranted);
        if (!call.Tool.IsRead && _refusals.Count >= _rules.Denials.Narrow)
            return new RuleDenial(_refusals.Narrowed());

        if (_refusals.Count > 0)
            call = call with { Refused = _refusals.Count };
        var pending = _pending.All;
        if (GrantsInForce.Refuse(plan, call, this, pending, ref asks, out mayAsk) is { } refusal)
            return refusal;
        if (_unknown.Refuse(call) is { } repeated)
            return new RuleDenial(repeated);

        // No verdict is stricter than a denial, so the first (guardrails, terms, the mission's own) ends it. What only asks waits: a denial may still come.
        foreach (var rule in plan.Judging)
        {
            if (rule.Since > Version || rule.Judge(call, pending) is not { } verdict)
                continue;
            if (!rule.Rule.IsEnforced)
                shadow = shadow.Add(verdict.Denial);
            else if (verdict.Asks is null)
                return verdict;
            else
                (asks ??= []).Add(verdict);
        }

        return null;
    }

    /// <returns>Why the answer must not go to the backend of a pending call, or null. Rules about what flows are asked, with the call as it is.</returns>
    internal RuleDenial? JudgeInput(ChainCall call, GivenInput given, DateTimeOffset time)
    {
        var proposal = new ToolCall(call.Id, given.Agent, call.Tool, call.Arguments, time) { Refused = _refusals.Count };
        foreach (var rule in _plans.Of(call.Tool).Judging)
            if (rule.Since <= Version && rule.Rule.IsEnforced && rule.JudgeInput(call, proposal, given, _pending.All) is { } verdict)
                return verdict;
        return null;
    }

    /// <summary>Writes all that the mission remembers, or reads it back into a state that has seen nothing but the chain's first link.</summary>
    internal void Transfer(StateTransfer state)
    {
        state.Part(Layout);
        state.Named.Add(1);
        state.Named.UnionWith(_tightened.Select(link => link.Version));
        if (state.IsLoading && !_tightened.IsEmpty)
            Rules = ((LinkBody.RulesTightened)_tightened[^1].Body).Rules;
        state.Part(Rules.Value);
        var (version, ticks, recorded) = (Version, Time.UtcTicks, (int)_recorded);
        state.Number(ref version);
        state.Number(ref ticks);
        state.Number(ref recorded);
        (Version, Time, _recorded) = (version, new DateTimeOffset(ticks, TimeSpan.Zero), (MissionStatus)recorded);
        if (!Enum.IsDefined(_recorded))
            throw StateTransfer.Malformed("the mission's status is unknown");

        _refusals.Transfer(state);
        _pending.Transfer(state);
        _unknown.Transfer(state);
        _endedTasks.Transfer(state);
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

    private void Tighten(Link link, LinkBody.RulesTightened tightened)
    {
        if (_recorded != MissionStatus.Active)
            throw Misplaced(link, $"adds rules while the mission is {MissionStatusNames.Write(_recorded)}");
        Rules = tightened.Rules;
        NeedsRefold |= !_tightened.Any(known => known.Version == link.Version);
    }

    private void Admit(Link link, LinkBody.CallAdmitted admitted)
    {
        if (_recorded != MissionStatus.Active && admitted.Obligation is null)
            throw Misplaced(link, $"admits a call while the mission is {MissionStatusNames.Write(_recorded)}");
        if (_pending.Holds(admitted.Call))
            throw Misplaced(link, $"admits the call {admitted.Call} again");

        if (admitted.Obligation is { } kept && _obligations.Keep(kept, admitted, ObligationsDue(link.Time)) is { } undemanded)
            throw Misplaced(link, undemanded);

        var plan = _plans.Of(admitted.Tool);
        var proposal = new ToolCall(admitted.Call, admitted.Agent, admitted.Tool, admitted.Arguments, link.Time) { Refused = _refusals.Count };
        var call = ChainCall.Of(link, admitted);
        foreach (var rule in plan.Noticing)
            rule.Admit(call, proposal, _pending.All);

        // Only what an anchored call brings is part of the mission, and what it was anchored in is known at its admission.
        _pending.Add(call, isAnchored: !plan.Feeding.IsEmpty && plan.Grants.Any(grant => grant.Covers(call)));
    }

    private void Settle(Link link, LinkBody.CallSettled settled)
    {
        if (!_pending.Holds(settled.Call))
            throw Misplaced(link, $"settles the call {settled.Call}, which is not pending");
        if (settled.Outcome == CallOutcome.Pending)
            throw Misplaced(link, $"settles the call {settled.Call} as pending");

        var pending = _pending.Remove(settled.Call, out var isAnchored);
        var call = pending with { Outcome = settled.Outcome, Result = settled.Result, Labels = pending.Labels.IsEmpty ? settled.Labels : pending.With(settled.Labels).Labels, Ask = null, Task = null };
        if (pending.Task is not null)
            _endedTasks.Add(pending, settled, link.Time);
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
    }

    private void Ask(Link link, LinkBody.InputAsked asked)
    {
        if (StatusAt(link.Time) != MissionStatus.Active)
            throw Misplaced(link, "asks the agent while the mission is not active");
        if (_pending.Find(asked.Call) is not { Ask: null } call)
            throw Misplaced(link, $"asks for the call {asked.Call}, which is not pending or has asked already");
        if (asked.Round != call.Rounds + 1 || asked.Round > OpenAsk.RoundsMax)
            throw Misplaced(link, $"asks question {asked.Round} after {call.Rounds}");
        if (asked.Kinds == AgentInputs.None || (asked.Kinds & ~call.MayAsk) != AgentInputs.None)
            throw Misplaced(link, "asks what was not granted to the call");

        Provenance?.AddAsked(call, asked);
        Hear(call with { Rounds = asked.Round, Ask = new OpenAsk(link.Version, asked) }, asked.Labels);
    }

    private void Give(Link link, LinkBody.InputGiven given)
    {
        if (StatusAt(link.Time) != MissionStatus.Active)
            throw Misplaced(link, "gives input while the mission is not active");
        var call = Asking(link, given.Call, given.Round);
        if (call.Ask!.HasExpired(link.Time))
            throw Misplaced(link, $"answers question {given.Round} after it expired");
        Provenance?.AddGiven(call, given);
        Hear(call with { Ask = null }, given.Labels);
    }

    private void BeginTask(Link link, LinkBody.TaskOpened opened)
    {
        if (StatusAt(link.Time) != MissionStatus.Active)
            throw Misplaced(link, "opens a task while the mission is not active");
        if (_pending.Find(opened.Call) is not { Task: null, Ask: null, Obligation: null } call)
            throw Misplaced(link, $"opens a task for the call {opened.Call}, which is not pending, waits for an answer or has a task");
        if (opened.ExpiresAt <= link.Time)
            throw Misplaced(link, "opens a task that is over already");
        Tell(call with { Task = OpenTask.Of(link, opened) }, opened.Message, opened.Labels);
    }

    private void Report(Link link, LinkBody.TaskReported reported)
    {
        if (StatusAt(link.Time) != MissionStatus.Active)
            throw Misplaced(link, "reports of a task while the mission is not active");
        if (_pending.Find(reported.Call) is not { Task: { } task } call || task.Reports >= OpenTask.ReportsMax)
            throw Misplaced(link, $"reports of a task of the call {reported.Call}, which has none, or too often");
        Tell(call with { Task = task.With(reported) }, reported.Message, reported.Labels);
    }

    /// <summary>From here on the mission knows what a backend said of its task.</summary>
    private void Tell(ChainCall call, string? message, ImmutableArray<string> labels)
    {
        if (message is not null)
            Provenance?.AddReported(call, message, labels);
        Hear(call, labels);
    }

    private ChainCall Asking(Link link, CallId id, int round) => _pending.Find(id) is { Ask: { } ask } call && ask.Round == round
        ? call
        : throw Misplaced(link, $"answers question {round} of the call {id}, which does not wait for that");

    /// <summary>From here on the mission carries the labels, though the call has no result yet.</summary>
    private void Hear(ChainCall call, ImmutableArray<string> labels)
    {
        _pending.Replace(call.With(labels));
        foreach (var rule in _plans.Of(call.Tool).Noticing)
            rule.Monitor.Hear(call, labels);
    }

    private void Move(Link link, MissionStatus to, params ReadOnlySpan<MissionStatus> from)
    {
        if (!from.Contains(_recorded))
            throw Misplaced(link, $"has no place while the mission is {MissionStatusNames.Write(_recorded)}");
        _recorded = to;
    }

    private static InvalidOperationException Misplaced(Link link, string why) =>
        new($"Link {link.Version} of the mission {link.Mission} {why}.");
}

using System.Collections.Immutable;
using Harness.Mcp.Core.Approvals;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Documents;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Obligations;
using Harness.Mcp.Core.Provenance;
using Harness.Mcp.Core.Rules;
using Harness.Mcp.Core.Tools;

namespace Harness.Mcp.Core.Missions;

/// <summary>
/// What a mission's chain so far amounts to: the fold of its links. It holds just what the rules ask, never the links
/// themselves. One owner applies links in order; it is not thread-safe, and a caller that lost an append discards it.
/// </summary>
public sealed class MissionState
{
    private readonly AnchorSets _anchors;
    private readonly ImmutableArray<GrantInForce> _grants;
    private readonly ImmutableArray<RuleInForce> _rules;
    private readonly Dictionary<ToolId, ToolPlan> _plans = [];

    private readonly List<ChainCall> _pending = [];
    private readonly HashSet<CallId> _pendingAnchored = [];
    private readonly ApprovalBook _approvals = new();
    private readonly ImmutableArray<ObligationMonitor> _obligations;
    private MissionStatus _recorded = MissionStatus.Active;

    private MissionState(Link first, LinkBody.MissionOpened opened, MissionTemplate template)
    {
        Id = first.Mission;
        Template = template;
        Rules = opened.Rules;
        Version = first.Version;
        Time = first.Time;
        Provenance = ProvenancePlan.Of(template) is { } plan ? new ProvenanceIndex(plan, first.Mission, opened.Rules, opened.Inputs) : null;
        Facts = new MissionFacts(
            first.Mission, template.Name, template.Owner, template.Agents, opened.Inputs, first.Time, opened.ExpiresAt)
        { Provenance = Provenance };
        _anchors = new AnchorSets(template, opened.Inputs);
        _grants = [.. template.Grants.Select(grant => new GrantInForce(grant, Facts))];
        _rules = [.. template.Rules.Select(rule => new RuleInForce(rule, Facts))];
        _obligations = [.. _rules.Select(rule => rule.Monitor).OfType<ObligationMonitor>()];
    }

    public MissionId Id { get; }

    public MissionTemplate Template { get; }

    public MissionFacts Facts { get; }

    public Digest Rules { get; }

    /// <summary>Version of the last link applied.</summary>
    public long Version { get; private set; }

    /// <summary>Time of the last link applied.</summary>
    public DateTimeOffset Time { get; private set; }

    /// <summary>Calls admitted and not settled, in order of admission, as they are now.</summary>
    public IReadOnlyList<ChainCall> Pending => [.. _pending];

    /// <summary>Memory that the mission's provenance takes; 0 where nothing of the mission asks where a value came from.</summary>
    public long ProvenanceBytes => Provenance?.Bytes ?? 0;

    /// <summary>Compiles the mission from its first link.</summary>
    /// <returns>The state at version 1, or why this record cannot be understood (then no call of the mission is permitted).</returns>
    public static Parsed<MissionState> Open(Link first)
    {
        ArgumentNullException.ThrowIfNull(first);
        var at = new SourcePosition(first.Mission.Value, 0, 0);
        if (first.Version != 1 || first.Body is not LinkBody.MissionOpened opened)
            return new([new Problem(at, "The chain does not start with the opening of a mission.")]);

        var document = DocumentJson.Read(opened.Document, first.Mission.Value);
        if (!document.IsValid)
            return new(document.Problems);
        var template = MissionParser.Parse(document.Value);
        if (!template.IsValid)
            return new(template.Problems);

        var problems = MissionInputs.Check(template.Value, opened.Inputs);
        return problems.IsEmpty ? new(new MissionState(first, opened, template.Value)) : new(problems);
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

        switch (link.Body)
        {
            case LinkBody.MissionSuspended:
                Move(link, MissionStatus.Suspended, MissionStatus.Active);
                break;
            case LinkBody.MissionResumed:
                Move(link, MissionStatus.Active, MissionStatus.Suspended);
                break;
            case LinkBody.MissionCompleted:
                Move(link, MissionStatus.Completed, MissionStatus.Active, MissionStatus.Suspended);
                break;
            case LinkBody.MissionRevoked:
                Move(link, MissionStatus.Revoked, MissionStatus.Active, MissionStatus.Suspended);
                break;
            case LinkBody.CallAdmitted admitted:
                Admit(link, admitted);
                break;
            case LinkBody.CallSettled settled:
                Settle(link, settled);
                break;
            case LinkBody.ObligationMissed missed:
                DueOf(link, missed.Obligation).Report(missed.Obligation.Call);
                break;
            case LinkBody.CallRefused:
                break; // Refused calls do not count.
            case LinkBody.ApprovalRequested or LinkBody.ApprovalGranted or LinkBody.ApprovalRefused:
                if (StatusAt(link.Time) is not MissionStatus.Active and var status)
                    throw Misplaced(link, $"is about an approval while the mission is {Word(status)}");
                break; // The approvals have taken it in.
            default:
                throw Misplaced(link, $"of the kind {link.Body.GetType().Name} has no place there");
        }

        Version = link.Version;
        Time = link.Time;
    }

    /// <summary>Where the mission met which value; null where nothing of it asks.</summary>
    internal ProvenanceIndex? Provenance { get; }

    /// <summary>The tools whose results feed an anchor.</summary>
    internal ImmutableArray<string> SourcesOf(string anchor) =>
        [.. Template.Anchors.First(known => known.Name == anchor).Results.Select(source => source.Tool.ToString()).Distinct(StringComparer.Ordinal)];

    internal bool IsGranted(ToolFacts tool) => !PlanOf(tool).Grants.IsEmpty;

    /// <summary>The requests for approval that have neither expired nor been used, in the order they were asked.</summary>
    public ImmutableArray<OpenApproval> ApprovalsAt(DateTimeOffset time) => StatusAt(time) == MissionStatus.Active ? _approvals.OpenAt(time) : [];

    public bool HasObligations => _obligations.Any(monitor => monitor.Open.Any());

    /// <summary>What `then` rules still demand, in the order of the calls that opened it.</summary>
    public ImmutableArray<OpenObligation> Obligations => [.. _obligations.SelectMany(monitor => monitor.Open).OrderBy(open => open.Id.Call)];

    /// <summary>What of it is to be done or reported at a time: what is late, and everything once the mission has stopped.</summary>
    public ImmutableArray<OpenObligation> ObligationsDue(DateTimeOffset time)
    {
        var isStopped = StatusAt(time) != MissionStatus.Active;
        return [.. _obligations.SelectMany(monitor => monitor.Due(time, isStopped, _pending)).OrderBy(open => open.Id.Call)];
    }

    internal Decision Escalate(ToolCall call, IReadOnlyList<RuleDenial> asks) => Escalation.Of(_approvals, this, call, asks);

    /// <param name="asks">Gets what must be approved before the call may pass, where nothing denies it.</param>
    /// <returns>Why grants or rules deny the call, or null. Changes nothing that a later answer depends on.</returns>
    internal RuleDenial? Judge(ToolCall call, List<RuleDenial> asks)
    {
        var plan = PlanOf(call.Tool);
        if (plan.Grants.IsEmpty)
            return new RuleDenial(Denial.ToolNotGranted);
        if (RefuseGrants(plan, call, asks) is { } refusal)
            return refusal;

        // No verdict is stricter than a denial, so the first in document order ends it. What only asks waits: a denial may still come.
        foreach (var rule in plan.Judging)
        {
            if (rule.Judge(call, _pending) is not { } verdict)
                continue;
            if (verdict.Asks is null)
                return verdict;
            asks.Add(verdict);
        }

        return null;
    }

    /// <returns>The refusal of the grant that came closest to accepting the call, or null where one accepts it.</returns>
    private RuleDenial? RefuseGrants(ToolPlan plan, ToolCall call, List<RuleDenial> asks)
    {
        (GrantRefusal Refusal, RuleId Grant)? best = null;
        RuleDenial? asking = null;
        foreach (var grant in plan.Grants)
        {
            if (grant.Refuse(call, plan.IsUnanchored, _anchors, this, _pending) is not { } refusal)
            {
                // One grant is enough, so one that asks nobody comes before one that does.
                if (grant.Ask(call, _pending) is not { } verdict)
                    return null;
                if (verdict.Asks is null)
                    return verdict;
                asking ??= verdict;
                continue;
            }

            if (best is null || refusal.Progress > best.Value.Refusal.Progress)
                best = (refusal, grant.Grant.Id);
        }

        if (asking is not null)
        {
            asks.Add(asking);
            return null;
        }

        return best is not var (found, id)
            ? new RuleDenial(Denial.ToolNotGranted)
            : found.Denial with { Denial = found.Denial.Denial with { Rule = id } };
    }

    private void Admit(Link link, LinkBody.CallAdmitted admitted)
    {
        if (_recorded != MissionStatus.Active && admitted.Obligation is null)
            throw Misplaced(link, $"admits a call while the mission is {Word(_recorded)}");
        if (_pending.Exists(pending => pending.Id == admitted.Call))
            throw Misplaced(link, $"admits the call {admitted.Call} again");

        if (admitted.Obligation is { } kept)
            Keep(link, admitted, kept);

        var plan = PlanOf(admitted.Tool);
        var proposal = new ToolCall(admitted.Call, admitted.Agent, admitted.Tool, admitted.Arguments, link.Time);
        var call = new ChainCall(
            admitted.Call, link.Version, admitted.Tool, admitted.Arguments, null, [], link.Time, CallOutcome.Pending)
        {
            Obligation = admitted.Obligation,
        };
        foreach (var rule in plan.Noticing)
            rule.Admit(call, proposal, _pending);

        // Only what an anchored call brings is part of the mission, and what it was anchored in is known at its admission.
        if (!plan.Feeding.IsEmpty && plan.Grants.Any(grant => _anchors.Covers(grant.Grant, admitted.Arguments)))
            _pendingAnchored.Add(admitted.Call);
        _pending.Add(call);
    }

    /// <summary>The proxy's own call: it is the one that was demanded, and its time has come.</summary>
    private void Keep(Link link, LinkBody.CallAdmitted admitted, ObligationId kept)
    {
        var monitor = DueOf(link, kept);
        var due = monitor.Open.First(open => open.Id == kept);
        if (admitted.Agent != AgentId.Proxy || admitted.Tool.Id != due.Compensation || Digest.Of(admitted.Arguments) != Digest.Of(due.Arguments))
            throw Misplaced(link, $"keeps the obligation {kept} by another call than it demands");
        monitor.Run(kept.Call);
    }

    private ObligationMonitor DueOf(Link link, ObligationId obligation) => ObligationsDue(link.Time).Any(due => due.Id == obligation)
        ? _obligations.First(monitor => monitor.Rule.Id == obligation.Rule)
        : throw Misplaced(link, $"is about the obligation {obligation}, which is not due then");

    private void Settle(Link link, LinkBody.CallSettled settled)
    {
        var position = _pending.FindIndex(pending => pending.Id == settled.Call);
        if (position < 0)
            throw Misplaced(link, $"settles the call {settled.Call}, which is not pending");
        if (settled.Outcome == CallOutcome.Pending)
            throw Misplaced(link, $"settles the call {settled.Call} as pending");

        var call = _pending[position] with { Outcome = settled.Outcome, Result = settled.Result, Labels = settled.Labels };
        _pending.RemoveAt(position);
        var isAnchored = _pendingAnchored.Remove(call.Id);

        Provenance?.Add(call, settled);

        var plan = PlanOf(call.Tool);
        foreach (var rule in plan.Noticing)
            rule.Monitor.Settle(call);
        foreach (var rule in _rules)
            rule.When?.Settle(call);
        foreach (var grant in _grants)
        {
            grant.When?.Settle(call);
            grant.AsksWhen?.Settle(call);
        }

        if (isAnchored && call is { Outcome: CallOutcome.Ok, Result: { } result })
            foreach (var (set, field) in plan.Feeding)
                set.AddAtoms(result, field);
    }

    private ToolPlan PlanOf(ToolFacts tool)
    {
        if (_plans.TryGetValue(tool.Id, out var known) && known.IsFor(tool))
            return known;

        var plan = new ToolPlan(
            tool,
            [.. _grants.Where(grant => grant.Grant.Selects(tool))],
            Template.Unanchored.Any(placed => placed.Value == tool.Id),
            [.. _rules.Where(rule => rule.Rule.Watches(tool))],
            [.. _rules.Where(rule => rule.Monitor.Notices(tool))],
            [.. from anchor in Template.Anchors from source in anchor.Results where source.Tool == tool.Id select (_anchors[anchor.Name], source.Field)]);
        _plans[tool.Id] = plan;
        return plan;
    }

    private void Move(Link link, MissionStatus to, params ReadOnlySpan<MissionStatus> from)
    {
        if (!from.Contains(_recorded))
            throw Misplaced(link, $"has no place while the mission is {Word(_recorded)}");
        _recorded = to;
    }

    private static InvalidOperationException Misplaced(Link link, string why) =>
        new($"Link {link.Version} of the mission {link.Mission} {why}.");

    private static string Word(MissionStatus status) => status switch
    {
        MissionStatus.Active => "active",
        MissionStatus.Suspended => "suspended",
        MissionStatus.Completed => "completed",
        MissionStatus.Revoked => "revoked",
        _ => "expired",
    };
}

/// <summary>Only <see cref="Active"/> permits anything. Completed, revoked and expired missions never open again.</summary>
public enum MissionStatus
{
    Active,
    Suspended,
    Completed,
    Revoked,
    Expired,
}

using Harness.Mcp.Core.Asks;
using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Snapshots;

namespace Harness.Mcp.TestKit.Missions;

/// <summary>An opened mission whose chain a test writes, link by link, as the proxy would. It can be asked at any length.</summary>
public sealed class MissionInTest
{
    private readonly List<Link> _links;

    public MissionInTest(Link first)
    {
        _links = [first];
        var opened = MissionState.Open(first);
        State = opened.Value ?? throw new InvalidOperationException(string.Join(Environment.NewLine, opened.Problems));
        Agent = State.Template.Agents[0];
    }

    public MissionState State { get; private set; }

    public AgentId Agent { get; }

    public IReadOnlyList<Link> Links => _links;

    /// <summary>Admits and ends each call, whatever the decision on it would be.</summary>
    public MissionInTest After(params Call[] calls)
    {
        foreach (var call in calls)
        {
            var id = new CallId(new Guid((int)State.Version + 1, 0, 0, new byte[8]));
            Append(
                new LinkBody.CallAdmitted(
                    id, Agent, call.Tool, call.Arguments, Digest.Of(call.Arguments), State.Rules, RequestTrace.None)
                {
                    Approval = call.Approval,
                    MayAsk = call.Input is null ? AgentInputs.None : AgentInputs.Elicitation,
                },
                call.After);
            if (call.Input is var (asked, given, labels))
            {
                Append(new LinkBody.InputAsked(id, 1, AgentInputs.Elicitation, asked, call.Tool.Labels.All, State.Time.AddHours(1), false));
                Append(new LinkBody.InputGiven(id, 1, given, Digest.Of(given), labels));
            }

            if (call.Outcome == CallOutcome.Pending)
                continue;
            var digest = call.Result is { } result ? Digest.Of(result) : (Digest?)null;
            Append(new LinkBody.CallSettled(
                id, call.Outcome, call.Result, digest, call.Outcome == CallOutcome.Unknown ? [] : call.Tool.Labels.All, null)
            { Text = call.Text, IsCut = call.IsCut });
        }

        return this;
    }

    /// <summary>Parks a call that the mission escalates; the request's number is the version of that link.</summary>
    public MissionInTest Park(Call call)
    {
        ArgumentNullException.ThrowIfNull(call);
        var request = Decide(call).Escalated();
        return Append(
            new LinkBody.ApprovalRequested(
                new CallId(new Guid((int)State.Version + 1, 0, 0, new byte[8])), Agent, call.Tool, call.Arguments,
                request.Binding, request.Asks, request.Because, request.ExpiresAt, State.Rules, RequestTrace.None),
            call.After);
    }

    public MissionInTest Approve(long request, string by, TimeSpan after = default) => Append(new LinkBody.ApprovalGranted(request, by, ""), after);

    public MissionInTest Append(LinkBody body, TimeSpan after = default)
    {
        var link = new Link(State.Id, State.Version + 1, State.Time + after, Digest.Zero, body);
        State.Apply(link);
        _links.Add(link);
        if (State.NeedsRefold)
            State = MissionState.Fold(_links).Value!;

        // Every test goes through snapshots, so that whatever it asserts holds after a restart as well. A long chain does so at some of its links.
        if (State.Version <= 64 || long.IsPow2(State.Version))
            State = Resaved(State, _links);
        return this;
    }

    /// <summary>The state as it is read back from its snapshot, in place of the one that was saved.</summary>
    public static MissionState Resaved(MissionState state, IReadOnlyCollection<Link> links)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(links);
        var saved = MissionSnapshot.Of(state) ?? throw new InvalidOperationException($"{state.Id} cannot be saved at version {state.Version}.");
        var named = links.Where(link => saved.Links.Contains(link.Version)).ToList();
        var restored = saved.Restore(named) ?? throw new InvalidOperationException($"The snapshot of {state.Id} at version {state.Version} cannot be read.");
        return MissionSnapshot.Of(restored)!.State.Span.SequenceEqual(saved.State.Span)
            ? restored
            : throw new InvalidOperationException($"The snapshot of {state.Id} at version {state.Version} is read as another state.");
    }

    /// <summary>Lets guardrails and terms change, as the proxy takes note of it before the next call; nothing where they say nothing new.</summary>
    public MissionInTest Tightened(RuleSources today) => State.Tightening(today) is { } link ? Append(link) : this;

    public Decision Decide(Call call, AgentId? agent = null) =>
        DecisionPoint.Decide(State, Propose(call, agent));

    public ToolCall Propose(Call call, AgentId? agent = null) =>
        new(new CallId(Guid.Empty), agent ?? Agent, call.Tool, call.Arguments, State.Time + call.After);
}

using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Decisions;

public class ReplayTests
{
    private const string Parts = """
        inputs: { seed: { type: string } }
        grants:
          - read: [a/get]
          - tools: [a/set]
        rules:
          - { id: look-first, on: [a/set], before: { tools: [a/get], same: [user] } }
          - { id: few, on: [a/set], budget: { max: 2 } }
        """;

    private const string Asking = """
        grants:
          - read: [a/get]
          - tools: [a/send]
        rules:
          - { id: ask, flow: { label: personal, to: external, unless: approved, by: [lead] } }
        """;

    private static readonly ToolFacts Send = Tool.Send("a/send");
    private static readonly ToolFacts Get = Tool.Read("a/get", "personal");
    private static readonly ToolFacts Set = Tool.Write("a/set");

    [Fact]
    public void Calls_AreDecidedAsRecorded_ByTheChainsOwnDocument()
    {
        var mission = Play(Given.Template(Parts), Ask(Set, "u1"), Ask(Get, "u1"), Ask(Set, "u1"), Ask(Set, "u1"), Ask(Set, "u1"));

        var replay = Replay.Of([.. mission.Links], null);

        Assert.Equal(["history_not_satisfied", "permit", "permit", "permit", "budget_exhausted"], Words(replay.Value!));
        Assert.All(replay.Value!.Calls, call => Assert.False(call.IsDifferent));
        Assert.Equal(mission.Links.Where(link => link.Body is LinkBody.CallAdmitted or LinkBody.CallRefused).Select(link => link.Version), replay.Value!.Calls.Select(call => call.Version));
    }

    [Fact]
    public void CallThatIsDeniedNow_ContributesNothingToWhatFollows()
    {
        var mission = Play(Given.Template(Parts), Ask(Get, "u1"), Ask(Set, "u1"));

        // Without the read, the effect lacks what must come before it.
        var replay = Replay.Of([.. mission.Links], Given.Template(Parts + "\n  - { id: closed, on: [a/get], forbid: 'true' }"));

        Assert.Equal(["forbidden", "history_not_satisfied"], Words(replay.Value!));
        Assert.All(replay.Value!.Calls, call => Assert.True(call.IsDifferent));
    }

    [Fact]
    public void CallThatIsPermittedOnlyNow_CountsWithAnUnknownOutcome()
    {
        var loose = Given.Template(Parts.Replace("  - { id: look-first, on: [a/set], before: { tools: [a/get], same: [user] } }\n", "", StringComparison.Ordinal));
        var mission = Play(Given.Template(Parts), Ask(Set, "u1"), Ask(Set, "u1"), Ask(Set, "u1"));

        Assert.Equal(["permit", "permit", "budget_exhausted"], Words(Replay.Of([.. mission.Links], loose).Value!));

        // Nothing is known of what it would have brought, so a rule that waits for its good end still waits.
        var chained = Given.Template(Parts.Replace("before: { tools: [a/get], same: [user] }", "before: { tools: [a/set] }", StringComparison.Ordinal).Replace("on: [a/set], before", "on: [a/get], before", StringComparison.Ordinal));
        var later = Play(Given.Template(Parts), Ask(Set, "u1"), Ask(Get, "u1"));
        Assert.Equal(["permit", "history_not_satisfied"], Words(Replay.Of([.. later.Links], chained).Value!));
    }

    [Fact]
    public void VerdictInShadow_IsTold_AndNamesLinksOfTheRecordedChain()
    {
        var mission = Play(Given.Template(Parts), Ask(Set, "u1"), Ask(Get, "u1"), Ask(Set, "u1"), Ask(Set, "u1"));

        var own = Replay.Of([.. mission.Links], null).Value!;
        var replay = Replay.Of([.. mission.Links], Given.Template(Parts + "\n  - { id: once, enforce: false, on: [a/set], budget: { max: 1 } }")).Value!;

        // The chain as it is decided now lacks the refusal, so that its versions are others.
        Assert.All(own.Calls, call => Assert.Empty(call.Shadow));
        Assert.Equal([0, 0, 0, 1], replay.Calls.Select(call => call.Shadow.Length));
        Assert.Equal(("once", replay.Calls[2].Version), (replay.Calls[3].Shadow[0].Rule?.Value, Assert.Single(replay.Calls[3].Shadow[0].Because)));
        Assert.All(replay.Calls, call => Assert.False(call.IsDifferent));
    }

    [Fact]
    public void Denial_NamesLinksOfTheRecordedChain()
    {
        var mission = Play(Given.Template(Parts), Ask(Set, "u1"), Ask(Get, "u1"), Ask(Set, "u1"), Ask(Set, "u2"));
        var once = Given.Template(Parts.Replace("before: { tools: [a/get], same: [user] }", "never-after: { tools: [a/get] }", StringComparison.Ordinal));

        var replay = Replay.Of([.. mission.Links], once).Value!;

        var read = mission.Links.First(link => link.Body is LinkBody.CallAdmitted { Tool.Id.Name: "get" }).Version;
        var denial = Assert.IsType<Decision.Deny>(replay.Calls[2].Now).Denial;
        Assert.Equal([read], denial.Because.AsEnumerable());
        Assert.Equal("look-first", denial.Rule?.Value);
    }

    [Fact]
    public void RefusalBeforeAnyRule_StandsUnderEveryDocument()
    {
        var mission = Given.Opened(Given.Template(Parts), "seed=s");
        Refuse(mission, Get, new Denial(ReasonCode.DefinitionDrifted, "It changed."));
        mission.Append(new LinkBody.CallRefused(
            new CallId(Guid.Empty), mission.Agent, "nothing", null, null, Denial.ToolNotGranted, mission.State.Rules, RequestTrace.None));

        var replay = Replay.Of([.. mission.Links], Given.Template(Parts)).Value!;

        Assert.Equal(["definition_drifted", "tool_not_granted"], Words(replay));
        Assert.Equal("nothing", replay.Calls[1].Tool);
    }

    [Fact]
    public void Commands_AreKept_AndInputsMustFit()
    {
        var mission = Play(Given.Template(Parts), Ask(Get, "u1"));
        mission.Append(new LinkBody.MissionSuspended("ana", "look"));
        Refuse(mission, Get, new Denial(ReasonCode.MissionSuspended, "Wait."));

        Assert.Equal(["permit", "mission_suspended"], Words(Replay.Of([.. mission.Links], Given.Template(Parts)).Value!));
        Assert.Contains("The mission has no such input.", Assert.Single(Replay.Of([.. mission.Links], Given.Template("grants: [{ read: [a/get] }]")).Problems).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Approval_LetsTheCallPassAgain_ByTheSameDocumentAndByOneThatAsksTheSame()
    {
        var mission = PlayApproved();

        foreach (var template in new[] { null, Given.Template(Asking + "\n  - { id: few, on: [a/get], budget: { max: 9 } }") })
        {
            var replay = Replay.Of([.. mission.Links], template).Value!;

            Assert.Equal(["permit", "escalate", "permit", "permit", "escalate"], Words(replay));
            Assert.All(replay.Calls, call => Assert.False(call.IsDifferent));
            Assert.Empty(replay.Notes);
        }
    }

    [Fact]
    public void Escalation_NamesLinksOfTheRecordedChain()
    {
        var mission = PlayApproved();

        var now = Replay.Of([.. mission.Links], Given.Template(Asking + "\n  - { id: closed, on: [a/get], forbid: 'call.args.user == \"u2\"' }")).Value!;

        // The second read is denied, so the versions of the folded chain run behind those of the recorded one.
        var last = now.Calls[^1];
        var request = Assert.IsType<Decision.Escalate>(last.Now).Request;
        Assert.Equal(mission.Links.First(link => link.Body is LinkBody.CallAdmitted { Tool.Id.Name: "get" }).Version, Assert.Single(request.Because));
        Assert.Contains($"{mission.State.Id}/{last.Version}`", last.Said!.Say, StringComparison.Ordinal);
    }

    [Fact]
    public void AnswerThatNobodyAskedForNow_IsPassedOver_WithANote()
    {
        var mission = PlayApproved();
        var granted = mission.Links.First(link => link.Body is LinkBody.ApprovalGranted).Version;

        var others = Replay.Of([.. mission.Links], Given.Template(Asking.Replace("by: [lead]", "by: [other]", StringComparison.Ordinal))).Value!;
        var open = Replay.Of([.. mission.Links], Given.Template(Asking.Replace(", unless: approved, by: [lead]", "", StringComparison.Ordinal).Replace("personal", "secret", StringComparison.Ordinal))).Value!;
        var closed = Replay.Of([.. mission.Links], Given.Template(Asking.Replace(", unless: approved, by: [lead]", "", StringComparison.Ordinal))).Value!;

        Assert.StartsWith($"Link {granted} was passed over: `lead` approved link ", Assert.Single(others.Notes), StringComparison.Ordinal);
        Assert.Equal(["permit", "escalate", "escalate", "permit", "escalate"], Words(others));
        Assert.Equal(["permit", "permit", "permit", "permit", "permit"], Words(open));
        Assert.Single(open.Notes);
        Assert.Equal(["permit", "flow_forbidden", "flow_forbidden", "permit", "flow_forbidden"], Words(closed));
        Assert.Equal([false, true, true, false, true], closed.Calls.Select(call => call.IsDifferent));
    }

    [Fact]
    public void RefusalOfAPerson_StandsForTheSameCall()
    {
        var mission = Given.Opened(Given.Template(Asking)).After(Ask(Get, "u1")).Park(Ask(Send, "u1"));
        var request = mission.State.Version;
        mission.Append(new LinkBody.ApprovalRefused(request, "lead", "no"));
        Refuse(mission, Send, ((Decision.Deny)mission.Decide(Ask(Send, "u1"))).Denial, Ask(Send, "u1"));

        var replay = Replay.Of([.. mission.Links], null).Value!;

        Assert.Equal(["permit", "escalate", "approval_refused"], Words(replay));
        Assert.All(replay.Calls, call => Assert.False(call.IsDifferent));
    }

    [Fact]
    public void ProxysOwnCall_IsTakenIn_WhereItIsStillOwed()
    {
        const string Owing = """
            grants: [{ tools: [a/set, a/undo] }]
            rules:
              - { id: undo, on: [a/set], then: { tools: [a/undo], same: [user], within: 10m, otherwise: run } }
            """;
        var mission = Given.Opened(Given.Template(Owing)).After(Ask(Set, "u1"), Ask(Set, "u2"));
        var due = mission.State.Obligations;
        var own = new CallId(new Guid(99, 0, 0, new byte[8]));
        mission.Append(
            new LinkBody.CallAdmitted(own, AgentId.Proxy, Tool.Write("a/undo"), due[0].Arguments, Digest.Of(due[0].Arguments), mission.State.Rules, RequestTrace.None)
            {
                Obligation = due[0].Id,
            },
            TimeSpan.FromMinutes(11));
        mission.Append(new LinkBody.CallSettled(own, CallOutcome.Ok, null, null, [], null));
        mission.Append(new LinkBody.ObligationMissed(due[1].Id, "The tool to call is not in the catalog."));

        var same = Replay.Of([.. mission.Links], null).Value!;
        var without = Replay.Of([.. mission.Links], Given.Template("grants: [{ tools: [a/set, a/undo] }]")).Value!;

        Assert.Equal(["permit", "permit"], Words(same));
        Assert.Empty(same.Notes);
        Assert.Equal(["permit", "permit"], Words(without));
        Assert.Equal(2, without.Notes.Length);
        Assert.Contains("kept the obligation undo of link 2 itself", without.Notes[0], StringComparison.Ordinal);
        Assert.Contains("the obligation undo of link 4 was reported", without.Notes[1], StringComparison.Ordinal);
    }

    /// <summary>A read, a call that waits for approval and passes, another read, and another call that waits.</summary>
    private static MissionInTest PlayApproved()
    {
        var mission = Given.Opened(Given.Template(Asking)).After(Ask(Get, "u1")).Park(Ask(Send, "u1"));
        var request = mission.State.Version;
        return mission.Approve(request, "lead").After(Ask(Send, "u1") with { Approval = request }, Ask(Get, "u2")).Park(Ask(Send, "u3"));
    }

    private static string[] Words(ReplayedChain chain) =>
        [.. chain.Calls.Select(call => call.Now switch
        {
            Decision.Permit => "permit",
            Decision.Deny(var denial) => denial.Reason.Value,
            _ => "escalate",
        })];

    private static Call Ask(ToolFacts tool, string user) => Call.To(tool, $$"""{ "user": "{{user}}" }""").Answering("{}");

    /// <summary>A chain as a proxy writes it: what is denied is refused, what is permitted is admitted and ends.</summary>
    private static MissionInTest Play(MissionTemplate template, params Call[] calls)
    {
        var mission = Given.Opened(template, "seed=s");
        foreach (var call in calls)
            if (mission.Decide(call) is Decision.Deny(var denial))
                Refuse(mission, call.Tool, denial, call);
            else
                mission.After(call);
        return mission;
    }

    private static void Refuse(MissionInTest mission, ToolFacts tool, Denial denial, Call? call = null) => mission.Append(new LinkBody.CallRefused(
        new CallId(new Guid((int)mission.State.Version + 1, 0, 0, new byte[8])), mission.Agent, tool.Id.ToString(), tool, (call ?? Call.To(tool)).Arguments, denial, mission.State.Rules, RequestTrace.None));
}

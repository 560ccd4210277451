using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Json;
using Harness.Mcp.Core.Missions;
using Harness.Mcp.Core.Tools;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Approvals;

public class ApprovalTests
{
    private const string Parts = """
        grants:
          - read: [hr/*]
          - tools: [directory/disable_user]
            approval: { by: [soc-lead, night-lead], when: 'call.args.tier == "production"', within: 10m }
          - tools: [mail/send]
        rules:
          - { id: never-root, on: [directory/disable_user], forbid: 'call.args.user == "root"' }
          - { id: no-leak, flow: { label: personal, to: external, unless: approved, by: [privacy, soc-lead] }, say: Personal data needs a look. }
        """;

    private static readonly ToolFacts Disable = Tool.Write("directory/disable_user");
    private static readonly Call Production = Call.To(Disable, """{ "user": "u1", "tier": "production" }""");

    [Fact]
    public void Call_IsEscalated_OnlyWhereTheGrantsConditionHolds()
    {
        var mission = Given.Mission(Parts);

        var request = mission.Decide(Production).Escalated();

        Assert.Null(request.Parked);
        Assert.Equal(Given.Noon.AddMinutes(10), request.ExpiresAt);
        var ask = Assert.Single(request.Asks);
        Assert.Equal("grants[1]", ask.Rule.Value);
        Assert.Equal(["soc-lead", "night-lead"], ask.By);
        Assert.True(mission.Decide(Call.To(Disable, """{ "user": "u1", "tier": "test" }""")).IsPermitted());
    }

    [Fact]
    public void Agent_IsTold_WhereTheCallWaits_ButNotForWhom()
    {
        var mission = Given.Mission(Parts);

        var denial = mission.Decide(Production).Escalated().ToDenial(mission.State.Id, 2);

        Assert.Equal(ReasonCode.ApprovalRequired, denial.Reason);
        Assert.Contains("`test-abcdefghij/2`", denial.Say, StringComparison.Ordinal);
        Assert.Contains("very same call", denial.Say, StringComparison.Ordinal);
        Assert.DoesNotContain("lead", denial.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, denial.Approval?.Request);
    }

    [Fact]
    public void ApprovedCall_IsPermitted_Once()
    {
        var mission = Given.Mission(Parts).Park(Production).Approve(2, "night-lead");

        var permit = Assert.IsType<Decision.Permit>(mission.Decide(Production));
        mission.After(Production with { Approval = permit.Approval });

        Assert.Equal(2, permit.Approval);
        Assert.Null(mission.Decide(Production).Escalated().Parked);
    }

    [Fact]
    public void RepeatedCall_WaitsAtTheSameLink_UntilItIsApproved()
    {
        var mission = Given.Mission(Parts).Park(Production);

        var again = mission.Decide(Production.Later(TimeSpan.FromMinutes(1))).Escalated();

        Assert.Equal(2, again.Parked);
        Assert.Equal(Given.Noon.AddMinutes(10), again.ExpiresAt);
    }

    [Fact]
    public void Approval_HoldsForOtherSpellings_OfTheSameArguments()
    {
        var mission = Given.Mission(Parts).Park(Production).Approve(2, "soc-lead");

        Assert.True(mission.Decide(Call.To(Disable, """{"tier":"pr\u006fduction",  "user":"u1"}""")).IsPermitted());
    }

    [Theory]
    [InlineData("""{ "user": "u2", "tier": "production" }""")]
    [InlineData("""{ "user": "u1 ", "tier": "production" }""")]
    [InlineData("""{ "user": "u1", "tier": "production", "reason": null }""")]
    public void Approval_DoesNotHold_ForOtherArguments(string arguments)
    {
        var mission = Given.Mission(Parts).Park(Production).Approve(2, "soc-lead");

        Assert.Null(mission.Decide(Call.To(Disable, arguments)).Escalated().Parked);
    }

    [Fact]
    public void Approval_DoesNotHold_WhenTheToolBecameAnother()
    {
        var mission = Given.Mission(Parts).Park(Production).Approve(2, "soc-lead");

        Assert.Null(mission.Decide(Production with { Tool = Disable with { Definition = Digest.Of("other"u8) } }).Escalated().Parked);
        Assert.Null(mission.Decide(Production with { Tool = Disable with { Effect = Effect.Destructive } }).Escalated().Parked);
        Assert.True(mission.Decide(Production).IsPermitted());
    }

    [Fact]
    public void Approval_DoesNotHold_ForAnotherAgentOfTheMission()
    {
        var mission = Given.Opened(Given.Document($"""
            mission: test
            objective: Stand in a test.
            owner: owner@corp.example
            agents: [tester, other]
            lifetime: 2h
            {Parts}
            """)).Park(Production).Approve(2, "soc-lead");

        Assert.Null(mission.Decide(Production, new AgentId("other")).Escalated().Parked);
        Assert.True(mission.Decide(Production).IsPermitted());
    }

    [Fact]
    public void Approval_HoldsUntilTheRequestExpires()
    {
        var mission = Given.Mission(Parts).Park(Production).Approve(2, "soc-lead", TimeSpan.FromMinutes(9));

        Assert.True(mission.Decide(Production.Later(TimeSpan.FromSeconds(59))).IsPermitted());
        Assert.Null(mission.Decide(Production.Later(TimeSpan.FromMinutes(1))).Escalated().Parked);
    }

    [Fact]
    public void RefusedCall_IsDenied_UntilTheRequestExpires()
    {
        var mission = Given.Mission(Parts).Park(Production).Append(new LinkBody.ApprovalRefused(2, "soc-lead", "no"));

        var denial = mission.Decide(Production).Denied();

        Assert.Equal(ReasonCode.ApprovalRefused, denial.Reason);
        Assert.Equal(Given.Noon.AddMinutes(10), denial.RetryAfter);
        Assert.Null(mission.Decide(Production.Later(TimeSpan.FromMinutes(10))).Escalated().Parked);
    }

    [Fact]
    public void Approval_IsTakenBack_ByARefusal()
    {
        var mission = Given.Mission(Parts).Park(Production).Approve(2, "soc-lead").Append(new LinkBody.ApprovalRefused(2, "night-lead", ""));

        Assert.Equal(ReasonCode.ApprovalRefused, mission.Decide(Production).Denied().Reason);
    }

    [Fact]
    public void Denial_IsStricter_ThanTheQuestionWhoApproves()
    {
        var mission = Given.Mission(Parts);

        Assert.Equal(ReasonCode.Forbidden, mission.Decide(Call.To(Disable, """{ "user": "root", "tier": "production" }""")).Denied().Reason);
    }

    [Fact]
    public void ApprovedCall_IsDenied_WhenAnotherRuleNowForbidsIt()
    {
        var mission = Given.Mission("""
            grants: [{ tools: [mail/send], approval: { by: [lead] } }, { read: [hr/*] }]
            rules: [{ id: no-leak, flow: { label: personal, to: external } }]
            """);
        var send = Call.To(Tool.Send("mail/send"));
        mission.Park(send).Approve(2, "lead");

        Assert.True(mission.Decide(send).IsPermitted());
        mission.After(Call.To(Tool.Read("hr/get", "personal")));

        Assert.Equal(ReasonCode.FlowForbidden, mission.Decide(send).Denied().Reason);
    }

    [Fact]
    public void Flow_IsEscalated_UnlessApproved_ToWhomTheRuleNames()
    {
        var send = Call.To(Tool.Send("mail/send"));
        var mission = Given.Mission(Parts);

        Assert.True(mission.Decide(send).IsPermitted());
        mission.After(Call.To(Tool.Read("hr/get", "personal")));
        var request = mission.Decide(send).Escalated();

        Assert.Equal(["privacy", "soc-lead"], request.Asks[0].By);
        Assert.Equal("Personal data needs a look.", request.Asks[0].Why);
        Assert.Equal([2L], request.Because);
        Assert.True(mission.Park(send).Approve(4, "privacy").Decide(send).IsPermitted());
    }

    [Fact]
    public void Flow_AsksTheOwner_WhereItNamesNobody()
    {
        var mission = Given.Mission("""
            grants: [{ read: [hr/*] }, { tools: [mail/send] }]
            rules: [{ id: no-leak, flow: { label: personal, to: external, unless: approved } }]
            """).After(Call.To(Tool.Read("hr/get", "personal")));

        Assert.Equal(["owner@corp.example"], mission.Decide(Call.To(Tool.Send("mail/send"))).Escalated().Asks[0].By);
    }

    [Fact]
    public void EveryQuestion_NeedsItsOwnYes_AndOnePersonMayGiveSeveral()
    {
        const string Two = """
            grants: [{ read: [hr/*] }, { tools: [mail/send], approval: { by: [mail-lead, chief] } }]
            rules: [{ id: no-leak, flow: { label: personal, to: external, unless: approved, by: [privacy, chief] } }]
            """;
        var read = Call.To(Tool.Read("hr/get", "personal"));
        var send = Call.To(Tool.Send("mail/send"));

        var half = Given.Mission(Two).After(read).Park(send).Approve(4, "mail-lead");
        Assert.Equal(4, half.Decide(send).Escalated().Parked);
        Assert.True(half.Approve(4, "privacy").Decide(send).IsPermitted());
        Assert.True(Given.Mission(Two).After(read).Park(send).Approve(4, "chief").Decide(send).IsPermitted());
    }

    [Fact]
    public void Approval_AnswersNoQuestion_ThatCameUpLater()
    {
        const string Two = """
            grants: [{ read: [hr/*] }, { tools: [mail/send], approval: { by: [mail-lead] } }]
            rules: [{ id: no-leak, flow: { label: personal, to: external, unless: approved, by: [privacy] } }]
            """;
        var send = Call.To(Tool.Send("mail/send"));
        var mission = Given.Mission(Two).Park(send).Approve(2, "mail-lead");

        Assert.True(mission.Decide(send).IsPermitted());
        mission.After(Call.To(Tool.Read("hr/get", "personal")));

        Assert.Equal(2, mission.Decide(send).Escalated().Asks.Length);
        Assert.Null(mission.Decide(send).Escalated().Parked);
    }

    [Fact]
    public void Suspension_VoidsWhatWasAskedAndApproved()
    {
        var mission = Given.Mission(Parts).Park(Production).Approve(2, "soc-lead");

        mission.Append(new LinkBody.MissionSuspended("owner", "")).Append(new LinkBody.MissionResumed("owner", ""));

        Assert.Null(mission.Decide(Production).Escalated().Parked);
    }

    [Fact]
    public void PeopleAreAsked_OnlySoOften_AtOnce()
    {
        var mission = Given.Mission(Parts);
        for (var user = 0; user < MissionBounds.ApprovalsOpenMax; user++)
            mission.Park(Call.To(Disable, $$"""{ "user": "u{{user}}", "tier": "production" }"""));
        var more = Call.To(Disable, """{ "user": "more", "tier": "production" }""");

        var denial = mission.Decide(more).Denied();

        Assert.Equal(ReasonCode.ApprovalsExceeded, denial.Reason);
        Assert.Equal(Given.Noon.AddMinutes(10), denial.RetryAfter);
        Assert.Equal(2, mission.Decide(Call.To(Disable, """{ "user": "u0", "tier": "production" }""")).Escalated().Parked);
        Assert.Null(mission.Decide(more.Later(TimeSpan.FromMinutes(10))).Escalated().Parked);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Arguments_ThatNobodyCanBeShownWhole_AreNotAskedAbout(int beyond, bool isAsked)
    {
        var mission = Given.Mission(Parts);
        var rest = MissionBounds.ApprovalArgumentBytesMax - """{"tier":"production","user":""}""".Length + beyond;

        var decision = mission.Decide(Call.To(Disable, $$"""{"tier":"production","user":"{{new string('u', rest)}}"}"""));

        Assert.Equal(isAsked, decision is Decision.Escalate);
        if (!isAsked)
            Assert.Equal(ReasonCode.ArgumentsNotGranted, decision.Denied().Reason);
    }

    [Fact]
    public void Call_IsDenied_WhenTheConditionOfItsApprovalCannotBeTold()
    {
        var denial = Given.Mission(Parts).Decide(Call.To(Disable, """{ "user": "u1" }""")).Denied();

        Assert.Equal(ReasonCode.RuleFailed, denial.Reason);
        Assert.Equal("grants[1]", denial.Rule?.Value);
    }

    [Fact]
    public void Condition_SeesTheChain()
    {
        var mission = Given.Mission("""
            grants:
              - tools: [mail/send]
                approval: { by: [lead], when: 'chain.exists(l, l.tool == "mail/send")' }
            """);
        var send = Call.To(Tool.Send("mail/send"));

        Assert.True(mission.Decide(send).IsPermitted());
        Assert.Equal([2L], mission.After(send).Decide(send).Escalated().Because);
    }

    [Fact]
    public void GrantThatAsksNobody_IsEnough()
    {
        var mission = Given.Mission("""
            grants:
              - { tools: [mail/send], when: 'call.args.to != ""', approval: { by: [lead] } }
              - { tools: [mail/send], when: 'call.args.to == "lead@corp.example"' }
            """);

        Assert.True(mission.Decide(Call.To(Tool.Send("mail/send"), """{ "to": "lead@corp.example" }""")).IsPermitted());
        Assert.Single(mission.Decide(Call.To(Tool.Send("mail/send"), """{ "to": "x@corp.example" }""")).Escalated().Asks);
    }

    [Fact]
    public void Fold_RefusesAnswers_ThatNobodyCouldHaveGiven()
    {
        static void Impossible(string complaint, Action<MissionInTest> append)
        {
            var mission = Given.Mission(Parts).Park(Production);
            Assert.Contains(complaint, Assert.Throws<InvalidOperationException>(() => append(mission)).Message, StringComparison.Ordinal);
        }

        Impossible("in the name of `tester`", mission => mission.Approve(2, "tester"));
        Impossible("asks for no approval then", mission => mission.Approve(1, "soc-lead"));
        Impossible("asks for no approval then", mission => mission.Approve(2, "soc-lead", TimeSpan.FromMinutes(10)));
        Impossible("is answered already", mission => mission.Approve(2, "soc-lead").Approve(2, "night-lead"));
        Impossible("not there to be used", mission => mission.After(Production with { Approval = 2 }));
        Impossible("for another call", mission => mission.Approve(2, "soc-lead").After(Call.To(Disable, """{ "user": "u2", "tier": "production" }""") with { Approval = 2 }));
        Impossible("not there to be used", mission => mission.Approve(2, "soc-lead").After(Production with { Approval = 2 }, Production with { Approval = 2 }));
    }
}

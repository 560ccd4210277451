using Harness.Mcp.Core.Chains;
using Harness.Mcp.Core.Decisions;
using Harness.Mcp.Core.Layers;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Layers;

/// <summary>Guardrails, backend terms and the mission's own rules, together.</summary>
public class RuleLayerTests
{
    private const string Parts = """
        grants: [{ read: [hr/*] }, { tools: [mail/send, mail/erase, fleet/restart] }]
        rules: [{ id: few, on: [mail/send], budget: { max: 3 } }]
        """;

    private static readonly Call Employee = Call.To(Tool.Read("hr/get", "personal"));
    private static readonly Call Send = Call.To(Tool.Send("mail/send"));
    private static readonly Call Restart = Call.To(Tool.Write("fleet/restart"));
    private static readonly RuleSource NoLeak = Given.Guardrails("rules: [{ id: no-leak, flow: { label: personal, to: external } }]");
    private static readonly RuleSource MailPace = Given.Terms("mail", "rules: [{ id: pace, budget: { max: 1 } }]");

    [Fact]
    public void Guardrail_Denies_InEveryMission()
    {
        var mission = Under(NoLeak).After(Employee);

        var denial = mission.Decide(Send).Denied();

        Assert.Equal(ReasonCode.FlowForbidden, denial.Reason);
        Assert.Equal("guardrails/no-leak", denial.Rule?.Value);
        Assert.True(mission.Decide(Restart).IsPermitted());
        Assert.True(Under().After(Employee).Decide(Send).IsPermitted());
    }

    [Fact]
    public void Terms_JudgeAndCount_CallsOfTheirBackendAlone()
    {
        var mission = Under(MailPace).After(Restart);

        Assert.True(mission.Decide(Send).IsPermitted());
        var denial = mission.After(Send).Decide(Send).Denied();

        Assert.Equal(ReasonCode.BudgetExhausted, denial.Reason);
        Assert.Equal("mail/pace", denial.Rule?.Value);
        Assert.True(mission.Decide(Restart).IsPermitted());
    }

    [Fact]
    public void EffectInTerms_MeansThatEffectOfTheirBackend()
    {
        var mission = Under(Given.Terms("mail", "rules: [{ id: no-writes, on: ['effect:write'], forbid: 'true' }]"));

        Assert.Equal("mail/no-writes", mission.Decide(Send).Denied().Rule?.Value);
        Assert.True(mission.Decide(Restart).IsPermitted());
    }

    [Fact]
    public void EveryLayer_MustPermit_AndTheOuterReasonIsTold()
    {
        var mission = Under(Given.Guardrails("rules: [{ id: few, on: [mail/send], budget: { max: 3 } }]"), MailPace).After(Send, Send, Send);

        Assert.Equal("guardrails/few", mission.Decide(Send).Denied().Rule?.Value);
        Assert.Equal("mail/pace", Under(MailPace).After(Send, Send, Send).Decide(Send).Denied().Rule?.Value);
        Assert.Equal("few", Under().After(Send, Send, Send).Decide(Send).Denied().Rule?.Value);
        Assert.True(Under().After(Send, Send).Decide(Send).IsPermitted());
    }

    [Fact]
    public void Terms_AreRecorded_OnlyWhereAGrantMayReachTheirBackend()
    {
        var mission = Under(NoLeak, MailPace, Given.Terms("bank", "rules: [{ id: none, forbid: 'true' }]"));

        var opened = Assert.IsType<LinkBody.MissionOpened>(mission.Links[0].Body);
        Assert.Equal(["guardrails", "mail"], opened.Sources.Select(source => source.Name));
        Assert.NotEqual(Under().State.Rules, mission.State.Rules);
        Assert.NotEqual(Under(NoLeak).State.Rules, mission.State.Rules);
    }

    [Fact]
    public void Chain_IsJudged_FromItsFirstLinkAlone()
    {
        var mission = Under(NoLeak, MailPace).After(Employee);

        var again = Core.Missions.MissionState.Fold(mission.Links).Value!;

        Assert.Equal("guardrails/no-leak", DecisionPoint.Decide(again, mission.Propose(Send)).Denied().Rule?.Value);
        Assert.Equal(mission.State.Rules, again.Rules);
    }

    [Fact]
    public void RulesThatWereAdded_RememberTheChainFromItsStart()
    {
        var mission = Under().After(Employee);
        Assert.True(mission.Decide(Send).IsPermitted());
        var before = mission.State.Rules;

        mission.Tightened(new RuleSources(NoLeak, []));

        Assert.Equal("guardrails/no-leak", mission.Decide(Send).Denied().Rule?.Value);
        Assert.NotEqual(before, mission.State.Rules);
        Assert.True(Under().Tightened(new RuleSources(NoLeak, [])).Decide(Send).IsPermitted());
    }

    [Fact]
    public void RulesThatWereInForce_StayInForce_WhenTheirFileLosesThem()
    {
        var mission = Under(NoLeak).After(Employee);
        var links = mission.Links.Count;

        mission.Tightened(RuleSources.None).Tightened(new RuleSources(Given.Guardrails("rules: []"), []));

        Assert.Equal(links + 1, mission.Links.Count); // Only what is there and new is recorded.
        Assert.Equal("guardrails/no-leak", mission.Decide(Send).Denied().Rule?.Value);
    }

    [Fact]
    public void SameRuleInAChangedFile_IsNotCountedTwice()
    {
        const string Few = "{ id: few, on: [mail/send], budget: { max: 2 } }";
        var mission = Under(Given.Guardrails($"rules: [{Few}]")).After(Send);

        mission.Tightened(new RuleSources(Given.Guardrails($"rules: [{Few}, {{ id: other, on: [mail/erase], forbid: 'true' }}]"), []));

        Assert.True(mission.Decide(Send).IsPermitted());
        Assert.Equal("guardrails/few", mission.After(Send).Decide(Send).Denied().Rule?.Value);
        Assert.Equal("guardrails/other", mission.Decide(Call.To(Tool.Write("mail/erase"))).Denied().Rule?.Value);
    }

    [Fact]
    public void StateThatHasJustLearntOfRules_JudgesNothing_UntilItIsFoldedAgain()
    {
        var mission = Under().After(Employee);
        var link = mission.State.Tightening(new RuleSources(NoLeak, []))!;
        var state = Core.Missions.MissionState.Fold(mission.Links).Value!;

        state.Apply(new Link(state.Id, state.Version + 1, state.Time, Core.Json.Digest.Zero, link));

        Assert.True(state.NeedsRefold);
        Assert.Equal(ReasonCode.StateContended, DecisionPoint.Decide(state, mission.Propose(Restart)).Denied().Reason);
    }

    [Fact]
    public void Open_Refuses_SourcesThatItDoesNotUnderstand()
    {
        var first = Under(NoLeak).Links[0];
        var opened = (LinkBody.MissionOpened)first.Body;
        var strange = new RecordedSource("guardrails", Call.Json("""{ "owner": "me", "rules": [{ "id": "x", "teleport": {} }] }"""));

        Assert.False(Core.Missions.MissionState.Open(first with { Body = opened with { Sources = [strange] } }).IsValid);
        Assert.True(Core.Missions.MissionState.Open(first).IsValid);
    }

    private static MissionInTest Under(params RuleSource[] sources) => Given.Under(
        new RuleSources(sources.FirstOrDefault(source => source.Backend is null), sources.Where(source => source.Backend is not null)), Given.Template(Parts));
}

using Harness.Mcp.Core.Decisions;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Decisions;

public class DecisionPointTests
{
    private static readonly Call Send = Call.To(Tool.Send("mail/send"), """{ "to": "bob" }""");

    [Fact]
    public void FirstRuleOfTheDocument_GivesTheReason_WhenSeveralDeny()
    {
        var mission = Given.Mission("""
            grants: [{ tools: [mail/send] }]
            rules:
              - { id: pace, window: { max: 1, per: 1m } }
              - { id: once, budget: { max: 1 } }
            """).After(Send);

        Assert.Equal("pace", mission.Decide(Send).Denied().Rule?.Value);
        Assert.Equal("once", mission.Decide(Send.Later(TimeSpan.FromMinutes(1))).Denied().Rule?.Value);
    }

    [Fact]
    public void WordsOfTheRule_ComeFirst()
    {
        var mission = Given.Mission("""
            grants: [{ tools: [mail/send] }]
            rules: [{ id: once, on: [mail/send], budget: { distinct: call.args.to, max: 1 }, say: One person is enough. }]
            """).After(Send);

        Assert.Equal("One person is enough.", mission.Decide(Send with { Arguments = Call.Json("""{ "to": "eve" }""") }).Denied().Say);
        Assert.True(mission.Decide(Send).IsPermitted());

        // That an argument is missing is not what the rule's author had in mind.
        Assert.Contains("`to`", mission.Decide(Send with { Arguments = Call.Json("{}") }).Denied().Say, StringComparison.Ordinal);
    }

    [Fact]
    public void Grants_AreJudged_BeforeRules()
    {
        var mission = Given.Mission("""
            anchors: { user: { inputs: [user] } }
            inputs: { user: { type: string } }
            grants: [{ tools: [mail/send], anchored: { to: user } }]
            rules: [{ id: once, budget: { max: 1 } }]
            """, "user=eve").After(Send);

        Assert.Equal(ReasonCode.NotAnchored, mission.Decide(Send).Denied().Reason);
        Assert.Equal(ReasonCode.BudgetExhausted, mission.Decide(Send with { Arguments = Call.Json("""{ "to": "eve" }""") }).Denied().Reason);
    }

    [Fact]
    public void WhateverBreaks_IsDenied_WithoutInternals()
    {
        var mission = Given.Mission("grants: [{ tools: [mail/send] }]");

        var decision = Assert.IsType<Decision.Deny>(mission.Decide(Send with { Tool = null! }));

        Assert.Equal(ReasonCode.RuleFailed, decision.Denial.Reason);
        Assert.Contains("Exception", decision.Fault, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", decision.Denial.Say, StringComparison.Ordinal);
        Assert.True(mission.Decide(Send).IsPermitted());
    }

    [Fact]
    public void ArgumentsThatAreNoObject_AreDenied()
    {
        var mission = Given.Mission("grants: [{ tools: [mail/send] }]");

        Assert.Equal(ReasonCode.ArgumentsInvalid, mission.Decide(Send with { Arguments = Call.Json("[]") }).Denied().Reason);
        Assert.Equal(ReasonCode.ArgumentsInvalid, mission.Decide(Send with { Arguments = default }).Denied().Reason);
        Assert.True(mission.Decide(Send with { Arguments = Call.Json("{}") }).IsPermitted());
    }
}

using Harness.Mcp.Core.Decisions;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Rules;

public class ConditionTests
{
    private static readonly Call Freeze = Call.To(Tool.Read("calendar/get_freeze"));
    private static readonly Call Restart = Call.To(Tool.Write("fleet/restart").In("infrastructure"), """{ "tier": "test" }""");

    [Fact]
    public void Forbid_Denies_WhileItsExpressionHolds()
    {
        var mission = Given.Mission("""
            grants: [{ read: [calendar/*] }, { tools: [fleet/restart] }]
            rules:
              - id: change-freeze
                on: ["effect:write"]
                forbid: 'chain.exists(l, l.tool == "calendar/get_freeze" && l.outcome == "ok" && l.result.active) && call.domain == "infrastructure"'
                say: A change freeze is on. Work read-only.
            """).After(Freeze.Answering("""{ "active": false }"""));

        Assert.True(mission.Decide(Restart).IsPermitted());
        var denial = mission.After(Freeze.Answering("""{ "active": true }""")).Decide(Restart).Denied();

        Assert.Equal(ReasonCode.Forbidden, denial.Reason);
        Assert.Equal("change-freeze", denial.Rule?.Value);
        Assert.Equal("A change freeze is on. Work read-only.", denial.Say);
        Assert.Equal([4L], denial.Because);
    }

    [Fact]
    public void Require_Denies_UntilItsExpressionHolds()
    {
        var mission = Given.Mission("""
            inputs: { tier: { type: string } }
            grants: [{ read: [calendar/*] }, { tools: [fleet/restart] }]
            rules: [{ id: tier, on: [fleet/restart], require: call.args.tier == mission.inputs.tier }]
            """, "tier=test");

        Assert.Equal(
            ReasonCode.RequirementNotMet, mission.Decide(Restart with { Arguments = Call.Json("""{ "tier": "prod" }""") }).Denied().Reason);
        Assert.True(mission.Decide(Restart).IsPermitted());
        Assert.True(mission.Decide(Freeze).IsPermitted());
    }

    [Fact]
    public void ExpressionThatFails_Denies_WithoutItsInternals()
    {
        var mission = Given.Mission("""
            grants: [{ tools: [fleet/restart] }]
            rules: [{ id: fails, require: call.args.tier == "test", say: Only test machines. }]
            """);

        var decision = Assert.IsType<Decision.Deny>(mission.Decide(Restart with { Arguments = Call.Json("{}") }));

        Assert.Equal(ReasonCode.RuleFailed, decision.Denial.Reason);
        Assert.Equal("fails", decision.Denial.Rule?.Value);
        Assert.NotNull(decision.Fault);
        Assert.DoesNotContain("test machines", decision.Denial.Say, StringComparison.Ordinal);
        Assert.True(mission.Decide(Restart).IsPermitted());
    }

    [Fact]
    public void When_Limits_WhatTheRuleJudges()
    {
        var mission = Given.Mission("""
            grants: [{ tools: [fleet/restart] }]
            rules: [{ id: once, budget: { max: 1 }, when: 'call.args.tier != "test"' }]
            """).After(Restart, Restart);

        Assert.True(mission.Decide(Restart).IsPermitted());
        Assert.Equal(ReasonCode.RuleFailed, mission.Decide(Restart with { Arguments = Call.Json("{}") }).Denied().Reason);
    }

    [Fact]
    public void Budget_CountsOnlyCalls_ThatItsConditionHeldFor()
    {
        var mission = Given.Mission("""
            grants: [{ tools: [fleet/isolate_host] }]
            rules: [{ id: few, budget: { max: 1 }, when: 'call.args.tier == "production"' }]
            """);
        Call Tier(string tier) => Call.To(Tool.Write("fleet/isolate_host")) with { Arguments = Call.Json($$"""{ "tier": "{{tier}}" }""") };

        mission.After(Tier("test"), Tier("test"));
        Assert.True(mission.Decide(Tier("production")).IsPermitted());
        mission.After(Tier("production"));

        Assert.Equal(ReasonCode.BudgetExhausted, mission.Decide(Tier("production")).Denied().Reason);
        Assert.True(mission.Decide(Tier("test")).IsPermitted());
    }
}

using Harness.Mcp.Core.Decisions;
using Harness.Mcp.TestKit.Missions;
using Xunit;

namespace Harness.Mcp.Core.Tests.Missions;

public class GrantConditionTests
{
    [Fact]
    public void Grant_AppliesOnly_WhenItsConditionHolds()
    {
        var mission = Given.Mission("""
            grants:
              - tools: [fleet/restart]
                when: call.args.tier == "test"
            """);
        var restart = Tool.Write("fleet/restart");

        var denial = mission.Decide(Call.To(restart, """{ "tier": "production" }""")).Denied();

        Assert.Equal(ReasonCode.ArgumentsNotGranted, denial.Reason);
        Assert.True(mission.Decide(Call.To(restart, """{ "tier": "test" }""")).IsPermitted());
        Assert.Equal(ReasonCode.RuleFailed, mission.Decide(Call.To(restart)).Denied().Reason);
    }

    [Fact]
    public void OneOfTwoGrants_IsEnough_AndTheClosestRefusalIsTold()
    {
        var mission = Given.Mission("""
            grants:
              - tools: [fleet/restart]
                when: call.args.tier == "test"
              - tools: [fleet/restart]
                when: call.args.tier == "production"
                args: { reason: { minLength: 3 } }
            """);
        var restart = Tool.Write("fleet/restart");

        var denial = mission.Decide(Call.To(restart, """{ "tier": "production", "reason": "x" }""")).Denied();

        Assert.Equal("reason", denial.Argument);
        Assert.Equal("grants[1]", denial.Rule?.Value);
        Assert.True(mission.Decide(Call.To(restart, """{ "tier": "test", "reason": "x" }""")).IsPermitted());
    }
}
